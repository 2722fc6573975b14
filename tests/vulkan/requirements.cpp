// What attune can make use of, merged into whatever a host is about to give to vkCreateDevice.
#include "support/test_devices.h"
#include "support/validation_layer.h"
#include "vulkan/context.h"

#include <attune/requirements.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>

using namespace attune;
using namespace attune::test;

namespace {

RequirementTarget target_of(const OwnDevice&           own,
                            RequirementTarget::Profile profile = RequirementTarget::Profile::useful) {
    return {.get_instance_proc = reinterpret_cast<GetInstanceProc>(own.get_instance_proc()),
            .instance          = own.instance(),
            .physical_device   = own.physical(),
            .api_version       = own.api_version(),
            .profile           = profile};
}

bool supports_float16(const OwnDevice& own) {
    return std::ranges::any_of(requirements(target_of(own)), [](const Requirement& one) {
        return std::string_view(one.name) == "shaderFloat16" && one.met;
    });
}

// How timeline semaphores stand in a host's chain, and what stands around them; plain: others before and behind, and
// the head's features given to vkCreateDevice by themselves.
enum class Timeline { absent, own_off, own_on, aggregate_off, aggregate_on };
enum class Around { nothing, before, behind, plain };

struct Host {
    std::uint32_t version   = VK_API_VERSION_1_1;
    bool          extension = false;  // VK_KHR_timeline_semaphore is enabled already
    Timeline      timeline  = Timeline::absent;
    Around        around    = Around::nothing;

    bool has_aggregates() const { return timeline == Timeline::aggregate_off || timeline == Timeline::aggregate_on; }

    std::string name() const {
        return "1." + std::to_string(VK_API_VERSION_MINOR(version)) + (extension ? ", extension" : "") +
               ", timeline form " + std::to_string(static_cast<int>(timeline)) + ", around " +
               std::to_string(static_cast<int>(around));
    }
};

std::vector<Host> hosts() {
    std::vector<Host> all;
    for (const std::uint32_t version : {VK_API_VERSION_1_1, VK_API_VERSION_1_2, VK_API_VERSION_1_3})
        for (const bool extension : {false, true})
            for (const Timeline timeline : {Timeline::absent, Timeline::own_off, Timeline::own_on,
                                            Timeline::aggregate_off, Timeline::aggregate_on})
                for (const Around around : {Around::nothing, Around::before, Around::behind, Around::plain}) {
                    const Host host{version, extension, timeline, around};
                    if (version >= VK_API_VERSION_1_2 || !host.has_aggregates()) all.push_back(host);
                }
    return all;
}

// The structs of a host, linked as it says.
class Chain {
public:
    explicit Chain(const Host& host) {
        const bool on             = host.timeline == Timeline::own_on || host.timeline == Timeline::aggregate_on;
        own_.timelineSemaphore    = on;
        twelve_.timelineSemaphore = on;
        if (host.around == Around::before || host.around == Around::plain) link_others(host);
        if (host.timeline == Timeline::own_off || host.timeline == Timeline::own_on) link(&own_);
        if (host.has_aggregates()) link(&twelve_);
        if (host.around == Around::behind) link_others(host);
        if (host.around == Around::plain) link(&group_);
    }
    Chain(const Chain&)            = delete;
    Chain& operator=(const Chain&) = delete;

    VkPhysicalDeviceFeatures2& head() { return head_; }
    // `physical` must stay where it is.
    void set_device(const VkPhysicalDevice& physical) {
        group_.physicalDeviceCount = 1;
        group_.pPhysicalDevices    = &physical;
    }

    std::vector<const VkBaseInStructure*> walk() const {
        std::vector<const VkBaseInStructure*> all;
        for (auto* at = reinterpret_cast<const VkBaseInStructure*>(&head_); at; at = at->pNext) all.push_back(at);
        return all;
    }
    bool others_are_untouched() const {
        return eleven_.storageBuffer16BitAccess == VK_FALSE && storage_.storageBuffer16BitAccess == VK_FALSE &&
               pointers_.variablePointers == VK_FALSE;
    }

private:
    // An aggregate of the version beside that of timeline semaphores, or features by themselves.
    void link_others(const Host& host) {
        if (host.has_aggregates()) {
            link(&eleven_);
            if (host.version >= VK_API_VERSION_1_3) link(&thirteen_);
        } else {
            link(&storage_);
            link(&pointers_);
        }
    }
    template <class Struct> void link(Struct* one) {
        last_->pNext = reinterpret_cast<VkBaseOutStructure*>(one);
        last_        = last_->pNext;
    }

    VkPhysicalDeviceFeatures2 head_{
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2, .pNext = nullptr, .features = {}};
    VkPhysicalDeviceTimelineSemaphoreFeatures own_{.sType =
                                                       VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES,
                                                   .pNext             = nullptr,
                                                   .timelineSemaphore = VK_FALSE};
    VkPhysicalDeviceVulkan11Features          eleven_ =
        made<VkPhysicalDeviceVulkan11Features>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES);
    VkPhysicalDeviceVulkan12Features twelve_ =
        made<VkPhysicalDeviceVulkan12Features>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES);
    VkPhysicalDeviceVulkan13Features thirteen_ =
        made<VkPhysicalDeviceVulkan13Features>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES);
    VkPhysicalDevice16BitStorageFeatures storage_ =
        made<VkPhysicalDevice16BitStorageFeatures>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_16BIT_STORAGE_FEATURES);
    VkPhysicalDeviceVariablePointersFeatures pointers_ =
        made<VkPhysicalDeviceVariablePointersFeatures>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VARIABLE_POINTERS_FEATURES);
    VkDeviceGroupDeviceCreateInfo group_ =
        made<VkDeviceGroupDeviceCreateInfo>(VK_STRUCTURE_TYPE_DEVICE_GROUP_DEVICE_CREATE_INFO);
    VkBaseOutStructure* last_ = reinterpret_cast<VkBaseOutStructure*>(&head_);

    template <class Struct> static Struct made(VkStructureType type) {
        Struct one{};
        one.sType = type;
        return one;
    }
};

std::size_t count_of(const std::vector<const VkBaseInStructure*>& chain, VkStructureType type) {
    return static_cast<std::size_t>(
        std::count_if(chain.begin(), chain.end(), [type](const auto* one) { return one->sType == type; }));
}

// `float16`: the device has f16 arithmetic, which no host here knows of.
void check_merged(const Host& host, const Chain& chain, const std::vector<const VkBaseInStructure*>& before,
                  const MergedRequirements& merged, bool float16) {
    const auto after       = chain.walk();
    const bool had         = host.timeline != Timeline::absent;
    const bool own_float16 = float16 && !host.has_aggregates();
    REQUIRE(after.size() == before.size() + !had + own_float16);
    CHECK(std::equal(before.begin(), before.end(), after.begin()));
    CHECK(count_of(after, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES) == !host.has_aggregates());
    CHECK(count_of(after, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_FLOAT16_INT8_FEATURES) == own_float16);
    CHECK(chain.others_are_untouched());
    const std::size_t added = host.version < VK_API_VERSION_1_2 ? std::size_t{!host.extension} + float16 : 0;
    CHECK(merged.added_extensions() == added);
    CHECK(merged.extensions().size() == static_cast<std::size_t>(host.extension) + added);
}

}  // namespace

TEST_CASE("validation: devices are made from any host's chain with what attune can use merged into it" *
          doctest::skip()) {
    choose_layer();
    std::size_t made = 0;
    for (const Host& host : hosts()) {
        CAPTURE(host.name());
        Chain                             chain(host);
        const auto                        before = chain.walk();
        std::optional<MergedRequirements> merged;
        VkPhysicalDevice                  physical = VK_NULL_HANDLE;
        bool                              float16  = false;
        OwnDevice::Options                options  = validated();
        options.api_version                        = host.version;
        options.setup                              = [&](const OwnDevice& own, DeviceSetup& setup) {
            if (host.extension) setup.extensions.push_back(VK_KHR_TIMELINE_SEMAPHORE_EXTENSION_NAME);
            physical = own.physical();
            chain.set_device(physical);
            float16 = supports_float16(own);
            merged.emplace(target_of(own), chain.head(), setup.extensions);
            check_merged(host, chain, before, *merged, float16);
            setup.extensions = merged->extensions();
            if (host.around == Around::plain) {
                setup.plain = &chain.head().features;
                setup.next  = chain.head().pNext;
            } else {
                setup.features = &chain.head();
            }
        };
        OwnDevice      own(options);
        Device::Import given = own.import(profile_caps());
        given.features                = &chain.head();
        const vulkan::Enabled enabled = Device::import(given).context()->enabled();
        CHECK(enabled.timeline_semaphores);
        CHECK(enabled.shader_float16 == float16);
        merged->unlink();
        CHECK(chain.walk() == before);
        own.end_device();
        CHECK_MESSAGE(own.messages().empty(), joined(own.messages()));
        ++made;
    }
    CHECK(made >= 30);
}

TEST_CASE("validation: a chain that names a feature twice is reported" * doctest::skip()) {
    choose_layer();
    Chain                                     chain({.version   = VK_API_VERSION_1_2,
                                                     .extension = false,
                                                     .timeline  = Timeline::aggregate_on,
                                                     .around    = Around::nothing});
    VkPhysicalDeviceTimelineSemaphoreFeatures twice{.sType =
                                                        VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES,
                                                    .pNext             = chain.head().pNext,
                                                    .timelineSemaphore = VK_TRUE};
    chain.head().pNext         = &twice;
    OwnDevice::Options options = validated();
    options.api_version        = VK_API_VERSION_1_2;
    options.setup              = [&](const OwnDevice&, DeviceSetup& setup) { setup.features = &chain.head(); };
    const OwnDevice own(options);
    CHECK_MESSAGE(reported(own.messages(), "VUID-VkDeviceCreateInfo-pNext-02830"), joined(own.messages()));
}

TEST_CASE("requirements are what Vulkan 1.1 has, the rest is optional") {
    for (const std::uint32_t version : {VK_API_VERSION_1_1, VK_API_VERSION_1_2}) {
        const OwnDevice own(
            {.layers = {}, .instance_extensions = {}, .instance_next = nullptr, .api_version = version});
        const auto baseline = requirements(target_of(own, RequirementTarget::Profile::baseline));
        const auto useful   = requirements(target_of(own));
        REQUIRE(baseline.size() == 2);
        std::vector<std::string> names;
        for (std::size_t i = 0; i < useful.size(); ++i) {
            const Requirement& one = useful[i];
            names.emplace_back(one.name);
            CAPTURE(names.back());
            CHECK(one.required == (i < 2));
            const bool everywhere = names.back().find("float16") == std::string::npos && names.back() != "shaderFloat16";
            CHECK((one.met || !everywhere));
            CHECK(std::string_view(one.gain) != "");
            CHECK((one.kind == Requirement::Kind::feature) == (std::string_view(one.feature_struct) != ""));
        }
        if (version < VK_API_VERSION_1_2)
            CHECK(names == std::vector<std::string>{"1.1", "compute", "VK_KHR_timeline_semaphore", "timelineSemaphore",
                                                    "VK_KHR_shader_float16_int8", "shaderFloat16"});
        else
            CHECK(names == std::vector<std::string>{"1.1", "compute", "timelineSemaphore", "shaderFloat16"});
    }
    const OwnDevice   own;
    RequirementTarget old = target_of(own);
    old.api_version       = VK_API_VERSION_1_0;
    CHECK_FALSE(requirements(old)[0].met);
    CHECK_FALSE(requirements(old).back().met);
    CHECK_THROWS_AS(requirements({}), Error);
}

TEST_CASE("a chain with structs that nobody knows is walked, and baseline changes none") {
    const OwnDevice own;
    struct Unknown {
        VkStructureType sType = static_cast<VkStructureType>(0x7ffffff0);
        void*           pNext = nullptr;
    };
    Unknown second, first{.pNext = &second};
    for (const auto profile : {RequirementTarget::Profile::baseline, RequirementTarget::Profile::useful}) {
        Chain chain({});
        chain.head().pNext                    = &first;
        const auto                     before = chain.walk();
        const std::size_t added = profile == RequirementTarget::Profile::baseline ? 0 : 1 + supports_float16(own);
        const std::vector<const char*> listed = {"VK_KHR_maintenance1"};
        {
            const MergedRequirements merged(target_of(own, profile), chain.head(), listed);
            CHECK(chain.walk().size() == before.size() + added);
            CHECK(merged.extensions().size() == 1 + added);
            CHECK(merged.extensions().front() == listed.front());
        }
        CHECK(chain.walk() == before);
        CHECK(first.pNext == &second);
        CHECK(second.pNext == nullptr);
    }
}

// Devices as hosts make them: features and extensions on and off, hooks set or not, limits lowered or not, so that every
// pair of these meets in every combination. Whatever a host enables, results are right, and the report says what was
// used.
#include "base/json.h"
#include "checks/session_run.h"
#include "support/own_device.h"
#include "support/test_devices.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <list>

using namespace attune;
using namespace attune::test;

namespace {

// A feature that a host may enable, whether attune knows it or not.
struct Feature {
    const char*     name;
    const char*     extension;  // for Vulkan 1.1; null: it is in there
    VkStructureType type;       // VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2: the head itself
    std::size_t     bytes, offset;
};
#define ATTUNE_FEATURE(extension, type, Struct, bit)                                                                   \
    { #bit, extension, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_##type, sizeof(Struct), offsetof(Struct, bit) }
const Feature features[] = {
    ATTUNE_FEATURE("VK_KHR_timeline_semaphore", TIMELINE_SEMAPHORE_FEATURES, VkPhysicalDeviceTimelineSemaphoreFeatures,
                   timelineSemaphore),
    ATTUNE_FEATURE(nullptr, FEATURES_2, VkPhysicalDeviceFeatures2, features.robustBufferAccess),
    ATTUNE_FEATURE(nullptr, FEATURES_2, VkPhysicalDeviceFeatures2, features.shaderInt64),
    ATTUNE_FEATURE(nullptr, 16BIT_STORAGE_FEATURES, VkPhysicalDevice16BitStorageFeatures, storageBuffer16BitAccess),
    ATTUNE_FEATURE("VK_KHR_8bit_storage", 8BIT_STORAGE_FEATURES, VkPhysicalDevice8BitStorageFeatures,
                   storageBuffer8BitAccess),
    ATTUNE_FEATURE("VK_KHR_shader_float16_int8", SHADER_FLOAT16_INT8_FEATURES,
                   VkPhysicalDeviceShaderFloat16Int8Features, shaderFloat16),
    ATTUNE_FEATURE("VK_EXT_subgroup_size_control", SUBGROUP_SIZE_CONTROL_FEATURES,
                   VkPhysicalDeviceSubgroupSizeControlFeatures, subgroupSizeControl),
    ATTUNE_FEATURE("VK_KHR_synchronization2", SYNCHRONIZATION_2_FEATURES, VkPhysicalDeviceSynchronization2Features,
                   synchronization2),
    ATTUNE_FEATURE("VK_EXT_host_query_reset", HOST_QUERY_RESET_FEATURES, VkPhysicalDeviceHostQueryResetFeatures,
                   hostQueryReset),
    ATTUNE_FEATURE("VK_EXT_scalar_block_layout", SCALAR_BLOCK_LAYOUT_FEATURES,
                   VkPhysicalDeviceScalarBlockLayoutFeatures, scalarBlockLayout),
    ATTUNE_FEATURE("VK_KHR_buffer_device_address", BUFFER_DEVICE_ADDRESS_FEATURES,
                   VkPhysicalDeviceBufferDeviceAddressFeatures, bufferDeviceAddress),
};
#undef ATTUNE_FEATURE
constexpr std::size_t feature_count = std::size(features);

// What else a host chooses; these follow the features in a set.
enum Choice : std::size_t {
    newest_version = feature_count,
    told,
    with_lock,
    with_submit,
    with_log,
    with_cache,
    as_gpu,
    no_subgroups,
    factor_count
};
using Set = std::array<bool, factor_count>;

std::vector<Set> sets() {
    Random           random("pairwise sets");
    std::vector<Set> all(64);
    for (Set& set : all)
        for (bool& one : set) one = random.below(2) == 1;
    return all;
}

// Structs of a chain with the bits of a set.
class Chain {
public:
    explicit Chain(const std::vector<std::size_t>& on) {
        head_.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2;
        for (const std::size_t index : on) *bit(features[index]) = VK_TRUE;
    }
    Chain(const Chain&)            = delete;
    Chain& operator=(const Chain&) = delete;

    VkPhysicalDeviceFeatures2& head() { return head_; }

    // Linked if it is not there yet.
    VkBool32* bit(const Feature& feature) {
        auto* at = reinterpret_cast<VkBaseOutStructure*>(&head_);
        while (at->sType != feature.type && at->pNext) at = at->pNext;
        if (at->sType != feature.type) {
            at->pNext        = reinterpret_cast<VkBaseOutStructure*>(structs_.emplace_back(feature.bytes).data());
            at->pNext->sType = feature.type;
            at               = at->pNext;
        }
        return reinterpret_cast<VkBool32*>(reinterpret_cast<std::byte*>(at) + feature.offset);
    }

private:
    VkPhysicalDeviceFeatures2         head_{};
    std::list<std::vector<std::byte>> structs_;
};

bool supported(const OwnDevice& own, const Feature& feature) {
    Chain      chain({});
    const auto ask = reinterpret_cast<PFN_vkGetPhysicalDeviceFeatures2>(
        own.get_instance_proc()(own.instance(), "vkGetPhysicalDeviceFeatures2"));
    VkBool32* bit = chain.bit(feature);
    ask(own.physical(), &chain.head());
    return *bit == VK_TRUE;
}

// A host that has chosen a set.
struct Host {
    explicit Host(const Set& chosen, const std::vector<std::size_t>& enabled)
        : set(chosen), chain(enabled),
          own({.layers              = {},
               .instance_extensions = {},
               .instance_next       = nullptr,
               .api_version         = set[newest_version] ? VK_API_VERSION_1_3 : VK_API_VERSION_1_1,
               .setup               = [&](const OwnDevice&, DeviceSetup& setup) {
                   setup.features = &chain.head();
                   for (const std::size_t index : enabled)
                       if (!set[newest_version] && features[index].extension)
                           setup.extensions.push_back(features[index].extension);
               }}) {
        if (!set[with_cache]) return;
        const VkPipelineCacheCreateInfo create{.sType           = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO,
                                               .pNext           = nullptr,
                                               .flags           = 0,
                                               .initialDataSize = 0,
                                               .pInitialData    = nullptr};
        vulkan::check(
            own.get<PFN_vkCreatePipelineCache>("vkCreatePipelineCache")(own.device(), &create, nullptr, &cache),
            "vkCreatePipelineCache");
    }
    ~Host() {
        if (cache) own.get<PFN_vkDestroyPipelineCache>("vkDestroyPipelineCache")(own.device(), cache, nullptr);
    }
    Host(const Host&)            = delete;
    Host& operator=(const Host&) = delete;

    Device import() {
        Device::Import given = own.import(profile_caps());
        if (!set[told]) given.features = nullptr;
        if (set[with_lock]) given.lock = [this](std::uint32_t, std::uint32_t) { ++locks; };
        if (set[with_submit])
            given.submit = [this](const Device::Queue& queue, const VkSubmitInfo& info, VkFence fence) {
                ++submits;
                return static_cast<std::int32_t>(
                    own.get<PFN_vkQueueSubmit>("vkQueueSubmit")(queue.handle, 1, &info, fence));
            };
        if (set[with_log]) given.log = [this](Device::LogLevel, std::string_view) { ++lines; };
        given.pipeline_cache    = cache;
        given.caps.treat        = set[as_gpu] ? DeviceCaps::Treat::as_gpu : DeviceCaps::Treat::as_cpu;
        given.caps.no_subgroups = set[no_subgroups];
        return Device::import(given);
    }

    const Set&       set;
    Chain            chain;
    OwnDevice        own;
    VkPipelineCache  cache = VK_NULL_HANDLE;
    std::atomic<int> locks{0}, submits{0}, lines{0};
};

void check_report(const Host& host, const Device& device, const std::vector<std::size_t>& enabled) {
    const Json report = parse_json(device.report(), "report");
    const Json paths  = report.at("paths");
    const auto chosen = [&](const char* path) { return paths.at(path).at("chosen").get<std::string>(); };
    const Set& set    = host.set;
    const auto expected = [&](const char* feature) {
        const bool on = std::ranges::any_of(
            enabled, [&](std::size_t index) { return std::strcmp(features[index].name, feature) == 0; });
        return on && set[told] ? "enabled" : "not enabled";
    };
    CHECK(chosen("timeline_semaphores") == expected("timelineSemaphore"));
    CHECK(chosen("shader_float16") == expected("shaderFloat16"));
    CHECK(chosen("kernels") == (set[as_gpu] ? "for GPUs" : "for CPUs"));
    CHECK(chosen("subgroup_shuffle") == (device.info().subgroup_shuffle ? "used" : "not used"));
    CHECK((chosen("subgroup_shuffle") == "not used" || !set[no_subgroups]));
    CHECK(chosen("submission") == (set[with_submit] ? "by the host"
                                   : set[with_lock] ? "vkQueueSubmit under the host's lock"
                                                    : "vkQueueSubmit"));
    for (const Json& path : paths) CHECK_FALSE(path.at("why").get<std::string>().empty());
    CHECK(report.at("api_version").get<std::string>().starts_with(set[newest_version] ? "1.3" : "1.1"));
    CHECK(report.at("device").at("name") == device.info().name);
    CHECK(report.at("pipelines").at("cache") == (set[with_cache] ? "the host's" : "attune's own"));
    CHECK(report.at("pipelines").at("made") > 0);
    CHECK(report.at("objects_created") == device.objects_created());
    CHECK(report.at("lost_in").is_null());
}

// A few kernels that compile quickly, of other sizes and numbers each time.
Case small_case(std::size_t index) {
    Random              random("pairwise " + std::to_string(index));
    const std::uint64_t rows = 1 + random.below(9), width = 2 * (1 + random.below(40)),
                        outputs = 2 * (1 + random.below(30));
    Case        row;
    const Value x      = row.input("x", random_tensor({Type::f32, {rows, width}}, random));
    const Value weight = row.weight("weight", random_tensor({Type::f32, {outputs, width}}, random, 0.2));
    const Value gain   = row.weight("gain", random_tensor({Type::f32, {width}}, random)),
                bias   = row.weight("bias", random_tensor({Type::f32, {width}}, random));
    row.graph.output("y", softmax(row.graph, linear(row.graph, layer_norm(row.graph, x, gain, bias, {}), weight, {})));
    return row;
}

// All four ways in which two choices can meet; features that no device here has are never on.
bool covers_all_pairs(const std::vector<Set>& all) {
    for (std::size_t a = 0; a < factor_count; ++a)
        for (std::size_t b = 0; b < a; ++b)
            for (const bool first : {false, true})
                for (const bool second : {false, true})
                    if (std::none_of(all.begin(), all.end(),
                                     [&](const Set& set) { return set[a] == first && set[b] == second; }))
                        return false;
    return true;
}

}  // namespace

TEST_CASE("results are right whatever a host enables, and the report says what was used") {
    const std::vector<Set> all = sets();
    CHECK(all.size() >= 64);
    CHECK(covers_all_pairs(all));
    std::vector<bool> there;
    {
        const OwnDevice own;
        for (const Feature& feature : features) there.push_back(supported(own, feature));
        CHECK(std::count(there.begin(), there.end(), true) >= 6);
    }
    for (std::size_t i = 0; i < all.size(); i += row_share()) {
        CAPTURE(i);
        std::vector<std::size_t> enabled;
        for (std::size_t f = 0; f < feature_count; ++f)
            if (all[i][f] && there[f]) enabled.push_back(f);
        Host         host(all[i], enabled);
        const Device device = host.import();
        for (const std::string& wrong : failures_in_session(device, small_case(i))) FAIL_CHECK(wrong);
        CHECK((host.submits > 0) == all[i][with_submit]);
        CHECK((host.locks > 0) == (all[i][with_lock] && !all[i][with_submit]));
        CHECK((host.lines > 0) == all[i][with_log]);
        check_report(host, device, enabled);
    }
}

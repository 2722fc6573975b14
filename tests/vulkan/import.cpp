// What an import says is enabled, is used; what it lacks, is refused; nothing else of the host's is touched.
#include "support/own_device.h"
#include "support/test_devices.h"
#include "support/vulkan_shim.h"
#include "vulkan/context.h"

#include <doctest/doctest.h>

using namespace attune;
using namespace attune::test;

namespace {

Device::Import through(const VulkanShim& shim, const OwnDevice& own) {
    Device::Import given    = own.import(profile_caps());
    given.get_instance_proc = shim.get_instance_proc();
    return given;
}

Status status_of(const std::function<void()>& call) {
    try {
        call();
        return Status::ok;
    } catch (const Error& error) { return error.status(); }
}

// What only makes and ends instances and devices.
bool is_owners(Entry entry) {
#define ATTUNE_IS(name) || entry == Entry::name
    return false ATTUNE_GLOBAL_FUNCTIONS(ATTUNE_IS) ATTUNE_OWNER_FUNCTIONS(ATTUNE_IS);
#undef ATTUNE_IS
}

// A host that enables timeline semaphores, or does not, in one of the ways there are.
struct Way {
    const char*   name;
    std::uint32_t version;    // of the instance and of the import
    bool          extension;  // enabled and listed
    enum { none, own_struct, aggregate } form;
    bool        bit;
    bool        used;   // whether attune may use them
    const char* asked;  // by which name, if at all
};
const Way ways[] = {
    {"nothing is said", 0, false, Way::none, false, false, nullptr},
    {"1.1, extension and feature", VK_API_VERSION_1_1, true, Way::own_struct, true, true, "vkWaitSemaphoresKHR"},
    {"1.1, extension, feature off", VK_API_VERSION_1_1, true, Way::own_struct, false, false, nullptr},
    {"1.1, extension, no feature", VK_API_VERSION_1_1, true, Way::none, false, false, nullptr},
    {"version not said, extension and feature", 0, true, Way::own_struct, true, true, "vkWaitSemaphoresKHR"},
    {"1.2, feature", VK_API_VERSION_1_2, false, Way::own_struct, true, true, "vkWaitSemaphores"},
    {"1.2, feature of the aggregate", VK_API_VERSION_1_2, false, Way::aggregate, true, true, "vkWaitSemaphores"},
    {"1.2, aggregate, feature off", VK_API_VERSION_1_2, false, Way::aggregate, false, false, nullptr},
    {"1.2, extension and feature", VK_API_VERSION_1_2, true, Way::own_struct, true, true, "vkWaitSemaphores"},
    {"1.3, feature of the aggregate", VK_API_VERSION_1_3, false, Way::aggregate, true, true, "vkWaitSemaphores"},
};

// The chain of a way; stays where it is.
struct Chain {
    VkPhysicalDeviceTimelineSemaphoreFeatures own{};
    VkPhysicalDeviceVulkan12Features          aggregate{};
    VkPhysicalDeviceFeatures2                 head{};

    explicit Chain(const Way& way) {
        own.sType                   = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES;
        own.timelineSemaphore       = way.bit;
        aggregate.sType             = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES;
        aggregate.timelineSemaphore = way.bit;
        head.sType                  = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2;
        if (way.form == Way::own_struct) head.pNext = &own;
        if (way.form == Way::aggregate) head.pNext = &aggregate;
    }
    Chain(const Chain&)            = delete;
    Chain& operator=(const Chain&) = delete;
};

}  // namespace

TEST_CASE("a device whose host lacks an entry point is refused, or does without") {
    VulkanShim      shim;
    const Way&      way = ways[6];
    Chain           chain(way);
    const OwnDevice own({.layers              = {},
                         .instance_extensions = {},
                         .instance_next       = nullptr,
                         .api_version         = way.version,
                         .setup = [&](const OwnDevice&, DeviceSetup& setup) { setup.features = &chain.head; }});
    for (std::size_t i = 0; i < entry_count; ++i) {
        const Entry       entry = static_cast<Entry>(i);
        const std::string name  = name_of(entry);
        CAPTURE(name);
        shim.hide(entry);
        const Status imported = status_of([&] {
            const Device device = Device::import(through(shim, own));
            CHECK(device.context()->enabled().timeline_semaphores == !is_optional(entry));
        });
        CHECK(imported == (is_owners(entry) || is_optional(entry) ? Status::ok : Status::usage));
        shim.show_all();
        CHECK(shim.alive().empty());
    }
    CHECK(shim.violation() == "");
}

TEST_CASE("timeline semaphores are used where the import lists them as enabled") {
    for (const Way& way : ways) {
        CAPTURE(way.name);
        VulkanShim      shim;
        Chain           chain(way);
        const OwnDevice own({.layers              = {},
                             .instance_extensions = {},
                             .instance_next       = nullptr,
                             .api_version         = way.version ? way.version : VK_API_VERSION_1_1,
                             .setup               = [&](const OwnDevice&, DeviceSetup& setup) {
                                 if (way.extension)
                                     setup.extensions.push_back(VK_KHR_TIMELINE_SEMAPHORE_EXTENSION_NAME);
                                 setup.features = &chain.head;
                             }});
        Device::Import  given = through(shim, own);
        given.api_version     = way.version;
        const Device device   = Device::import(given);
        CAPTURE(device.context()->enabled().timeline_why);
        CHECK(device.context()->enabled().timeline_semaphores == way.used);
        CHECK((device.context()->functions().WaitSemaphores != nullptr) == way.used);
        for (const char* name : {"vkWaitSemaphores", "vkWaitSemaphoresKHR"})
            CHECK(shim.asked().contains(name) == (way.asked && std::string_view(name) == way.asked));

        given.features = nullptr;  // unknown: the floor
        CHECK_FALSE(Device::import(given).context()->enabled().timeline_semaphores);
    }
}

TEST_CASE("an import with a queue or a version that does not serve is refused") {
    const OwnDevice own;
    const auto      import_with = [&](const std::function<void(Device::Import&)>& change) {
        Device::Import given = own.import(profile_caps());
        change(given);
        return status_of([&] { Device::import(given); });
    };
    CHECK(import_with([](auto&) {}) == Status::ok);
    CHECK(import_with([](auto& given) { given.queues.clear(); }) == Status::usage);
    CHECK(import_with([](auto& given) { given.queues[0].handle = nullptr; }) == Status::usage);
    CHECK(import_with([](auto& given) { given.queues[0].family = 77; }) == Status::usage);
    CHECK(import_with([](auto& given) { given.queues[0].role = Device::Queue::Role::transfer; }) == Status::usage);
    CHECK(import_with([](auto& given) { given.api_version = VK_API_VERSION_1_0; }) == Status::usage);
    CHECK(import_with([](auto& given) { given.api_version = VK_MAKE_API_VERSION(0, 7, 0, 0); }) == Status::ok);
    CHECK(import_with([](auto& given) {
              given.queues.insert(given.queues.begin(), given.queues[0]);
              given.queues[0].role   = Device::Queue::Role::transfer;
              given.queues[0].handle = nullptr;
          }) == Status::ok);
}

TEST_CASE("a host's log gets lines, and may fail") {
    const OwnDevice own;
    Device::Import  given = own.import(profile_caps());
    std::string     lines;
    given.log = [&](Device::LogLevel level, std::string_view line) {
        CHECK(level == Device::LogLevel::info);
        lines += line;
        throw 7;
    };
    const Device device = Device::import(given);
    CHECK(lines.find(device.info().name) != std::string::npos);
    CHECK(lines.find("timeline semaphores off: ") != std::string::npos);
    CHECK(lines.find('\n') == std::string::npos);
}

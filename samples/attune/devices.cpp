// attune devices: every device that Vulkan shows, with the facts that choose kernels and sizes.
#include "devices.h"

#include "command.h"

#include <attune/qualification.hpp>

#include <algorithm>
#include <cstdio>

namespace attune::cli {
namespace {

struct Wanted {
    bool json = false, qualify = false;
};

Syntax syntax(Wanted& wanted) {
    return {.usage    = "attune devices [--json] [--qualify]",
            .about    = "Lists the Vulkan devices of this machine. The number in front, or a part of the name, is what\n"
                        "--device takes elsewhere. Exit status 3 if none of them is usable.\n",
            .operands = 0,
            .options  = {{{"--json"}, "", "an array of objects", to_flag(wanted.json)},
                         {{"--qualify"},
                          "",
                          "try every optional kernel on each device, and name those that compute\n"
                          "wrong and what is used instead; takes seconds",
                          to_flag(wanted.qualify)}}};
}

}  // namespace

nlohmann::ordered_json device_object(const DeviceInfo& d) {
    return {{"index", d.index},
            {"name", d.name},
            {"kind", name_of(d.kind)},
            {"usable", d.usable},
            {"why_not", d.why_not},
            {"vendor_id", d.vendor_id},
            {"device_id", d.device_id},
            {"vulkan_version", d.vulkan_version},
            {"driver", d.driver},
            {"driver_id", d.driver_id},
            {"uuid", d.uuid},
            {"subgroup_size", d.subgroup_size},
            {"max_invocations", d.max_invocations},
            {"max_groups", d.max_groups},
            {"shared_memory", d.shared_memory},
            {"max_binding", d.max_binding},
            {"max_allocation", d.max_allocation},
            {"offset_alignment", d.offset_alignment},
            {"device_memory", d.device_memory}};
}

namespace {

// 16384 -> "16 KiB"; whole numbers of the largest unit that leaves at least 1.
std::string in_bytes(std::uint64_t bytes) {
    static constexpr const char* units[] = {"bytes", "KiB", "MiB", "GiB"};
    std::size_t                  unit    = 0;
    double                       value   = static_cast<double>(bytes);
    for (; value >= 1024 && unit < 3; ++unit) value /= 1024;
    char text[48];
    std::snprintf(text, sizeof text, value < 10 && value != static_cast<double>(static_cast<int>(value)) ? "%.1f %s" : "%.0f %s", value, units[unit]);
    return text;
}

}  // namespace

void print_device(const DeviceInfo& d) {
    std::printf("%u  %s (%s)\n", d.index, d.name.c_str(), name_of(d.kind));
    if (!d.usable) std::printf("   not usable: %s\n", d.why_not.c_str());
    std::printf("   Vulkan %s, driver %s\n", d.vulkan_version.c_str(), d.driver.c_str());
    std::printf("   memory %s, binding %s, allocation %s, offsets by %u\n", in_bytes(d.device_memory).c_str(),
                in_bytes(d.max_binding).c_str(), in_bytes(d.max_allocation).c_str(), d.offset_alignment);
    std::printf("   workgroup %u invocations, %s shared, subgroups of %u\n", d.max_invocations,
                in_bytes(d.shared_memory).c_str(), d.subgroup_size);
}

namespace {

std::vector<RefusedVariant> refused_by(const DeviceInfo& info) {
    return qualify(Device::open({.select = std::to_string(info.index), .caps = {}}));
}

nlohmann::ordered_json refused_objects(const std::vector<RefusedVariant>& refused) {
    nlohmann::ordered_json array = nlohmann::ordered_json::array();
    for (const RefusedVariant& one : refused)
        array.push_back({{"variant", one.name}, {"why", one.why}, {"instead", one.instead}});
    return array;
}

void print_refused(const std::vector<RefusedVariant>& refused) {
    if (refused.empty()) std::printf("   all optional kernels compute right\n");
    for (const RefusedVariant& one : refused)
        std::printf("   %s is not used: %s; instead: %s\n", one.name.c_str(), one.why.c_str(), one.instead.c_str());
}

}  // namespace

std::string devices_help() {
    Wanted wanted;
    return help_text(syntax(wanted));
}

int devices(const Words& words) {
    Wanted wanted;
    read_arguments(syntax(wanted), words);
    const std::vector<DeviceInfo> all = list_devices();
    if (wanted.json) {
        nlohmann::ordered_json array = nlohmann::ordered_json::array();
        for (const DeviceInfo& device : all) {
            array.push_back(device_object(device));
            if (wanted.qualify && device.usable) array.back()["refused"] = refused_objects(refused_by(device));
        }
        std::puts(array.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace).c_str());
    } else {
        for (const DeviceInfo& device : all) {
            print_device(device);
            if (wanted.qualify && device.usable) print_refused(refused_by(device));
        }
    }
    const bool usable = std::ranges::any_of(all, [](const DeviceInfo& device) { return device.usable; });
    return usable ? Exit::done : Exit::no_device;
}

}  // namespace attune::cli

// What a device is, what of it is used and why, as JSON.
#include "base/json.h"
#include "tuning/table.h"
#include "vulkan/context.h"
#include "vulkan/pipelines.h"
#include "vulkan/quarantine.h"

namespace attune {
namespace {

Json choice(const std::string& chosen, const std::string& why) { return {{"chosen", chosen}, {"why", why}}; }

Json facts(const DeviceInfo& info) {
    return {{"index", info.index},         {"name", info.name},
            {"kind", name_of(info.kind)},  {"vendor_id", info.vendor_id},
            {"device_id", info.device_id}, {"vulkan_version", info.vulkan_version},
            {"driver", info.driver},       {"uuid", info.uuid}};
}

// As kernels and plans see them: the device's own, lowered by caps.
Json limits(const DeviceTraits& traits) {
    return {{"subgroup_size", traits.subgroup_size},      {"max_invocations", traits.max_invocations},
            {"max_groups", traits.max_groups[0]},         {"shared_memory", traits.shared_memory},
            {"max_binding", traits.max_binding},          {"max_allocation", traits.max_allocation},
            {"offset_alignment", traits.offset_alignment}};
}

Json kernels(const Device::Context& context) {
    const char* family = context.traits().is_cpu ? "for CPUs" : "for GPUs";
    if (context.caps().treat != DeviceCaps::Treat::as_it_is) return choice(family, "the caps say so");
    return choice(family, std::string("the device's kind is ") + name_of(context.info().kind));
}

Json shuffle(const Device::Context& context) {
    if (context.traits().subgroup_shuffle) return choice("used", "compute shaders of the device have it");
    return choice("not used",
                  context.caps().no_subgroups ? "the caps say so" : "compute shaders of the device lack it");
}

Json timeline(const vulkan::Enabled& enabled) {
    return choice(enabled.timeline_semaphores ? "enabled" : "not enabled", enabled.timeline_why);
}

Json float16(const vulkan::Enabled& enabled) {
    return choice(enabled.shader_float16 ? "enabled" : "not enabled", enabled.float16_why);
}

Json times(const vulkan::Timestamps& stamps) {
    return stamps.bits ? choice("timestamps", "the queue's have " + std::to_string(stamps.bits) + " bits")
                       : choice("the host's clock", "the queue has no timestamps");
}

Json submission(const Device::Context& context) {
    switch (context.submitter()) {
    case Device::Context::Submitter::host: return choice("by the host", "the import has a submit hook");
    case Device::Context::Submitter::under_lock:
        return choice("vkQueueSubmit under the host's lock", "the import has a lock");
    default: return choice("vkQueueSubmit", "the import has neither a lock nor a submit hook");
    }
}

// What optional kernels have shown: pipelines that gave the right results, variants that did not.
Json qualification(vulkan::Quarantine& quarantine) {
    Json refused = Json::array();
    for (const auto& one : quarantine.refusals())
        refused.push_back({{"variant", one.name}, {"why", one.why}, {"instead", one.instead}});
    return {{"at_first_use", quarantine.checks()},
            {"passed", quarantine.passed().size()},
            {"cases_run", quarantine.cases()},
            {"refused", refused}};
}

// How kernels share out work, and the row of the table that says so where nobody else does.
Json tuning(const Device::Context& context) {
    const Tuning in_use = context.tuning();
    Json         values = Json::object();
    for (const TuningKnob& knob : tuning_knobs())
        if (!knob.candidates(context.traits()).empty()) values[knob.name] = in_use.*knob.value;
    return {{"row", tuning_row(context.traits()).kind}, {"values", values}};
}

// Of the device, and of each class.
Json memory_of(const Device& device) {
    Json memory{{"used", device.memory_used()}, {"peak", device.memory_peak()}};
    for (std::size_t i = 0; i < memory_class_count; ++i) {
        const auto of                  = static_cast<MemoryClass>(i);
        memory["classes"][name_of(of)] = {{"used", device.memory(of).used}, {"peak", device.memory(of).peak}};
    }
    return memory;
}

}  // namespace

std::string Device::report() const {
    Context&               context   = *context_;
    const vulkan::Enabled& enabled   = context.enabled();
    vulkan::Pipelines&     pipelines = context.pipelines();
    Json                   report;
    report["device"]          = facts(context.info());
    report["limits"]          = limits(context.traits());
    report["api_version"]     = vulkan::version_text(enabled.version);
    report["extensions"]      = enabled.extensions;
    report["queue"]           = {{"family", context.queue().family}, {"index", context.queue().index}};
    report["paths"]           = {{"kernels", kernels(context)},
                                 {"subgroup_shuffle", shuffle(context)},
                                 {"timeline_semaphores", timeline(enabled)},
                                 {"shader_float16", float16(enabled)},
                                 {"submission", submission(context)},
                                 {"times", times(context.timestamps())}};
    report["pipelines"]       = {{"made", pipelines.made()},
                                 {"left", pipelines.left()},
                                 {"cache", pipelines.cache().is_given() ? "the host's" : "attune's own"}};
    report["qualification"]   = qualification(context.quarantine());
    report["tuning"]          = tuning(context);
    report["memory"]          = memory_of(*this);
    report["objects_created"] = context.objects();
    report["last_unit"]       = context.last_unit();
    report["lost_in"]         = context.lost() ? Json(context.lost_in()) : Json();
    return report.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace attune

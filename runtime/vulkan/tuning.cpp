#include <attune/tuning.hpp>

#include "tuning/table.h"
#include "vulkan/saved.h"

#include <algorithm>
#include <cstring>

namespace attune {
namespace {

// The knobs that kernels of a device read, with what may be tried there.
struct DeviceKnob {
    const TuningKnob*          knob;
    std::uint32_t              usual;
    std::vector<std::uint32_t> candidates;

    bool allows(std::uint32_t value) const { return std::ranges::find(candidates, value) != candidates.end(); }
};

std::vector<DeviceKnob> knobs_of(const DeviceTraits& traits) {
    const Tuning&           usual = tuning_row(traits).tuning;
    std::vector<DeviceKnob> knobs;
    for (const TuningKnob& knob : tuning_knobs())
        if (auto candidates = knob.candidates(traits); !candidates.empty())
            knobs.push_back({&knob, usual.*knob.value, std::move(candidates)});
    for (DeviceKnob& one : knobs)
        std::stable_partition(one.candidates.begin(), one.candidates.end(),
                              [&](std::uint32_t value) { return value == one.usual; });
    return knobs;
}

std::string text_of(const std::vector<std::uint32_t>& values) {
    std::string text;
    for (const std::uint32_t value : values) text += (text.empty() ? "" : ", ") + std::to_string(value);
    return text;
}

}  // namespace

std::vector<TuningChoice> tuning_choices(const Device& device) {
    const Tuning              tuning = device.context()->tuning();
    std::vector<TuningChoice> choices;
    for (DeviceKnob& one : knobs_of(device.context()->traits()))
        choices.push_back({.name       = one.knob->name,
                           .about      = one.knob->about,
                           .value      = tuning.*one.knob->value,
                           .usual      = one.usual,
                           .candidates = std::move(one.candidates)});
    return choices;
}

void set_tuning(const Device& device, std::string_view name, std::uint32_t value) {
    std::string names;
    for (const DeviceKnob& one : knobs_of(device.context()->traits())) {
        names += (names.empty() ? "" : ", ") + std::string(one.knob->name);
        if (one.knob->name != name) continue;
        if (!one.allows(value))
            throw Error(Status::usage, std::string(name), std::to_string(value) + " is nothing for this device",
                        "it may be " + text_of(one.candidates));
        return device.context()->set_tuning([&](Tuning& tuning) { tuning.*one.knob->value = value; });
    }
    throw Error(Status::usage, std::string(name), "is nothing that this device can be tuned in",
                names.empty() ? "there is nothing" : "there are " + names);
}

// The payload: the value of each knob in the order of the table.
std::vector<std::byte> export_tuning(const Device& device) {
    const Tuning               tuning = device.context()->tuning();
    std::vector<std::uint32_t> values;
    for (const DeviceKnob& one : knobs_of(device.context()->traits())) values.push_back(tuning.*one.knob->value);
    return vulkan::sealed(*device.context(), vulkan::saved_tuning, std::as_bytes(std::span(values)));
}

void import_tuning(const Device& device, std::span<const std::byte> bytes) {
    const auto payload = vulkan::unsealed(*device.context(), vulkan::saved_tuning, bytes);
    const auto knobs   = knobs_of(device.context()->traits());
    // The same device, opened with other kernels: of CPUs or of GPUs, with lanes that know each other or without.
    if (payload.size() != knobs.size() * sizeof(std::uint32_t))
        vulkan::refuse_saved(vulkan::saved_tuning, "is of this device as it was opened otherwise");
    std::vector<std::uint32_t> values(knobs.size());
    if (!values.empty()) std::memcpy(values.data(), payload.data(), payload.size());
    for (std::size_t i = 0; i < knobs.size(); ++i)
        if (!knobs[i].allows(values[i]))
            vulkan::refuse_saved(vulkan::saved_tuning, "is of this device as it was opened otherwise");
    device.context()->set_tuning([&](Tuning& tuning) {
        for (std::size_t i = 0; i < knobs.size(); ++i) tuning.*knobs[i].knob->value = values[i];
    });
}

}  // namespace attune

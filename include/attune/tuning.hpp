// How a device's kernels share out their work. attune starts with what its table has for the kind of device; `attune tune`,
// or a program of one's own, may find other numbers faster on this one. They choose how soon a result is there and
// no bit of it: what orders a sum is none of them.
//
//     attune::CacheFile file(path);                                   // as `attune tune` wrote it
//     const auto saved = file.section("tuning " + device.info().uuid);
//     if (!saved.empty()) try { attune::import_tuning(device, saved); } catch (const attune::Error&) {}   // not for this one
#pragma once

#include <attune/device.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attune {

// One number that kernels of a device read.
struct TuningChoice {
    std::string                name;             // "product_rows"
    std::string                about;            // for people
    std::uint32_t              value = 0;        // in use
    std::uint32_t              usual = 0;        // that of the table
    std::vector<std::uint32_t> candidates = {};  // what is worth trying, `usual` first
};

// Those that there are on this device. Any thread.
std::vector<TuningChoice> tuning_choices(const Device& device);

// For programs that are prepared from now on; those that were keep what they have. Throws usage for a name that is not
// there, or a value that is none of its candidates. Any thread.
void set_tuning(const Device& device, std::string_view name, std::uint32_t value);

// All values, for the next time that the device is opened.
std::vector<std::byte> export_tuning(const Device& device);
// Takes what export_tuning() gave. Throws bad_input, having changed nothing, where device, driver, version of attune or
// the hash over all of it is another: then the table's numbers are as good as ever. As set_tuning() otherwise.
void import_tuning(const Device& device, std::span<const std::byte> bytes);

}  // namespace attune

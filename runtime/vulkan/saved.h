// Bytes that a device hands out for the next time it is opened: in front of them stands whose they are, so that what is
// damaged or somebody else's is known as such before any of it is used. Against accidents, not against forgers.
#pragma once

#include "vulkan/context.h"

#include <cstddef>
#include <span>
#include <vector>

namespace attune::vulkan {

// What the bytes are of: eight letters, and what messages call them.
struct SavedKind {
    char        magic[9];
    const char* name;
};
inline constexpr SavedKind saved_pipelines{"attunePC", "pipeline cache"};
inline constexpr SavedKind saved_verdicts{"attuneQV", "verdicts"};
inline constexpr SavedKind saved_tuning{"attuneTU", "tuning"};

inline constexpr std::size_t saved_header_bytes = 48;

// Reads all kernels, some megabytes: once for each device, which keeps it.
Identity identity_of(const DeviceInfo& info, const VkPhysicalDeviceProperties& properties);

// `payload` with a header in front.
std::vector<std::byte> sealed(const Device::Context& context, const SavedKind& kind,
                              std::span<const std::byte> payload);

// The payload of bytes that sealed() gave for the same device, driver, kernels and version of attune; a part of `bytes`.
// Throws bad_input for all others, saying what is wrong with them.
std::span<const std::byte> unsealed(const Device::Context& context, const SavedKind& kind,
                                    std::span<const std::byte> bytes);

// bad_input, of bytes whose header is right: "[verdicts] is damaged".
[[noreturn]] void refuse_saved(const SavedKind& kind, const char* what);

}  // namespace attune::vulkan

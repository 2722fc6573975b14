// The items of Marian's two containers, as stored tensors. Both throw bad_input `[where] ...`.
#pragma once

#include "formats/stored_tensor.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attune {

struct MarianItems {
    StoredTensors                       tensors;
    std::optional<std::string_view>     settings;  // the bytes of special:model.yml
    std::vector<std::vector<std::byte>> unpacked;  // of compressed members, to be kept as long as the tensors
};

inline constexpr std::string_view marian_settings_name = "special:model.yml";

MarianItems read_marian_bin(std::span<const std::byte> bytes, const std::string& where);
MarianItems read_marian_npz(std::span<const std::byte> bytes, const std::string& where);

}  // namespace attune

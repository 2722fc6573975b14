// A compiled shader, as embedded by the build.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace attune {

struct Kernel {
    std::string_view               name;    // file name of the shader, plus its variant
    std::span<const std::uint32_t> spirv;
};

}  // namespace attune

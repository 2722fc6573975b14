// Kernels with a mistake planted, in the place of ours: what a compiler with a bug would make of them.
#pragma once

#include "kernels/kernel.h"
#include "support/temporary_folder.h"

#include <attune/tensor.hpp>

#include <algorithm>
#include <span>
#include <string>
#include <vector>

namespace attune::test {

// What a graph for a mutant is: sizes on the side of lowering's choices that has the kernel.
struct Asks {
    enum Op { product, normed, appended, chosen, norm, weights, attend, staged, search, lists, cells } op = product;
    std::uint64_t rows = 12;        // of a product or query; beams of a search or of cells
    std::uint64_t width = 70;       // of layer_norm and softmax; how many top_k is to find
    std::uint64_t keys = 50;        // of attention
    std::uint64_t outputs = 100;    // of a product
    Type          weight = Type::f32, result = Type::f32;
    bool          gpu = false;      // kernels for GPUs
    bool          causal = false, lengths = false;
    bool          banned = false, left_out = false;                   // lists: ids that are not to be found, nor counted
    bool          marian = false, early = false, shortlist = false;   // searches
};

struct Mutant {
    const char* what;
    const char* kernel;
    const char* file;      // below shaders/
    const char* right;     // all of it that there is
    const char* wrong;
    Asks        asks;
};

// Those of optional kernels come first.
std::span<const Mutant> mutants();

// A copy of the shaders, to be changed.
class MutantCompiler {
public:
    MutantCompiler();

    // Throws bad_input if the shader does not say what is to be changed, or glslc refuses the result.
    std::vector<std::uint32_t> compile(const Mutant& mutant) const;

private:
    TemporaryFolder folder_;
};

// Whether the shader still says what is to be changed.
bool applies(const Mutant& mutant);

// A device's kernel of that name.
const Kernel& kernel_called(const std::string& name);

// For VulkanShim::shader: gives the driver `words` where it is given a kernel's. Both have to stay.
inline auto in_place_of(const Kernel& kernel, const std::vector<std::uint32_t>& words) {
    return [&kernel, &words](std::span<const std::uint32_t> given) -> std::span<const std::uint32_t> {
        return std::ranges::equal(given, kernel.spirv) ? std::span(words) : std::span<const std::uint32_t>{};
    };
}

// Of a product with 5 rows and more, on devices whose lanes share by eight and that read texels.
inline constexpr Mutant rows_swapped{"rows swapped", "linear_registers_8_shared_8_texels", "ops/linear_registers.comp", "min(first_row + row, p.rows - 1u)",
                                     "min(first_row + (row ^ 1u), p.rows - 1u)", {}};

}  // namespace attune::test

// An op is data: a name and three pure functions. graph/ knows ops only through this struct;
// what they are is said in runtime/ops, one file each.
#pragma once

#include <attune/graph.hpp>

#include <array>
#include <string_view>
#include <vector>

namespace attune {

struct Lowering;   // ops/lowering.h: operands, attributes, device traits, weight layouts
struct Lowered;    // ops/dispatch.h: dispatches and the temporaries between them

// Descriptions of a node's operands in the op's order; nullptr where an optional one is absent.
using InputDescs = std::span<const TensorDesc* const>;

struct Op {
    std::string_view name;

    // Shapes and types of the outputs; throws bad_input for operands that do not fit.
    std::vector<TensorDesc> (*infer)(InputDescs inputs, const Attributes& attributes);

    // The dispatches that compute a node on a device with given traits.
    Lowered (*lower)(const Lowering& lowering);

    // Output o is written into the memory of state input in_place[o]; -1: it has its own.
    std::array<int, 4> in_place = {-1, -1, -1, -1};

    // Bit i: input i may be a column range of a wider value (its rows have a stride).
    std::uint32_t strided_inputs = 0;

    // Bit i: input i may be stored as f16. half_output: output 0 has the type that attribute `type` names.
    std::uint32_t half_inputs = 0;
    bool          half_output = false;

    // Output 0 has the type of input 0.
    bool keeps_type = false;

    // Bit i: input i, if it is a weight [N, K], may be stored as i8.
    std::uint32_t int8_inputs = 0;

    // Bit i: input i, if it is a weight, is a matrix [N, K] wanted in panels (tensor/weight_layout.h).
    std::uint32_t panel_inputs = 0;
};

}  // namespace attune

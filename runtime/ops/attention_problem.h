// What attention, attention_scores and attention_values share: their operands seen alike whatever
// the layout, the checks of their shapes, and how their work is cut into dispatches.
#pragma once

#include "ops/lowering.h"
#include "params/attention.h"

#include <attune/ops.hpp>

namespace attune::ops {

// Sizes of one attention, in the letters of attune/ops.hpp.
struct AttentionShape {
    std::uint64_t batches = 1;       // B, of the query
    std::uint64_t heads = 1;         // H
    std::uint64_t key_heads = 1;     // divides H
    std::uint64_t queries = 1;       // S
    std::uint64_t key_batches = 1;   // B, or 1 with blocks
    std::uint64_t keys = 1;          // T
    std::uint64_t columns = 1;       // of a row of scores: T, or keys_per_query with blocks
    std::uint64_t size = 1;          // D
};

// Places of the optional operands, which follow the others in all three ops.
struct MaskInputs {
    std::size_t lengths, blocks, ancestors;
};
constexpr MaskInputs mask_inputs_from(std::size_t first) { return {first, first + 1, first + 2}; }

Attributes                          attention_attributes(const AttentionOptions& options);
std::vector<std::optional<Operand>> with_mask(std::vector<std::optional<Operand>> inputs, const AttentionOptions& options);

// Shapes from the operands' descriptions; throw bad_input for those that do not fit.
AttentionShape query_shape(std::string_view op, const TensorDesc& query, const Attributes& attributes);
AttentionShape weights_shape(std::string_view op, const TensorDesc& weights, bool blocks, const Attributes& attributes);
void           add_keys(std::string_view op, std::string_view operand, const TensorDesc& keys, AttentionShape& shape);
void           check_mask(std::string_view op, InputDescs in, const MaskInputs& mask, const Attributes& attributes, AttentionShape& shape);
void           check_storage(std::string_view op, std::string_view operand, const TensorDesc& desc);
Type           result_type(std::string_view op, const Attributes& attributes, const AttentionShape& shape);

// One operand as [batch, head, row, column], whatever its layout; strides in elements.
struct HeadsView {
    const LoweredOperand* operand = nullptr;
    Access                access = Access::read;
    std::uint64_t         first = 0;   // element (0, 0, 0, 0)
    std::uint64_t         batch = 0, head = 0, row = 0;
    std::uint64_t         width = 0;
    Binding               scratch = {};   // bytes: the operand lies in this temporary, not where it was

    bool aligned() const;   // every row begins at a multiple of four elements, and is one
};
HeadsView heads_view(const LoweredOperand& operand, Access access, std::uint64_t size);

struct AttentionKernel {
    const Kernel* kernel = nullptr;
    std::uint64_t tile_rows = 1;           // query rows of a tile
    std::uint64_t parts = 1;               // work items per tile
    std::uint64_t items_per_group = 1;
    std::uint32_t group = 0;               // the constant GROUP; 0: the kernel has none
};

struct AttentionProblem {
    const Lowering&            lowering;
    AttentionShape             shape;
    MaskInputs                 mask;
    AttentionKernel            kernel;
    AttentionKernel            windows;             // for operands that exceed a binding: see attention_windows.cpp
    std::uint64_t              carried = 0;         // f32 that `windows` keeps of a query row and head from window to window
    std::uint64_t              slice = 0;           // keys of one, where they are cut: see attention_slices.cpp; 0: they are not
    std::vector<std::uint32_t> constants = {};      // between GROUP and those of the mask
    HeadsView                  query, key, value;   // those that the op has, in the order of the bindings
    HeadsView                  result;
    double                     flops_per_score = 0;
    double                     scale = 0;
    bool                       ancestors = lowering.has(mask.ancestors);   // keys are found through them

    bool has_blocks() const { return lowering.has(mask.blocks); }
};

// One dispatch, or several over slices of batches, heads and rows of queries where operands exceed a
// binding or the work a dispatch's share of time; and over windows of keys where slices do not suffice.
Lowered lower_attention(const AttentionProblem& problem);

// Whether the kernels of one lane per rows of the query are used: on CPU devices, and where bindings see so little
// that some batches would need windows and others not. Windows add in these kernels' order, not in that of the
// GPUs' own, and a row's bits must not depend on how much else there is. (Vulkan promises 128 MiB.)
bool by_lanes(const DeviceTraits& traits);

// A kernel of one lane per row of the query, whatever the device: GROUP is its first constant.
AttentionKernel lane_kernel(const Kernel& kernel, const DeviceTraits& traits, std::uint64_t tile_rows = 1, std::uint64_t parts = 1);

// f32 that shaders/common/attention_carry.glsl keeps of a row of `size` columns.
constexpr std::uint64_t carry_of(std::uint64_t size) { return round_up(size, 4) + 2; }

// Cuts the keys of a decode step's rows into slices where they are many and the device has kernels for it.
void cut_keys(AttentionProblem& problem);

// How many slices a workgroup, or a lane of it, takes one after the other, of `slices` of so many (row, head).
std::uint64_t slices_at_once(const AttentionKernel& kernel, const DeviceTraits& traits, std::uint64_t tiles, std::uint64_t slices);

// The smallest of the head sizes that kernels are compiled for that holds D: 0 for 32, 1 for 64, ...
std::size_t head_size_class(std::uint64_t size);
// Query rows that a lane of the register kernels holds, by that class.
inline constexpr std::array<std::uint64_t, 4> rows_per_lane = {8, 4, 2, 1};

double attention_scale(const Attributes& attributes, std::uint64_t size);

}  // namespace attune::ops

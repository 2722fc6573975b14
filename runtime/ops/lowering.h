// What an op sees when it is lowered: its operands, the device's traits, the layouts of its weights.
#pragma once

#include "graph/op.h"
#include "ops/dispatch.h"
#include "tensor/weight_layout.h"
#include "tuning/device_traits.h"

#include <algorithm>
#include <functional>

namespace attune {

// One operand of a node, ready to be bound.
struct LoweredOperand {
    std::uint32_t       value = 0;       // id in the graph
    TensorDesc          desc;            // of the columns the op reads
    std::uint64_t       column = 0;      // first column within a row of the value
    std::uint64_t       stride = 0;      // elements from one row of the value to the next
    std::uint64_t       bytes = 0;       // of the whole value
    const WeightLayout* layout = nullptr;   // set for weights
    bool                unplaced = false;   // no value: a temporary that place_temporary() adds
};

struct Lowering {
    const Node&         node;
    const DeviceTraits& traits;
    std::vector<std::optional<LoweredOperand>> inputs;
    std::vector<LoweredOperand>                outputs;

    bool                  has(std::size_t i) const { return i < inputs.size() && inputs[i].has_value(); }
    const LoweredOperand& input(std::size_t i) const { return inputs.at(i).value(); }
    // Absent optional inputs are bound to the first input and switched off by a specialization constant.
    const LoweredOperand& input_or_first(std::size_t i) const { return has(i) ? input(i) : input(0); }
    const LoweredOperand& output(std::size_t i = 0) const { return outputs.at(i); }
    const Attributes&     attributes() const { return node.attributes; }

    // What infer saw; nullptr where an operand is absent.
    std::vector<const TensorDesc*> input_descs() const {
        std::vector<const TensorDesc*> descs;
        for (const auto& operand : inputs) descs.push_back(operand ? &operand->desc : nullptr);
        return descs;
    }
};

// One chunk of a weight, however it is packed; the whole of any other operand.
Binding whole(const LoweredOperand& operand, Access access, std::uint32_t chunk);

// The whole of an operand, row-major. Throws bad_input for a weight that lies in panels or in several chunks.
Binding whole(const LoweredOperand& operand, Access access);

// A run of an operand's elements. The start moves down to the alignment that bindings need: `skipped` is
// how many elements of the binding lie before the first one.
struct RowBinding {
    Binding       binding;
    std::uint32_t skipped = 0;
};

// Elements [first, first + count) of an operand, counted from its beginning, row after row. Throws bad_input for
// a weight that lies in panels, or has them in several chunks.
RowBinding element_range(const LoweredOperand& operand, Access access, const DeviceTraits& traits, std::uint64_t first, std::uint64_t count);

// How many elements from `first` on one binding may see: to the end of the operand at most. Throws as element_range().
std::uint64_t reach(const LoweredOperand& operand, const DeviceTraits& traits, std::uint64_t first);

// Rows [first, first + rows) of an operand. Throws as element_range().
RowBinding row_range(const LoweredOperand& operand, Access access, const DeviceTraits& traits, std::uint64_t first, std::uint64_t rows);

inline Binding reads(const LoweredOperand& operand) { return whole(operand, Access::read); }
inline Binding writes(const LoweredOperand& operand) { return whole(operand, Access::write); }
inline Binding updates(const LoweredOperand& operand) { return whole(operand, Access::both); }
inline Binding temporary(std::uint32_t index, std::uint64_t bytes, Access access) {
    return {.kind = Binding::temporary, .index = index, .bytes = bytes, .access = access};
}
inline Binding counters(std::uint64_t count) {
    return {.kind = Binding::counters, .bytes = count * 4, .access = Access::both};
}

// Puts what more is to be done behind what there is. Both may use one temporary that is not there yet; it is added last.
void append(Lowered& lowered, Lowered&& more);
void place_temporary(Lowered& lowered, std::uint64_t bytes);

// Cuts `rows` into runs that fit one binding of the widest operand, one dispatch's share of time,
// and the device's group counts; calls `slice(first, count)` for each. Cuts depend on the device
// and the shapes alone, and no sum crosses a row, so they change no bit.
struct SliceLimits {
    std::uint64_t widest_row_bytes = 1;   // of the operands that are sliced
    double        flops_per_row = 0;
    std::uint64_t granularity = 1;        // cut only at multiples of it, unless a binding holds fewer
    std::uint64_t max_rows = UINT64_MAX;
};
void for_row_slices(const DeviceTraits& traits, std::uint64_t rows, const SliceLimits& limits,
                    const std::function<void(std::uint64_t first, std::uint64_t count)>& slice);

// False where for_row_slices() cannot cut: not even one row fits one binding.
bool fits_by_rows(const DeviceTraits& traits, std::uint64_t rows, std::uint64_t widest_row_bytes);

// `count` workgroups folded into x and y within the device's limits. The kernel takes its index
// as gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x and must ignore those past the end.
// Throws bad_input beyond most_groups(): at the 65,535 x 65,535 that Vulkan grants, not even a workgroup
// for each word of the largest binding is as many.
Groups        fold_groups(std::uint64_t count, const DeviceTraits& traits);
std::uint64_t most_groups(const DeviceTraits& traits);

// A power of two of at most `wanted` lanes, within the device's limits; on CPU devices a subgroup.
std::uint32_t group_lanes(const DeviceTraits& traits, std::uint32_t wanted);

// Lanes of a workgroup whose lanes make elements by themselves.
std::uint32_t point_lanes(const DeviceTraits& traits);

// How many lanes of a subgroup hand each other what each has loaded, on CPU devices, whose loads cost more than shuffles:
// 8 or 4; 0 where they do not.
std::uint32_t sharing_lanes(const DeviceTraits& traits);

// How many neighbours a lane makes at once: 16, 8 or 4, as Tuning allows, that all extents, strides and starts are
// multiples of; else 2.
std::uint32_t neighbours_at_once(const DeviceTraits& traits, std::initializer_list<std::uint64_t> numbers);

constexpr std::uint64_t divide_up(std::uint64_t a, std::uint64_t b) { return (a + b - 1) / b; }
constexpr std::uint64_t round_up(std::uint64_t a, std::uint64_t b) { return divide_up(a, b) * b; }

// How kernels name a storage type: a specialization constant (shaders/formats/storage.glsl).
std::uint32_t storage_constant(Type type);   // 0 f32, 1 f16, 2 i8

// Shape checks shared by infer functions: throw bad_input "[op] operand ...: has ..., wants ...".
[[noreturn]] void refuse(std::string_view op, std::string_view operand, const std::string& what, const std::string& hint = {});
const TensorDesc& required(std::string_view op, std::string_view operand, InputDescs inputs, std::size_t index);
const TensorDesc* optional_input(InputDescs inputs, std::size_t index);
void expect_shape(std::string_view op, std::string_view operand, const TensorDesc& desc, const Shape& shape);
void expect_type(std::string_view op, std::string_view operand, const TensorDesc& desc, std::initializer_list<Type> types);

}  // namespace attune

#include "ops/lowering.h"

#include <attune/error.hpp>

#include <algorithm>
#include <cmath>

namespace attune {
namespace {

Binding bind(const LoweredOperand& operand, Access access) {
    if (operand.unplaced) return {.kind = Binding::temporary, .index = Binding::unplaced, .access = access};
    return {.kind = operand.layout ? Binding::weight_chunk : Binding::value, .index = operand.value, .access = access};
}

[[noreturn]] void refuse_weight(const LoweredOperand& operand) {
    throw Error(Status::bad_input, "lowering",
                "the weight " + operand.desc.text() +
                    " lies in panels or in several chunks, which only products and embeddings can read",
                "bind it as an input, or give it a name of its own");
}

// The memory that holds an element of an operand: all of it, or one chunk of a weight.
struct Piece {
    std::uint32_t chunk = 0;
    std::uint64_t first = 0;  // element of the operand with which it begins
    std::uint64_t bytes = 0;
    std::uint64_t end   = 0;  // element of the operand with which the next one begins
};

Piece piece_with(const LoweredOperand& operand, std::uint64_t element) {
    if (!operand.layout) return {0, 0, operand.bytes, operand.bytes / size_of(operand.desc.type)};
    const WeightLayout& layout = *operand.layout;
    if (layout.packing != Packing::plain) refuse_weight(operand);
    for (std::uint32_t c = 0; c < layout.chunks.size(); ++c) {
        const WeightChunk&  chunk = layout.chunks[c];
        const std::uint64_t first = first_element(layout, chunk), end = first + chunk.rows * chunk.columns;
        if (element < end) return {c, first, chunk.bytes, end};
    }
    refuse_weight(operand);
}

// A binding's first byte, for an element that lies `bytes` into its memory.
std::uint64_t aligned_start(std::uint64_t bytes, const DeviceTraits& traits) {
    return bytes / traits.offset_alignment * traits.offset_alignment;
}

}  // namespace

Binding whole(const LoweredOperand& operand, Access access) {
    if (operand.layout && (operand.layout->packing != Packing::plain || operand.layout->chunks.size() != 1))
        refuse_weight(operand);
    return whole(operand, access, 0);
}

Binding whole(const LoweredOperand& operand, Access access, std::uint32_t chunk) {
    Binding binding = bind(operand, access);
    binding.chunk   = chunk;
    binding.bytes   = operand.layout ? operand.layout->chunks.at(chunk).bytes : operand.bytes;
    return binding;
}

RowBinding element_range(const LoweredOperand& operand, Access access, const DeviceTraits& traits, std::uint64_t first,
                         std::uint64_t count) {
    const Piece piece = piece_with(operand, first);
    if (operand.layout && first + count > piece.end) refuse_weight(operand);
    const std::uint64_t item = size_of(operand.desc.type), from = (first - piece.first) * item;
    RowBinding          result{.binding = bind(operand, access), .skipped = 0};
    result.binding.chunk  = piece.chunk;
    result.binding.offset = aligned_start(from, traits);
    result.binding.bytes =
        std::min(round_up((first + count - piece.first) * item, 4), piece.bytes) - result.binding.offset;
    result.skipped = static_cast<std::uint32_t>((from - result.binding.offset) / item);
    return result;
}

std::uint64_t reach(const LoweredOperand& operand, const DeviceTraits& traits, std::uint64_t first) {
    const Piece         piece = piece_with(operand, first);
    const std::uint64_t item  = size_of(operand.desc.type);
    const std::uint64_t seen  = aligned_start((first - piece.first) * item, traits) + traits.max_binding / 4 * 4;
    return std::min(piece.first + seen / item, piece.end) - std::min(first, piece.end);
}

RowBinding row_range(const LoweredOperand& operand, Access access, const DeviceTraits& traits, std::uint64_t first,
                     std::uint64_t rows) {
    return element_range(operand, access, traits, first * operand.stride, rows * operand.stride);
}

void append(Lowered& lowered, Lowered&& more) {
    const auto before = static_cast<std::uint32_t>(lowered.temporaries.size());
    for (Dispatch& dispatch : more.dispatches) {
        for (Binding& binding : dispatch.bindings)
            if (binding.kind == Binding::temporary && binding.index != Binding::unplaced) binding.index += before;
        lowered.dispatches.push_back(std::move(dispatch));
    }
    lowered.temporaries.insert(lowered.temporaries.end(), more.temporaries.begin(), more.temporaries.end());
}

void place_temporary(Lowered& lowered, std::uint64_t bytes) {
    for (Dispatch& dispatch : lowered.dispatches)
        for (Binding& binding : dispatch.bindings)
            if (binding.kind == Binding::temporary && binding.index == Binding::unplaced)
                binding.index = static_cast<std::uint32_t>(lowered.temporaries.size());
    lowered.temporaries.push_back(bytes);
}

bool fits_by_rows(const DeviceTraits& traits, std::uint64_t rows, std::uint64_t widest_row_bytes) {
    return rows * widest_row_bytes <= traits.max_binding ||
           widest_row_bytes <= traits.max_binding - traits.offset_alignment;
}

void for_row_slices(const DeviceTraits& traits, std::uint64_t rows, const SliceLimits& limits,
                    const std::function<void(std::uint64_t, std::uint64_t)>& slice) {
    // The first row of a slice may lie up to one alignment step into its binding.
    const bool          whole_fits = rows * limits.widest_row_bytes <= traits.max_binding;
    const std::uint64_t room =
        (traits.max_binding - traits.offset_alignment) / std::max<std::uint64_t>(limits.widest_row_bytes, 1);
    const std::uint64_t fitting = whole_fits ? rows : room;
    std::uint64_t       most    = std::min(limits.max_rows, fitting);
    if (limits.flops_per_row > 0) {
        const double affordable = traits.unit_seconds * traits.flops / limits.flops_per_row;
        most                    = std::min(most, static_cast<std::uint64_t>(std::clamp(affordable, 1.0, 1e18)));
    }
    if (most < rows)
        most = std::min(std::max(most / limits.granularity, std::uint64_t{1}) * limits.granularity, fitting);
    if (most == 0 && rows > 0)
        throw Error(Status::bad_input, "lowering",
                    "one row of " + std::to_string(limits.widest_row_bytes) +
                        " bytes exceeds what a binding of this device may see");
    for (std::uint64_t first = 0; first < rows; first += most) slice(first, std::min(most, rows - first));
}

Groups fold_groups(std::uint64_t count, const DeviceTraits& traits) {
    const std::uint64_t x = std::min<std::uint64_t>(count, traits.max_groups[0]);
    if (x == 0) return {0, 1, 1};
    const std::uint64_t y = divide_up(count, x);
    if (y > traits.max_groups[1])
        throw Error(Status::bad_input, "lowering",
                    std::to_string(count) + " workgroups in one dispatch, more than the " +
                        std::to_string(most_groups(traits)) + " that this device allows",
                    "raise the limit of workgroups if it was lowered, or give less at once");
    return {static_cast<std::uint32_t>(divide_up(count, y)), static_cast<std::uint32_t>(y), 1};
}

std::uint64_t most_groups(const DeviceTraits& traits) {
    return std::uint64_t{traits.max_groups[0]} * traits.max_groups[1];
}

std::uint32_t group_lanes(const DeviceTraits& traits, std::uint32_t wanted) {
    std::uint32_t most = std::min(traits.max_invocations, traits.max_group_size[0]);
    if (traits.is_cpu) most = std::min(most, std::max(traits.subgroup_size, 4u));
    std::uint32_t lanes = 1;
    while (lanes * 2 <= most && lanes < wanted) lanes *= 2;
    return lanes;
}

std::uint32_t point_lanes(const DeviceTraits& traits) { return group_lanes(traits, traits.tuning.point_lanes); }

std::uint32_t neighbours_at_once(const DeviceTraits& traits, std::initializer_list<std::uint64_t> numbers) {
    for (const std::uint32_t run : {16u, 8u, 4u})
        if (run <= traits.tuning.point_run &&
            std::ranges::all_of(numbers, [run](std::uint64_t number) { return number % run == 0; }))
            return run;
    return 2;
}

std::uint32_t sharing_lanes(const DeviceTraits& traits) {
    if (!traits.is_cpu || !traits.subgroup_shuffle) return 0;
    const std::uint32_t lanes = std::min(group_lanes(traits, traits.subgroup_size), traits.subgroup_size);
    return lanes >= 8 ? 8 : lanes >= 4 ? 4 : 0;
}

std::uint32_t storage_constant(Type type) {
    switch (type) {
    case Type::f32: return 0;
    case Type::f16: return 1;
    case Type::i8: return 2;
    default: throw Error(Status::bad_input, "lowering", std::string(name_of(type)) + " is no storage type of kernels");
    }
}

void refuse(std::string_view op, std::string_view operand, const std::string& what, const std::string& hint) {
    throw Error(Status::bad_input, std::string(op), "operand " + std::string(operand) + " " + what, hint);
}

const TensorDesc& required(std::string_view op, std::string_view operand, InputDescs inputs, std::size_t index) {
    if (index >= inputs.size() || !inputs[index]) refuse(op, operand, "is missing");
    return *inputs[index];
}

const TensorDesc* optional_input(InputDescs inputs, std::size_t index) {
    return index < inputs.size() ? inputs[index] : nullptr;
}

void expect_shape(std::string_view op, std::string_view operand, const TensorDesc& desc, const Shape& shape) {
    if (desc.shape != shape) refuse(op, operand, "has shape " + desc.shape.text() + ", wants " + shape.text());
}

void expect_type(std::string_view op, std::string_view operand, const TensorDesc& desc,
                 std::initializer_list<Type> types) {
    std::string wanted;
    for (const Type type : types) {
        if (desc.type == type) return;
        wanted += (wanted.empty() ? "" : " or ") + std::string(name_of(type));
    }
    refuse(op, operand, "is " + std::string(name_of(desc.type)) + ", wants " + wanted);
}

}  // namespace attune

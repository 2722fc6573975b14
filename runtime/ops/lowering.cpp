#include "ops/lowering.h"

#include <attune/error.hpp>

#include <cmath>

namespace attune {
namespace {

Binding bind(const LoweredOperand& operand, Access access) {
    return {.kind = operand.layout ? Binding::weight_chunk : Binding::value, .index = operand.value, .access = access};
}

void expect_row_major(const LoweredOperand& operand) {
    if (operand.layout && (operand.layout->packing != Packing::plain || operand.layout->chunks.size() != 1))
        throw Error(Status::bad_input, "lowering",
                    "the weight " + operand.desc.text() +
                        " lies in panels or in several chunks, which only products and embeddings can read",
                    "bind it as an input, or give it a name of its own");
}

}  // namespace

Binding whole(const LoweredOperand& operand, Access access) {
    expect_row_major(operand);
    return whole(operand, access, 0);
}

Binding whole(const LoweredOperand& operand, Access access, std::uint32_t chunk) {
    Binding binding = bind(operand, access);
    binding.chunk   = chunk;
    binding.bytes   = operand.layout ? operand.layout->chunks.at(chunk).bytes : operand.bytes;
    return binding;
}

RowBinding row_range(const LoweredOperand& operand, Access access, const DeviceTraits& traits, std::uint64_t first,
                     std::uint64_t rows) {
    expect_row_major(operand);
    const std::uint64_t item      = size_of(operand.desc.type);
    const std::uint64_t row_bytes = operand.stride * item;
    const std::uint64_t begin     = first * row_bytes / traits.offset_alignment * traits.offset_alignment;
    RowBinding          result{.binding = bind(operand, access), .skipped = 0};
    result.binding.offset = begin;
    result.binding.bytes  = std::min((first + rows) * row_bytes, operand.bytes) - begin;
    result.skipped        = static_cast<std::uint32_t>((first * row_bytes - begin) / item);
    return result;
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
    if (y > traits.max_groups[1]) throw Error(Status::bad_input, "lowering", "more workgroups than the device allows");
    return {static_cast<std::uint32_t>(divide_up(count, y)), static_cast<std::uint32_t>(y), 1};
}

std::uint32_t group_lanes(const DeviceTraits& traits, std::uint32_t wanted) {
    std::uint32_t most = std::min(traits.max_invocations, traits.max_group_size[0]);
    if (traits.is_cpu) most = std::min(most, std::max(traits.subgroup_size, 4u));
    std::uint32_t lanes = 1;
    while (lanes * 2 <= most && lanes < wanted) lanes *= 2;
    return lanes;
}

std::uint32_t storage_constant(Type type) {
    switch (type) {
    case Type::f32: return 0;
    case Type::f16: return 1;
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

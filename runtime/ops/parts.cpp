#include "ops/parts.h"

namespace attune {
namespace {

constexpr std::uint64_t part_length = 1024;  // a few elements for each lane, many workgroups for a row
constexpr std::uint64_t stats_bytes = 8;     // of a part
constexpr double        part_flops  = 10;    // of an element
constexpr std::uint64_t column_unit = 16;    // vectors that are weights are cut at multiples of it

// One dispatch after another over the elements of some rows, each of one row.
void for_parts(const Lowering& l, const Box& rows, std::span<const BoxSide> sides, std::uint64_t unit,
               const std::function<void(const Box&)>& make) {
    for (std::uint64_t row = 0; row < rows.extent[0]; ++row)
        for_boxes(l.traits, {.first = {rows.first[0] + row, 0, 0, 0, 0}, .extent = {1, rows.extent[1], 1, 1, 1}}, sides,
                  {.granularity = {1, unit, 1, 1, 1}, .flops_per_point = part_flops}, make);
}

constexpr std::uint64_t most_turns = 60000;  // of all loops of a lane: lavapipe ends them after 65,535

// Rows that lanes do one after the other: a workgroup costs something, and a gain is read once for all of them.
std::uint32_t rows_in_turn(const Tuning& tuning, std::uint64_t rows) {
    if (rows < tuning.many_rows) return 1;
    std::uint32_t turns = std::min(4u, tuning.rows_in_turn);
    while (turns < tuning.rows_in_turn && rows >= std::uint64_t{turns} * 2 * tuning.many_rows) turns *= 2;
    return turns;
}

}  // namespace

bool fits_registers(const DeviceTraits& traits, Variant variant, std::uint64_t width) {
    constexpr std::uint64_t most = 1024;  // elements that the kernels have room for
    return sharing_lanes(traits) == register_lanes && traits.allows(variant) && width % 4 == 0 && width <= most;
}

HeldRow held_row(std::uint64_t width) {
    // Two quads side by side are stored together: where all lanes have two, rows begin at multiples of 256 bytes, as far
    // apart as Vulkan lets bindings be made to begin.
    constexpr std::uint64_t pairs = 8 * register_lanes;
    return {static_cast<std::uint32_t>(2 * divide_up(width, pairs)), width % pairs == 0};
}

RowKernel held_in_registers(RowKernel row, const TensorDesc& x, std::uint32_t lanes, const Tuning& tuning) {
    const HeldRow       held  = held_row(x.width());
    const std::uint32_t turns = rows_in_turn(tuning, x.rows());
    row.rows                  = lanes / register_lanes * turns;
    row.constants.insert(row.constants.end(), {held.quads, turns, held.full});
    return row;
}

bool fits_a_workgroup(const DeviceTraits& traits, const RowWalk& walk) {
    const bool walkable = !traits.is_cpu || divide_up(walk.width, walk.lanes) * walk.passes <= most_turns;
    return walkable && fits_by_rows(traits, walk.rows, walk.width * 4);
}

BoxSide row_side(const LoweredOperand& operand, Access access) {
    return {.operand = operand, .access = access, .strides = {operand.stride, 1, 0, 0, 0}};
}

Lowered lower_in_parts(const Lowering& l, const RowsInParts& what, const MakeDispatch& measure,
                       const MakeDispatch& apply) {
    // A part has to fit one binding, and so have the numbers of all parts of a row.
    const std::uint64_t room   = l.traits.max_binding - l.traits.offset_alignment;
    const std::uint64_t usual  = std::min(part_length, room / 4 / column_unit * column_unit);
    const std::uint64_t length = round_up(std::max(usual, divide_up(what.width, room / stats_bytes)), column_unit);
    const std::uint64_t parts  = divide_up(what.width, length);
    Lowered             lowered;
    for_row_slices(l.traits, what.rows, {.widest_row_bytes = parts * stats_bytes},
                   [&](std::uint64_t first, std::uint64_t rows) {
                       const auto          stats = static_cast<std::uint32_t>(lowered.temporaries.size());
                       const std::uint64_t bytes = rows * parts * stats_bytes;
                       lowered.temporaries.push_back(bytes);
                       const Box  all{.first = {first, 0, 0, 0, 0}, .extent = {rows, what.width, 1, 1, 1}};
                       const auto part = [&](const Box& box, Access access) {
                           return RowPart{.box         = box,
                                          .elements    = box.extent[1],
                                          .length      = length,
                                          .parts       = parts,
                                          .stats       = temporary(stats, bytes, access),
                                          .stats_start = (box.first[0] - first) * parts};
                       };
                       for_parts(l, all, what.read, length, [&](const Box& box) {
                           RowPart one = part(box, Access::write);
                           one.stats_start += box.first[1] / length;
                           lowered.dispatches.push_back(measure(one));
                       });
                       for_parts(l, all, what.applied, column_unit,
                                 [&](const Box& box) { lowered.dispatches.push_back(apply(part(box, Access::read))); });
                   });
    return lowered;
}

}  // namespace attune

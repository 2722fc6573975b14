// Rows that share a cache find each key through a table of ancestors, in any row of it. Where the cache exceeds a
// binding, their keys and values are first copied to where each row has its own, one after the other: what is
// added up, and in which order, does not change.
#include "params/attention_gather.h"
#include "kernels/kernels.h"
#include "ops/attention_slice.h"

namespace attune::ops {
namespace {

// All of a cache in runs of rows that one binding sees, in words.
template <class See>
void for_seen(const HeadsView& view, const AttentionShape& shape, const DeviceTraits& traits, const See& see) {
    const std::uint64_t items = 4 / size_of(view.operand->desc.type);  // per word
    const bool          side  = view.head < view.row;                  // heads lie side by side in a row
    const std::uint64_t row   = view.row / items,
                        width = ((side ? (shape.key_heads - 1) * view.head : 0) + view.width) / items;
    const std::uint64_t rows  = shape.key_batches * (view.batch / view.row);
    const std::uint64_t most  = std::max<std::uint64_t>(binding_room(traits) / (row * 4), 1);
    for (std::uint64_t first = 0; first < rows; first += most)
        see(view.first / items + first * row, view.first / items + (std::min(first + most, rows) - 1) * row + width);
}

// Adds the copies of one operand; what is left of it is a view of `place`.
HeadsView gather(const AttentionProblem& problem, const HeadsView& view, const Slice& slice, Run keys,
                 std::optional<std::uint32_t>& place, AttentionPlan& plan) {
    const AttentionShape& s      = problem.shape;
    const DeviceTraits&   traits = problem.lowering.traits;
    const Run             heads  = key_heads(s, slice);
    const std::uint64_t   items  = 4 / size_of(view.operand->desc.type);
    const std::uint64_t   rows   = slice.batches * heads.count * keys.count;
    const std::uint32_t   lanes  = group_lanes(traits, 64);
    const Binding         result = plan.scratch(place, rows * view.width / items * 4, Access::write);
    const RowBinding      table =
        row_range(problem.lowering.input(problem.mask.ancestors), Access::read, traits, slice.batch, slice.batches);
    for_seen(view, s, traits, [&](std::uint64_t first, std::uint64_t end) {
        Binding source = whole(*view.operand, Access::read);
        source.offset  = first * 4 / traits.offset_alignment * traits.offset_alignment;
        source.bytes   = end * 4 - source.offset;
        plan.lowered.dispatches.push_back({
            .kernel    = &kernels::attention_gather,
            .bindings  = {source, table.binding, result},
            .constants = {/* GROUP */ lanes},
            .push      = AttentionGatherParams{.rows            = static_cast<uint>(rows),
                                               .words           = static_cast<uint>(view.width / items),
                                               .first_batch     = static_cast<uint>(slice.batch),
                                               .first_head      = static_cast<uint>(heads.first),
                                               .heads           = static_cast<uint>(heads.count),
                                               .first_key       = static_cast<uint>(keys.first),
                                               .keys            = static_cast<uint>(keys.count),
                                               .batch           = static_cast<uint>(view.batch / items),
                                               .head            = static_cast<uint>(view.head / items),
                                               .row             = static_cast<uint>(view.row / items),
                                               .source_start    = static_cast<uint>(view.first / items),
                                               .seen_first      = static_cast<uint>(source.offset / 4),
                                               .seen_end        = static_cast<uint>(end),
                                               .ancestors_start = static_cast<uint>(table.skipped - slice.batch * s.keys),
                                               .capacity        = static_cast<uint>(s.keys),
                                               .source_batches  = static_cast<uint>(s.batches)},
            .groups    = fold_groups(divide_up(rows, lanes), traits),
            .cost      = {.flops = 0, .bytes = 8.0 * static_cast<double>(rows * view.width / items)},
        });
    });

    HeadsView own = view;
    own.scratch   = result;
    own.row       = view.width;
    own.head      = keys.count * own.row;
    own.batch     = heads.count * own.head;
    own.first     = 0 - slice.batch * own.batch - heads.first * own.head - keys.first * own.row;  // modulo 2^64
    return own;
}

}  // namespace

Binding AttentionPlan::scratch(std::optional<std::uint32_t>& place, std::uint64_t bytes, Access access) {
    if (!place) {
        place = static_cast<std::uint32_t>(lowered.temporaries.size());
        lowered.temporaries.push_back(0);
    }
    lowered.temporaries[*place] = std::max(lowered.temporaries[*place], bytes);
    return temporary(*place, bytes, access);
}

AttentionProblem gathered(const AttentionProblem& problem, const Slice& slice, Run keys, AttentionPlan& plan) {
    AttentionProblem own = problem;
    own.ancestors        = false;
    if (problem.key.operand) own.key = gather(problem, problem.key, slice, keys, plan.key, plan);
    if (problem.value.operand) own.value = gather(problem, problem.value, slice, keys, plan.value, plan);
    return own;
}

std::uint64_t gathered_bytes(const AttentionProblem& problem, const Slice& slice, std::uint64_t keys) {
    std::uint64_t row = 0;
    for (const HeadsView* view : {&problem.key, &problem.value})
        if (view->operand) row = std::max(row, view->width * size_of(view->operand->desc.type));
    return slice.batches * key_heads(problem.shape, slice).count * keys * row;
}

}  // namespace attune::ops

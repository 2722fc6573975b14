// Keys of one head, rows that are found through blocks: where such operands exceed a binding, no choice of
// batches, heads and query rows makes them fit. Then the rows of the query meet their keys window by
// window, and carry on what they have summed up: the same sums in the same order as over all keys at once.
#include "ops/attention_slice.h"

#include <attune/error.hpp>

namespace attune::ops {
namespace {

// Rows of an operand that one binding holds, of so many heads where these lie side by side in a row.
std::uint64_t rows_that_fit(const HeadsView& view, std::uint64_t heads, std::uint64_t room) {
    if (!view.operand) return UINT64_MAX;
    const std::uint64_t item = size_of(view.operand->desc.type);
    const std::uint64_t one  = (view.width + (view.head < view.row ? (heads - 1) * view.head : 0)) * item;
    return one > room ? 0 : 1 + (room - one) / (view.row * item);
}

// Runs of at most `most` that make up a run; none goes on beyond a multiple of `batch`.
std::vector<Run> cut(Run whole, std::uint64_t most, std::uint64_t batch) {
    std::vector<Run> runs;
    for (std::uint64_t first = whole.first, end = whole.first + whole.count; first < end; first += runs.back().count)
        runs.push_back({first, std::min({most, end - first, batch - first % batch})});
    return runs;
}

}  // namespace

bool by_lanes(const DeviceTraits& traits) {
    return traits.is_cpu || traits.max_binding < 16u << 20 || !traits.allows(Variant::attention_tiles);
}

AttentionKernel lane_kernel(const Kernel& kernel, const DeviceTraits& traits, std::uint64_t tile_rows,
                            std::uint64_t parts) {
    const std::uint32_t lanes = group_lanes(traits, traits.is_cpu ? traits.subgroup_size : 64);
    return {.kernel = &kernel, .tile_rows = tile_rows, .parts = parts, .items_per_group = lanes, .group = lanes};
}

void add_windows(const AttentionProblem& problem, const SliceLowering& lowering, const Slice& slice,
                 AttentionPlan& plan) {
    const DeviceTraits& traits = problem.lowering.traits;
    const SliceLowering by_rows(problem, problem.windows);
    const Slice         rows = lowering.in_rows(slice);

    const std::uint64_t room             = binding_room(traits);
    const std::uint64_t carried          = slice.heads * problem.carried * 4;  // bytes of a row
    const std::uint64_t key_heads        = ops::key_heads(problem.shape, slice).count;
    std::uint64_t       keys_of_a_window = problem.ancestors ? room / gathered_bytes(problem, slice, 1)
                                                             : std::min(rows_that_fit(problem.key, key_heads, room),
                                                                        rows_that_fit(problem.value, key_heads, room));
    std::uint64_t       rows_of_a_window = by_rows.query_rows(rows).count;
    if (carried) rows_of_a_window = std::min(rows_of_a_window, room / carried);
    if (problem.has_blocks() || rows.batches == 1)
        rows_of_a_window = std::min({rows_of_a_window, rows_that_fit(problem.query, slice.heads, room),
                                     rows_that_fit(problem.result, slice.heads, room)});
    // What is carried of many heads may be too much, and of heads that lie apart no window sees two.
    const auto apart = [](const HeadsView& view) { return view.operand && view.head > view.row; };
    if ((rows_of_a_window == 0 && slice.heads > 1) || (key_heads > 1 && (apart(problem.key) || apart(problem.value)))) {
        Slice left = slice, right = slice;
        left.heads = slice.heads / 2;
        right.head += left.heads;
        right.heads -= left.heads;
        add_windows(problem, lowering, left, plan);
        return add_windows(problem, lowering, right, plan);
    }
    if (keys_of_a_window == 0 || rows_of_a_window == 0)
        throw Error(Status::bad_input, "attention",
                    "one row of one head exceeds what a binding of this device may see");

    if (problem.slice) keys_of_a_window = keys_of_a_window / problem.slice * problem.slice;
    const std::vector<Run> windows = cut({0, problem.shape.keys}, keys_of_a_window, problem.shape.keys);
    // Rows that are found through blocks are counted over batches, which need not lie next to each other.
    const std::uint64_t batch = problem.has_blocks() ? problem.shape.queries : UINT64_MAX;
    for (const Run& run : cut(by_rows.query_rows(rows), rows_of_a_window, batch))
        for (const Run& keys : windows) {
            const Window           window{.rows       = run,
                                          .keys       = keys,
                                          .first_keys = keys.first == 0,
                                          .last_keys  = keys.first == windows.back().first,
                                          .carry =
                                    carried ? plan.scratch(plan.carry, run.count * carried, Access::both) : Binding{}};
            const AttentionProblem seen     = problem.ancestors ? gathered(problem, rows, keys, plan) : problem;
            Dispatch               dispatch = SliceLowering(seen, seen.windows).dispatch(rows, &window);
            dispatch.cost.flops /= static_cast<double>(windows.size());
            plan.lowered.dispatches.push_back(std::move(dispatch));
        }
}

}  // namespace attune::ops

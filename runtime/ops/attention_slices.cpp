// A decode step has few rows and heads, and a device lanes for many. Where there is room for many keys, they are cut into
// slices, which lanes or workgroups share out: shaders/common/attention_slices.glsl.
//
// Before/split on lavapipe 22.3.6, 8 heads of 64 at batch 1, 1024 to 16,384 keys: 1.5 to 1.7 in time with two cores free;
// 0.92 to 1.15 with one, which is what the same work costs more or less. Rows that fill the cores by themselves pay 0 to 8 %;
// a row that sees few of very many keys there is room for pays about 20 us per workgroup.
#include "kernels/kernels.h"
#include "ops/attention_slice.h"

namespace attune::ops {
namespace {

// The same on every device, for any head size and capacity: it orders a row's sums, so it must not follow from what there
// is beside the row.
constexpr std::uint64_t keys_per_slice = 256;

// Turns of a lane's loops at most; lavapipe ends them after 65,535.
constexpr std::uint64_t most_turns = 32768;

AttentionKernel kernel_of(const AttentionShape& shape, const DeviceTraits& traits) {
    static constexpr std::array lanes = {&kernels::attention_decode_slices_32, &kernels::attention_decode_slices_64,
                                         &kernels::attention_decode_slices_128, &kernels::attention_decode_slices_256};
    if (by_lanes(traits)) return lane_kernel(*lanes[head_size_class(shape.size)], traits);
    return {.kernel = &kernels::attention_decode_group_slices, .group = group_lanes(traits, 128)};
}

}  // namespace

void cut_keys(AttentionProblem& problem) {
    const AttentionShape& s      = problem.shape;
    const DeviceTraits&   traits = problem.lowering.traits;
    // Rows found through blocks see few of the keys that there are, and nobody says how few.
    if (s.queries != 1 || problem.has_blocks() || s.keys <= keys_per_slice) return;
    if (!traits.allows(Variant::attention_slices)) return;

    // A binding that may not see a slice's keys sees windows of them in no order of slices. Likewise for what they come to.
    const std::uint64_t room    = binding_room(traits),
                        carried = divide_up(s.keys, keys_per_slice) * (round_up(s.size, 4) + 4);
    for (const HeadsView* view : {&problem.key, &problem.value})
        if (view->row * size_of(view->operand->desc.type) * keys_per_slice > room) return;
    if (carried * 4 > room) return;

    problem.kernel = problem.windows = kernel_of(s, traits);
    problem.slice                    = keys_per_slice;
    problem.carried                  = carried;
}

std::uint64_t slices_at_once(const AttentionKernel& kernel, const DeviceTraits& traits, std::uint64_t tiles,
                             std::uint64_t slices) {
    const std::uint64_t wanted = divide_up(tiles * slices, traits.tuning.decode_groups * kernel.items_per_group);
    return std::clamp<std::uint64_t>(wanted, 1, std::min(slices, most_turns / keys_per_slice));
}

}  // namespace attune::ops

#include "tuning/table.h"

#include <algorithm>

namespace attune {
namespace {

using Values = std::vector<std::uint32_t>;

// As sharing_lanes() of ops/lowering.h, from facts alone.
std::uint32_t lanes_that_share(const DeviceTraits& traits) {
    if (!traits.is_cpu || !traits.subgroup_shuffle) return 1;
    const std::uint32_t lanes = std::min({traits.subgroup_size, traits.max_invocations, traits.max_group_size[0]});
    return lanes >= 8 ? 8 : lanes >= 4 ? 4 : 1;
}

bool is_gpu(const DeviceTraits& traits) { return !traits.is_cpu; }

// ---- what is worth trying

Values sharing(const DeviceTraits& traits) {
    switch (lanes_that_share(traits)) {
    case 8: return {8, 4, 1};
    case 4: return {4, 1};
    default: return {};
    }
}

Values rows_of_products(const DeviceTraits& traits) {
    if (is_gpu(traits)) return {};
    return lanes_that_share(traits) > 1 ? Values{16, 8, 4} : Values{8, 4};
}

// Golden cases have up to 70 rows: more than 64, and tiles of either height.
Values rows_of_slices(const DeviceTraits& traits) { return is_gpu(traits) ? Values{8, 4} : Values{}; }
Values rows_of_low_tiles(const DeviceTraits& traits) { return is_gpu(traits) ? Values{32, 16, 64} : Values{}; }

Values tiles_of_single_rows(const DeviceTraits& traits) {
    return lanes_that_share(traits) == 8 ? Values{1, 2, 4} : Values{};
}
Values rows_in_turns(const DeviceTraits& traits) {
    return lanes_that_share(traits) == 8 ? Values{16, 4, 8, 32} : Values{};
}

// Kernels with a twin are those whose lanes share.
Values loads_of_texels(const DeviceTraits& traits) {
    return traits.max_texels > 0 && lanes_that_share(traits) > 1 ? Values{1, 0} : Values{};
}

// GPUs fetch together what neighbouring lanes read; CPU drivers pay for each lane.
Values neighbours(const DeviceTraits& traits) { return is_gpu(traits) ? Values{4, 2} : Values{16, 8, 4}; }

// From as good as none to as many as there are; slices of a few thousand keys are few.
Values groups_of_decoding(const DeviceTraits& traits) {
    return is_gpu(traits) ? Values{1024, 64, 256, 4096} : Values{32, 128, 1024};
}

Values lanes_of_points(const DeviceTraits& traits) {
    if (!is_gpu(traits)) return {};  // a workgroup there is a subgroup
    Values values = {64, 32, 128, 256};
    std::erase_if(values, [&](std::uint32_t lanes) {
        return lanes > std::min(traits.max_invocations, traits.max_group_size[0]);
    });
    return values;
}

}  // namespace

// decode_groups has been tried for its bits alone, not for its speed.
// Measured by `attune tune`: ratios of times, medians of samples that take turns, all on a 2-core machine with AVX-512.
std::span<const TuningRow> tuning_rows() {
    static constexpr TuningRow rows[] = {
        // lavapipe 22.3.6, 8 and 16 lanes; before kernels read texels but for texel_loads 0: 1.2 to 2.8, and product_rows (CPU
        // time, n = 512) 16: 0.93 in f32, 1.04 in f16, 1.2 in int8, and twice as long to compile.
        // product_sharing 4: 1.02 to 1.16, 1: 1.7 to 2.3 from 8 rows on. single_tiles 1: 1.2 to 1.7 with 8 lanes, 1.5 to 2.6 with 16; 4: 1.2 to 1.5 where heads
        // have 64 columns. rows_in_turn (layer_norm) 4: 1.2, 8: 1.1, 32: 0.9 to 1.0. point_run 8: 1.3 to 1.4, 4: 1.9 to 2.1.
        {"CPU whose lanes share by eight",
         [](const DeviceTraits& t) { return lanes_that_share(t) == 8; },
         {.product_rows = 8, .decode_groups = 32, .texel_loads = 1, .point_run = 16}},
        // lavapipe 22.3.6 with 4 lanes, SwiftShader. product_sharing 1: 1.3 to 1.8 from 8 rows on. product_rows 8: 1.1 to 1.4,
        // 4: 1.1 to 2.2.
        {"CPU whose lanes share by four",
         [](const DeviceTraits& t) { return lanes_that_share(t) == 4; },
         {.product_sharing = 4, .decode_groups = 32, .texel_loads = 1, .point_run = 16}},
        // Kernels that do not share have 8 rows at most.
        {"CPU whose lanes do not share",
         [](const DeviceTraits& t) { return t.is_cpu; },
         {.product_sharing = 1, .product_rows = 8, .decode_groups = 32, .point_run = 16}},
        // Not measured: what these kernels were written with.
        {"GPU", [](const DeviceTraits&) { return true; }, {}},
    };
    return rows;
}

const TuningRow& tuning_row(const DeviceTraits& traits) {
    return *std::ranges::find_if(tuning_rows(), [&](const TuningRow& row) { return row.holds(traits); });
}

std::span<const TuningKnob> tuning_knobs() {
    static constexpr TuningKnob knobs[] = {
        {"product_sharing", "lanes that hand each other what linear loads", &Tuning::product_sharing, sharing},
        {"product_rows", "most rows that a lane of linear makes", &Tuning::product_rows, rows_of_products},
        {"sliced_rows", "most rows for which linear works in slices", &Tuning::sliced_rows, rows_of_slices},
        {"low_tile_rows", "most rows for which tiles of linear have 16", &Tuning::low_tile_rows, rows_of_low_tiles},
        {"single_tiles", "most tiles of attention whose lanes hold one row of a query", &Tuning::single_tiles,
         tiles_of_single_rows},
        {"decode_groups", "workgroups from which on each takes several slices of attention's keys",
         &Tuning::decode_groups, groups_of_decoding},
        {"rows_in_turn", "most rows that lanes of layer_norm and softmax do one after the other", &Tuning::rows_in_turn,
         rows_in_turns},
        {"texel_loads", "1: matrices and rows are read as texels", &Tuning::texel_loads, loads_of_texels},
        {"point_lanes", "of a workgroup that makes every element by itself", &Tuning::point_lanes, lanes_of_points},
        {"point_run", "most neighbours that a lane makes of such elements", &Tuning::point_run, neighbours},
    };
    return knobs;
}

}  // namespace attune

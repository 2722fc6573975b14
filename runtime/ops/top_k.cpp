#include "params/top_k.h"
#include "kernels/kernels.h"
#include "ops/box.h"
#include "ops/ops.h"

#include <attune/error.hpp>
#include <attune/ops.hpp>

#include <algorithm>

namespace attune {
namespace ops {
namespace {

constexpr std::uint64_t longest_list   = 64;
constexpr std::uint64_t most_strips    = 128;  // what one lane merges per row
constexpr std::uint64_t shortest_strip = 128;
constexpr std::uint64_t shared_strip   = 1024;  // likewise, of a workgroup

// logits [.., V] f32, banned [rows, C] u32 -> ids [rows, k] u32, log_probabilities [rows, k] f32
std::vector<TensorDesc> infer(InputDescs in, const Attributes& attributes) {
    const TensorDesc& logits = required("top_k", "logits", in, 0);
    const auto        k      = static_cast<std::uint64_t>(attributes.integer("k"));
    expect_type("top_k", "logits", logits, {Type::f32});
    if (k == 0 || k > longest_list)
        throw Error(Status::bad_input, "top_k",
                    "k is " + std::to_string(k) + ", wants 1 to " + std::to_string(longest_list));
    if (const TensorDesc* banned = optional_input(in, 1)) {
        expect_type("top_k", "banned", *banned, {Type::u32});
        if (banned->shape.rank() != 2 || banned->shape[0] < logits.rows())
            refuse("top_k", "banned",
                   "has shape " + banned->shape.text() + ", wants [" + std::to_string(logits.rows()) + ", C]");
    }
    return {{Type::u32, {logits.rows(), k}}, {Type::f32, {logits.rows(), k}}};
}

// By the longest list that a lane keeps, or a workgroup.
struct ListKernels {
    std::uint64_t longest;
    const Kernel *strips, *merge;
    bool          shared = false;  // a workgroup takes a strip, or merges a row; else a lane
};

const ListKernels& kernels_for(const DeviceTraits& traits, std::uint64_t k) {
    static constexpr std::uint64_t most_in_registers = 16;  // of a GPU's lane
    static constexpr ListKernels   of_a_group        = {longest_list, &kernels::top_k_strips_shared,
                                                        &kernels::top_k_merge_shared, true};
    static constexpr ListKernels   all[]             = {{1, &kernels::top_k_strips_1, &kernels::top_k_merge_1},
                                                        {8, &kernels::top_k_strips_8, &kernels::top_k_merge_8},
                                                        {16, &kernels::top_k_strips_16, &kernels::top_k_merge_16},
                                                        {longest_list, &kernels::top_k_strips_64, &kernels::top_k_merge_64}};
    if (!traits.is_cpu && k > most_in_registers && traits.allows(Variant::top_k_shared)) return of_a_group;
    return *std::ranges::find_if(all, [k](const ListKernels& one) { return k <= one.longest; });
}

// How rows are cut into strips, from the vocabulary (or the widest that there may be) and the device alone.
struct Strips {
    std::uint64_t logits = 0;  // of a strip
    std::uint64_t count  = 0;  // of a row
    std::uint64_t k      = 0;  // candidates of a strip
    ListKernels   kernels;

    std::uint64_t stats_bytes() const { return count * 8; }
    std::uint64_t per_group(std::uint32_t lanes) const { return kernels.shared ? 1 : lanes; }  // strips, or rows
    std::uint64_t candidate_bytes() const { return count * k * 8; }
};

Strips strips_of(const Lowering& l) {
    const std::uint64_t vocabulary = l.input(0).desc.width();
    const auto          k          = static_cast<std::uint64_t>(l.attributes().integer("k"));
    // A row's candidates have to fit one binding.
    const std::uint64_t room    = l.traits.max_binding - l.traits.offset_alignment;
    const std::uint64_t most    = std::clamp<std::uint64_t>(room / (k * 8), 1, most_strips);
    const std::uint64_t widest  = std::max(vocabulary, static_cast<std::uint64_t>(l.attributes().integer("widest")));
    const ListKernels&  kernels = kernels_for(l.traits, k);
    const std::uint64_t logits =
        std::max(kernels.shared ? shared_strip : shortest_strip, round_up(divide_up(widest, most), 4));
    return {.logits = logits, .count = divide_up(vocabulary, logits), .k = k, .kernels = kernels};
}

// Rows [first, first + rows), with temporaries of their own.
struct Search {
    std::uint64_t first = 0;
    std::uint64_t rows  = 0;
    Binding       stats, candidates;
};

Binding accessed(Binding binding, Access access) {
    binding.access = access;
    return binding;
}

TopKParams params_of(const Lowering& l, const Strips& strips) {
    TopKParams params{};
    params.vocabulary     = static_cast<uint>(l.input(0).desc.width());
    params.strip          = static_cast<uint>(strips.logits);
    params.strips         = static_cast<uint>(strips.count);
    params.k              = static_cast<uint>(strips.k);
    params.banned_columns = l.has(1) ? static_cast<uint>(l.input(1).desc.width()) : 0u;
    return params;
}

// Rows of logits whole, or some strips at a time where one is longer than a binding.
void scan_strips(const Lowering& l, const Strips& strips, const Search& search, Lowered& lowered) {
    const std::uint64_t vocabulary = l.input(0).desc.width();
    const std::uint32_t lanes      = group_lanes(l.traits, 64);
    const std::uint64_t per_group  = strips.per_group(lanes);
    const BoxSide       side[1]    = {{.operand = l.input(0),
                                       .access  = Access::read,
                                       .start   = search.first * vocabulary,
                                       .strides = {vocabulary, 1, 0, 0, 0}}};
    TopKParams          params     = params_of(l, strips);
    RowBinding          banned;
    if (l.has(1)) banned = row_range(l.input(1), Access::read, l.traits, search.first, search.rows);
    for_boxes(l.traits, {.extent = {search.rows, vocabulary, 1, 1, 1}}, side,
              {.granularity = {1, strips.logits, 1, 1, 1}, .flops_per_point = 20, .points_per_group = per_group},
              [&](const Box& box) {
                  const RowBinding logits = bind(side[0], box, l.traits);
                  params.rows             = static_cast<uint>(box.extent[0]);
                  params.first_row        = static_cast<uint>(box.first[0]);
                  params.first_strip      = static_cast<uint>(box.first[1] / strips.logits);
                  params.strips_here      = static_cast<uint>(divide_up(box.extent[1], strips.logits));
                  params.logits_start     = logits.skipped;
                  params.banned_start     = banned.skipped;
                  lowered.dispatches.push_back({
                      .kernel    = strips.kernels.strips,
                      .bindings  = {logits.binding, l.has(1) ? banned.binding : logits.binding,
                                    accessed(search.stats, Access::write), accessed(search.candidates, Access::write)},
                      .constants = {/* GROUP */ lanes,
                                    /* COUNT_BANNED */ l.attributes().integer("in_normaliser") ==
                                        static_cast<std::int64_t>(Banned::counted),
                                    /* ALIGNED, of lanes */ !strips.kernels.shared && vocabulary % 4 == 0 &&
                                        logits.skipped % 4 == 0},
                      .push      = params,
                      .groups    = fold_groups(divide_up(box.extent[0] * params.strips_here, per_group), l.traits),
                      .cost      = {.flops = 20.0 * static_cast<double>(box.points()),
                                    .bytes = 4.0 * static_cast<double>(box.points())},
                  });
              });
}

void merge_strips(const Lowering& l, const Strips& strips, const Search& search, Lowered& lowered) {
    const std::uint32_t lanes  = group_lanes(l.traits, 64);
    const RowBinding    ids    = row_range(l.output(0), Access::write, l.traits, search.first, search.rows);
    const RowBinding    logs   = row_range(l.output(1), Access::write, l.traits, search.first, search.rows);
    TopKParams          params = params_of(l, strips);
    params.rows                = static_cast<uint>(search.rows);
    params.ids_start           = ids.skipped;
    params.log_start           = logs.skipped;
    lowered.dispatches.push_back({
        .kernel    = strips.kernels.merge,
        .bindings  = {accessed(search.stats, Access::read), accessed(search.candidates, Access::read), ids.binding,
                      logs.binding},
        .constants = {/* GROUP */ lanes},
        .push      = params,
        .groups    = fold_groups(divide_up(search.rows, strips.per_group(lanes)), l.traits),
        .cost      = {.flops = 4.0 * static_cast<double>(search.rows * strips.count * strips.k),
                      .bytes = static_cast<double>(search.stats.bytes + search.candidates.bytes)},
    });
}

Lowered lower(const Lowering& l) {
    const Strips        strips       = strips_of(l);
    const std::uint64_t banned_bytes = l.has(1) ? l.input(1).desc.width() * 4 : 0;
    Lowered             lowered;
    for_row_slices(l.traits, l.input(0).desc.rows(),
                   {.widest_row_bytes = std::max(strips.candidate_bytes(), banned_bytes),
                    .flops_per_row    = 4.0 * static_cast<double>(strips.count * strips.k),
                    .max_rows         = most_groups(l.traits)},
                   [&](std::uint64_t first, std::uint64_t rows) {
                       const auto index = static_cast<std::uint32_t>(lowered.temporaries.size());
                       lowered.temporaries.push_back(rows * strips.stats_bytes());
                       lowered.temporaries.push_back(rows * strips.candidate_bytes());
                       const Search search{.first = first,
                                           .rows  = rows,
                                           .stats = temporary(index, lowered.temporaries[index], Access::both),
                                           .candidates =
                                               temporary(index + 1, lowered.temporaries[index + 1], Access::both)};
                       scan_strips(l, strips, search, lowered);
                       merge_strips(l, strips, search, lowered);
                   });
    return lowered;
}

}  // namespace

const Op top_k{.name = "top_k", .infer = infer, .lower = lower};

}  // namespace ops

TopK top_k(Graph& g, Value logits, std::uint64_t k, std::optional<Value> banned, Banned in_normaliser,
           std::uint64_t widest) {
    std::optional<Operand> operand;
    if (banned) operand = Operand{*banned};
    const auto made = g.add(ops::top_k, {Operand{logits}, operand},
                            {{"k", static_cast<std::int64_t>(k)},
                             {"in_normaliser", static_cast<std::int64_t>(in_normaliser)},
                             {"widest", static_cast<std::int64_t>(widest)}});
    return {made[0], made[1]};
}

}  // namespace attune

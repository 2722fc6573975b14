#include "params/top_k.h"
#include "kernels/kernels.h"
#include "ops/lowering.h"
#include "ops/ops.h"

#include <attune/error.hpp>
#include <attune/ops.hpp>

namespace attune {
namespace ops {
namespace {

constexpr std::uint64_t longest_list   = 64;
constexpr std::uint64_t most_strips    = 128;  // what one lane merges per row
constexpr std::uint64_t shortest_strip = 128;

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

const Kernel& strips_kernel(std::uint64_t k) {
    if (k == 1) return kernels::top_k_strips_1;
    return k <= 8 ? kernels::top_k_strips_8 : kernels::top_k_strips_64;
}

Lowered lower(const Lowering& l) {
    const LoweredOperand& logits = l.input(0);
    const std::uint64_t   rows = logits.desc.rows(), vocabulary = logits.desc.width();
    const auto            k         = static_cast<std::uint64_t>(l.attributes().integer("k"));
    const std::uint64_t   strip     = std::max(shortest_strip, divide_up(vocabulary, most_strips)),
                        strips      = divide_up(vocabulary, strip);
    const std::uint32_t lanes       = group_lanes(l.traits, 64);
    const std::uint64_t stats_bytes = rows * strips * 8, candidate_bytes = rows * strips * k * 8;

    Lowered lowered;
    lowered.temporaries = {stats_bytes, candidate_bytes};
    TopKParams params{.rows           = 0,
                      .vocabulary     = static_cast<uint>(vocabulary),
                      .strip          = static_cast<uint>(strip),
                      .strips         = static_cast<uint>(strips),
                      .k              = static_cast<uint>(k),
                      .banned_columns = l.has(1) ? static_cast<uint>(l.input(1).desc.width()) : 0u,
                      .logits_start   = 0,
                      .first_row      = 0};
    for_row_slices(
        l.traits, rows, {.widest_row_bytes = vocabulary * 4, .flops_per_row = 20.0 * static_cast<double>(vocabulary)},
        [&](std::uint64_t first, std::uint64_t count) {
            const RowBinding from = row_range(logits, Access::read, l.traits, first, count);
            params.rows           = static_cast<uint>(count);
            params.logits_start   = from.skipped;
            params.first_row      = static_cast<uint>(first);
            lowered.dispatches.push_back({
                .kernel    = &strips_kernel(k),
                .bindings  = {from.binding, l.has(1) ? reads(l.input(1)) : from.binding,
                              temporary(0, stats_bytes, Access::write), temporary(1, candidate_bytes, Access::write)},
                .constants = {/* GROUP */ lanes, /* COUNT_BANNED */ l.attributes().integer("in_normaliser") ==
                                                     static_cast<std::int64_t>(Banned::counted)},
                .push      = params,
                .groups    = fold_groups(divide_up(count * strips, lanes), l.traits),
                .cost      = {.flops = 20.0 * static_cast<double>(count * vocabulary),
                              .bytes = 4.0 * static_cast<double>(count * vocabulary)},
            });
        });
    params.rows = static_cast<uint>(rows);
    lowered.dispatches.push_back({
        .kernel    = &kernels::top_k_merge,
        .bindings  = {temporary(0, stats_bytes, Access::read), temporary(1, candidate_bytes, Access::read),
                      writes(l.output(0)), writes(l.output(1))},
        .constants = {/* GROUP */ lanes},
        .push      = params,
        .groups    = fold_groups(divide_up(rows, lanes), l.traits),
        .cost      = {.flops = 4.0 * static_cast<double>(rows * strips * k),
                      .bytes = static_cast<double>(stats_bytes + candidate_bytes)},
    });
    return lowered;
}

}  // namespace

const Op top_k{.name = "top_k", .infer = infer, .lower = lower};

}  // namespace ops

TopK top_k(Graph& g, Value logits, std::uint64_t k, std::optional<Value> banned, Banned in_normaliser) {
    std::optional<Operand> operand;
    if (banned) operand = Operand{*banned};
    const auto made =
        g.add(ops::top_k, {Operand{logits}, operand},
              {{"k", static_cast<std::int64_t>(k)}, {"in_normaliser", static_cast<std::int64_t>(in_normaliser)}});
    return {made[0], made[1]};
}

}  // namespace attune

#include "ops/beam_step.h"

#include "kernels/kernels.h"
#include "ops/lowering.h"
#include "ops/ops.h"

#include <attune/error.hpp>
#include <attune/ops.hpp>

namespace attune {
namespace ops {
namespace {

constexpr std::uint64_t few_beams    = 4;   // that a kernel of its own is compiled for
constexpr std::uint32_t shared_lanes = 32;  // whose arrays for 16 beams fit 16 KiB

// What the operands' shapes say.
struct Sizes {
    std::uint64_t rows, candidates, beams, sentences, slots, end_tokens;

    std::uint64_t history_words() const { return beams * slots * (2 * candidates + 2); }  // of a sentence
};

Sizes sizes_of(InputDescs in, const Attributes& attributes) {
    const auto beams = static_cast<std::uint64_t>(attributes.integer("beams"));
    return {.rows       = in[0]->rows(),
            .candidates = in[0]->width(),
            .beams      = beams,
            .sentences  = in[0]->rows() / beams,
            .slots      = in[7]->shape[1],
            .end_tokens = in[2]->width() - in[7]->shape[1]};
}

void expect_sizes(const Sizes& s) {
    if (s.beams > most_search_beams || s.rows % s.beams)
        throw Error(Status::bad_input, "beam_step",
                    std::to_string(s.beams) + " beams do not divide " + std::to_string(s.rows) +
                        " rows, or are not 1 to 16");
    if (s.candidates == 0 || s.candidates > most_search_candidates)
        throw Error(Status::bad_input, "beam_step",
                    std::to_string(s.candidates) + " candidates of a row are not 1 to 64");
}

// ids, log_probabilities [R, k], rules [E + N], chosen [S, n]?, tokens [.., 1], parents [R], search, history
std::vector<TensorDesc> infer(InputDescs in, const Attributes& attributes) {
    constexpr const char* names[] = {"ids",    "log_probabilities", "rules",  "chosen",
                                     "tokens", "parents",           "search", "history"};
    for (std::size_t i = 0; i < std::size(names); ++i) {
        if (i == 3 && !optional_input(in, i)) continue;
        expect_type("beam_step", names[i], required("beam_step", names[i], in, i), {i == 1 ? Type::f32 : Type::u32});
    }
    if (in[0]->shape.rank() != 2) refuse("beam_step", "ids", "has shape " + in[0]->shape.text() + ", wants [R, k]");
    if (in[7]->shape.rank() != 3 || in[7]->shape[1] == 0)
        refuse("beam_step", "history", "has shape " + in[7]->shape.text() + ", wants [R, N, 2k + 2]");
    if (in[2]->shape.rank() != 1 || in[2]->width() < in[7]->shape[1])
        refuse("beam_step", "rules", "has shape " + in[2]->shape.text() + ", wants a divisor for each step");
    if (attributes.integer("beams") <= 0) throw Error(Status::bad_input, "beam_step", "0 beams are not 1 to 16");
    const Sizes s = sizes_of(in, attributes);
    expect_sizes(s);
    expect_shape("beam_step", "log_probabilities", *in[1], in[0]->shape);
    expect_shape("beam_step", "parents", *in[5], {s.rows});
    expect_shape("beam_step", "search", *in[6], {1 + s.sentences, search_header + 2 * s.beams});
    expect_shape("beam_step", "history", *in[7], {s.rows, s.slots, 2 * s.candidates + 2});
    if (in[4]->elements() != s.rows) refuse("beam_step", "tokens", "are not one for each row: " + in[4]->text());
    if (in[3] && (in[3]->shape.rank() != 2 || in[3]->shape[0] != s.sentences))
        refuse("beam_step", "chosen", "has shape " + in[3]->shape.text() + ", wants [S, n]");
    return {*in[4], *in[5], *in[6], *in[7]};
}

// Sentences [first, first + count).
Dispatch step_of(const Lowering& l, const Sizes& s, std::uint64_t first, std::uint64_t count) {
    const bool          shared = s.beams > few_beams && !l.traits.is_cpu;  // GPUs have no registers to index
    const std::uint32_t lanes  = group_lanes(l.traits, shared ? shared_lanes : 64);
    const auto          part   = [&](const LoweredOperand& operand, Access access, std::uint64_t of_sentence) {
        return element_range(operand, access, l.traits, first * of_sentence, count * of_sentence);
    };
    const std::uint64_t candidates = s.beams * s.candidates;
    const RowBinding    ids        = part(l.input(0), Access::read, candidates),
                     logs          = part(l.input(1), Access::read, candidates);
    const RowBinding chosen        = l.has(3) ? part(l.input(3), Access::read, l.input(3).desc.width()) : ids;
    const RowBinding tokens        = part(l.output(0), Access::both, s.beams);
    const RowBinding parents       = part(l.output(1), Access::write, s.beams);
    const RowBinding history       = part(l.output(3), Access::write, s.history_words());
    return {
        .kernel    = s.beams == 1           ? &kernels::beam_step_1
                     : s.beams <= few_beams ? &kernels::beam_step_4
                     : shared               ? &kernels::beam_step_16_shared
                                            : &kernels::beam_step_16,
        .bindings  = {ids.binding, logs.binding, reads(l.input(2)), chosen.binding, tokens.binding, parents.binding,
                      updates(l.output(2)), history.binding},
        .constants = {/* GROUP */ lanes, /* CHOSEN */ l.has(3)},
        .push      = BeamStepParams{.first          = static_cast<uint>(first),
                                    .sentences      = static_cast<uint>(count),
                                    .beams          = static_cast<uint>(s.beams),
                                    .candidates     = static_cast<uint>(s.candidates),
                                    .slots          = static_cast<uint>(s.slots),
                                    .end_tokens     = static_cast<uint>(s.end_tokens),
                                    .chosen         = l.has(3) ? static_cast<uint>(l.input(3).desc.width()) : 0u,
                                    .marian         = l.attributes().flag("marian"),
                                    .early_stopping = l.attributes().flag("early_stopping"),
                                    .ids_start      = ids.skipped,
                                    .log_start      = logs.skipped,
                                    .chosen_start   = chosen.skipped,
                                    .tokens_start   = tokens.skipped,
                                    .parents_start  = parents.skipped,
                                    .history_start  = history.skipped},
        .groups    = fold_groups(divide_up(count, lanes), l.traits),
        .cost      = {.flops = 4.0 * static_cast<double>(count * candidates * s.beams),
                      .bytes = 24.0 * static_cast<double>(count * candidates)},
    };
}

Lowered lower(const Lowering& l) {
    if (!l.traits.allows(Variant::beam_step))
        throw Error(Status::bad_input, "beam_step", "is computed wrong on this device", "search on the host");
    const Sizes         s    = sizes_of(l.input_descs(), l.attributes());
    const std::uint64_t list = l.has(3) ? l.input(3).desc.width() : 0;
    Lowered             lowered;
    for_row_slices(
        l.traits, s.sentences, {.widest_row_bytes = 4 * std::max(s.history_words(), list)},
        [&](std::uint64_t first, std::uint64_t count) { lowered.dispatches.push_back(step_of(l, s, first, count)); });
    return lowered;
}

}  // namespace

const Op beam_step{.name = "beam_step", .infer = infer, .lower = lower, .in_place = {4, 5, 6, 7}};

}  // namespace ops

BeamStates beam_step(Graph& g, const TopK& best, Value rules, const BeamStates& states,
                     const BeamStepOptions& options) {
    std::optional<Operand> chosen;
    if (options.chosen) chosen = Operand{*options.chosen};
    const auto made =
        g.add(ops::beam_step,
              {Operand{best.ids}, Operand{best.log_probabilities}, Operand{rules}, chosen, Operand{states.tokens},
               Operand{states.parents}, Operand{states.search}, Operand{states.history}},
              {{"beams", static_cast<std::int64_t>(options.beams)},
               {"marian", static_cast<std::int64_t>(options.rules)},
               {"early_stopping", std::int64_t{options.early_stopping}}});
    return {made[0], made[1], made[2], made[3]};
}

}  // namespace attune

#include "params/beams.h"
#include "kernels/kernels.h"
#include "ops/box.h"
#include "ops/ops.h"

#include <attune/error.hpp>
#include <attune/ops.hpp>

// A decode step's books: small integer kernels that update states in place.
namespace attune {
namespace ops {
namespace {

constexpr std::uint64_t most_beams = 64;  // shaders/ops/reorder_ancestors.comp keeps as many in registers

std::vector<TensorDesc> infer_reorder(InputDescs in, const Attributes& attributes) {
    const TensorDesc& ancestors = required("reorder_ancestors", "ancestors", in, 0);
    const TensorDesc& parents   = required("reorder_ancestors", "parents", in, 1);
    const TensorDesc& position  = required("reorder_ancestors", "position", in, 2);
    const auto        beams     = static_cast<std::uint64_t>(attributes.integer("beams"));
    for (const auto& [name, desc] :
         {std::pair{"ancestors", &ancestors}, std::pair{"parents", &parents}, std::pair{"position", &position}})
        expect_type("reorder_ancestors", name, *desc, {Type::u32});
    if (ancestors.shape.rank() != 2)
        refuse("reorder_ancestors", "ancestors", "has shape " + ancestors.shape.text() + ", wants [R, T]");
    const std::uint64_t rows = parents.elements();
    if (beams == 0 || beams > most_beams || rows % beams)
        throw Error(Status::bad_input, "reorder_ancestors",
                    std::to_string(beams) + " beams do not divide " + std::to_string(rows) +
                        " rows, or are not 1 to 64");
    if (rows > ancestors.shape[0] || position.elements() < rows)
        refuse("reorder_ancestors", "parents", "has more rows than the ancestors or positions");
    return {ancestors};
}

// Sentences are independent of each other; all rows of one are reordered by the same lanes.
Lowered reorder_sentences(const Lowering& l, std::uint64_t sentences, std::uint64_t beams) {
    const std::uint64_t capacity = l.output().desc.width();
    const std::uint32_t lanes    = group_lanes(l.traits, 64);
    Lowered             lowered;
    for_row_slices(l.traits, sentences, {.widest_row_bytes = beams * capacity * 4},
                   [&](std::uint64_t first, std::uint64_t count) {
                       const std::uint64_t first_row = first * beams, rows = count * beams;
                       const RowBinding    ancestors = row_range(l.output(), Access::both, l.traits, first_row, rows);
                       const RowBinding    parents = element_range(l.input(1), Access::read, l.traits, first_row, rows);
                       const RowBinding position   = element_range(l.input(2), Access::read, l.traits, first_row, rows);
                       lowered.dispatches.push_back({
                           .kernel    = &kernels::reorder_ancestors,
                           .bindings  = {ancestors.binding, parents.binding, position.binding},
                           .constants = {/* GROUP */ lanes},
                           .push      = ReorderAncestorsParams{.sentences       = static_cast<uint>(count),
                                                               .beams           = static_cast<uint>(beams),
                                                               .capacity        = static_cast<uint>(capacity),
                                                               .first_row       = static_cast<uint>(first_row),
                                                               .ancestors_start = ancestors.skipped,
                                                               .parents_start   = parents.skipped,
                                                               .position_start  = position.skipped},
                           .groups    = fold_groups(divide_up(count * capacity, lanes), l.traits),
                           .cost      = {.flops = 0, .bytes = 8.0 * static_cast<double>(rows * capacity)},
                       });
                   });
    return lowered;
}

// One sentence whose rows do not fit one binding, some columns at a time: all rows' into a window, and
// from there to where they belong.
void reorder_in_windows(const Lowering& l, std::uint64_t sentence, std::uint64_t beams, Lowered& lowered) {
    const std::uint64_t capacity = l.output().desc.width(), first_row = sentence * beams;
    const std::uint64_t widest   = std::min(l.traits.max_binding / 4 / beams, capacity);
    const std::uint32_t lanes    = group_lanes(l.traits, 64);
    const RowBinding    parents  = element_range(l.input(1), Access::read, l.traits, first_row, beams);
    const RowBinding    position = element_range(l.input(2), Access::read, l.traits, first_row, beams);
    const BoxSide       side[1]  = {{.operand = l.output(),
                                     .access  = Access::both,
                                     .start   = first_row * capacity,
                                     .strides = {capacity, 1, 0, 0, 0}}};
    for (std::uint64_t first = 0; first < capacity; first += widest) {
        const std::uint64_t columns = std::min(widest, capacity - first);
        const auto          window  = static_cast<std::uint32_t>(lowered.temporaries.size());
        lowered.temporaries.push_back(beams * columns * 4);
        for (const bool take : {true, false})
            for_boxes(l.traits, {.first = {0, first, 0, 0, 0}, .extent = {beams, columns, 1, 1, 1}}, side, {},
                      [&](const Box& box) {
                          const RowBinding ancestors = bind(side[0], box, l.traits);
                          lowered.dispatches.push_back({
                              .kernel    = &kernels::reorder_ancestors_window,
                              .bindings  = {ancestors.binding, parents.binding, position.binding,
                                            temporary(window, beams * columns * 4, Access::both)},
                              .constants = {/* GROUP */ lanes, /* TAKE */ take},
                              .push      = ReorderWindowParams{.beams           = static_cast<uint>(beams),
                                                               .first_row       = static_cast<uint>(first_row),
                                                               .first_beam      = static_cast<uint>(box.first[0]),
                                                               .first_column    = static_cast<uint>(box.first[1]),
                                                               .columns         = static_cast<uint>(box.extent[1]),
                                                               .points          = static_cast<uint>(box.points()),
                                                               .capacity        = static_cast<uint>(capacity),
                                                               .window_first    = static_cast<uint>(first),
                                                               .window_columns  = static_cast<uint>(columns),
                                                               .ancestors_start = ancestors.skipped,
                                                               .parents_start   = parents.skipped,
                                                               .position_start  = position.skipped},
                              .groups    = fold_groups(divide_up(box.points(), lanes), l.traits),
                              .cost      = {.flops = 0, .bytes = 8.0 * static_cast<double>(box.points())},
                          });
                      });
    }
}

Lowered lower_reorder(const Lowering& l) {
    const auto          beams     = static_cast<std::uint64_t>(l.attributes().integer("beams"));
    const std::uint64_t sentences = l.input(1).desc.elements() / beams;
    if (fits_by_rows(l.traits, sentences, beams * l.output().desc.width() * 4))
        return reorder_sentences(l, sentences, beams);
    Lowered lowered;
    for (std::uint64_t sentence = 0; sentence < sentences; ++sentence) reorder_in_windows(l, sentence, beams, lowered);
    return lowered;
}

std::vector<TensorDesc> infer_keep(InputDescs in, const Attributes& attributes) {
    const TensorDesc& memory  = required("keep_rows", "memory", in, 0);
    const TensorDesc& indices = required("keep_rows", "indices", in, 1);
    expect_type("keep_rows", "indices", indices, {Type::u32});
    if (memory.elements() == 0) refuse("keep_rows", "memory", "is empty: " + memory.text());
    if (memory.shape.rank() == 0 || indices.elements() > memory.shape[0])
        refuse("keep_rows", "indices", "are more than the rows of " + memory.text());
    if (memory.bytes() / memory.shape[0] % 4) refuse("keep_rows", "memory", "has rows that are not whole 32-bit words");
    if (attributes.flag("renumber")) expect_type("keep_rows", "memory", memory, {Type::u32});
    return {memory};
}

// Rows [first, first + rows) of a memory, and words [word, word + words) of each.
struct RowBlock {
    std::uint64_t first = 0, rows = 0, word = 0, words = 0;
};

// What goes from rows of one block to rows of another, or of the same.
Dispatch keep_between(const Lowering& l, const LoweredOperand& memory, const RowBlock& to, const RowBlock& from) {
    const std::uint32_t lanes  = group_lanes(l.traits, 64);
    const bool          within = to.first == from.first;
    const auto          part   = [&](const RowBlock& block, Access access) {
        return element_range(memory, access, l.traits, block.first * memory.stride + block.word,
                                        (block.rows - 1) * memory.stride + block.words);
    };
    // Rows that are kept come first: those of a block below them are only read.
    const std::uint64_t kept   = std::min(to.rows, l.input(1).desc.elements() - to.first);
    const RowBinding    target = part(to, within ? Access::both : Access::write), source = part(from, Access::read);
    const RowBinding    indices = element_range(l.input(1), Access::read, l.traits, to.first, kept);
    const std::uint32_t run = neighbours_at_once(l.traits, {to.words, memory.stride, target.skipped, source.skipped});
    Dispatch            dispatch{
                   .kernel    = within ? &kernels::keep_rows : &kernels::keep_rows_between,
                   .bindings  = {target.binding, indices.binding},
                   .constants = {/* GROUP */ lanes, /* RUN */ run},
                   .push      = KeepRowsParams{.rows          = static_cast<uint>(kept),
                                               .first_row     = static_cast<uint>(to.first),
                                               .source_rows   = static_cast<uint>(from.rows),
                                               .source_first  = static_cast<uint>(from.first),
                                               .words         = static_cast<uint>(to.words),
                                               .stride        = static_cast<uint>(memory.stride),
                                               .memory_start  = target.skipped,
                                               .indices_start = indices.skipped,
                                               .source_start  = source.skipped,
                                               .renumber      = static_cast<uint>(l.attributes().flag("renumber"))},
                   .groups    = fold_groups(divide_up(divide_up(to.words, run), lanes), l.traits),
                   .cost      = {.flops = 0, .bytes = 8.0 * static_cast<double>(kept * to.words)},
    };
    if (!within) dispatch.bindings.push_back(source.binding);
    return dispatch;
}

// Blocks of rows that one binding may see, and that a lane may walk (shaders/README.md).
constexpr std::uint64_t longest_walk = 16384;

// Rows move up only, and indices ascend: blocks are filled from the first on, each from itself first and then
// from those below it, so that nothing is overwritten that is still wanted.
Lowered lower_keep(const Lowering& l) {
    const std::uint64_t rows = l.output().desc.shape[0], kept = l.input(1).desc.elements();
    const std::uint64_t words = l.output().desc.bytes() / rows / 4, all = words * rows * 4;
    LoweredOperand      memory = l.output();
    memory.desc                = {Type::u32, {rows, words}};
    memory.stride              = words;

    const std::uint64_t room       = l.traits.max_binding - l.traits.offset_alignment;
    const std::uint64_t fitting    = all <= l.traits.max_binding ? rows : room / (words * 4);
    const std::uint64_t block_rows = std::clamp<std::uint64_t>(fitting, 1, longest_walk);
    const std::uint64_t part_words = fitting ? words : room / 4;  // of a row that does not fit by itself

    Lowered lowered;
    for (std::uint64_t to = 0; to < kept; to += block_rows) {
        const std::uint64_t last_kept = std::min(to + block_rows, kept) - 1, last_source = last_kept + rows - kept;
        for (std::uint64_t from = to; from <= last_source; from += block_rows)
            for (std::uint64_t word = 0; word < words; word += part_words) {
                const std::uint64_t part = std::min(part_words, words - word);
                lowered.dispatches.push_back(keep_between(l, memory, {to, std::min(block_rows, rows - to), word, part},
                                                          {from, std::min(block_rows, rows - from), word, part}));
            }
    }
    return lowered;
}

std::vector<TensorDesc> infer_advance(InputDescs in, const Attributes&) {
    const TensorDesc& position = required("advance", "position", in, 0);
    expect_type("advance", "position", position, {Type::u32});
    return {position};
}

Lowered lower_advance(const Lowering& l) {
    const std::uint32_t lanes   = group_lanes(l.traits, 64);
    const BoxSide       side[1] = {{.operand = l.output(), .access = Access::both, .strides = {1, 0, 0, 0, 0}}};
    Lowered             lowered;
    for_boxes(l.traits, {.extent = {l.output().desc.elements(), 1, 1, 1, 1}}, side, {.points_per_group = lanes},
              [&](const Box& box) {
                  const RowBinding position = bind(side[0], box, l.traits);
                  lowered.dispatches.push_back({
                      .kernel    = &kernels::advance,
                      .bindings  = {position.binding},
                      .constants = {/* GROUP */ lanes},
                      .push      = AdvanceParams{.elements = static_cast<uint>(box.extent[0]),
                                                 .start    = position.skipped,
                                                 .step     = static_cast<uint>(l.attributes().integer("step"))},
                      .groups    = fold_groups(divide_up(box.extent[0], lanes), l.traits),
                      .cost      = {.flops = 0, .bytes = 8.0 * static_cast<double>(box.extent[0])},
                  });
              });
    return lowered;
}

}  // namespace

const Op reorder_ancestors{
    .name = "reorder_ancestors", .infer = infer_reorder, .lower = lower_reorder, .in_place = {0, -1, -1, -1}};
const Op keep_rows{
    .name = "keep_rows", .infer = infer_keep, .lower = lower_keep, .in_place = {0, -1, -1, -1}, .half_inputs = 1};
const Op advance{.name = "advance", .infer = infer_advance, .lower = lower_advance, .in_place = {0, -1, -1, -1}};

}  // namespace ops

Value reorder_ancestors(Graph& g, Value ancestors, Value parents, Value position, std::uint64_t beams) {
    return g.add(ops::reorder_ancestors, {Operand{ancestors}, Operand{parents}, Operand{position}},
                 {{"beams", static_cast<std::int64_t>(beams)}})[0];
}

Value keep_rows(Graph& g, Value memory, Value indices, Renumber renumber) {
    return g.add(ops::keep_rows, {Operand{memory}, Operand{indices}},
                 {{"renumber", static_cast<std::int64_t>(renumber)}})[0];
}

Value advance(Graph& g, Value position, std::uint64_t step) {
    return g.add(ops::advance, {Operand{position}}, {{"step", static_cast<std::int64_t>(step)}})[0];
}

}  // namespace attune

#include "params/beams.h"
#include "kernels/kernels.h"
#include "ops/lowering.h"
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

Lowered lower_reorder(const Lowering& l) {
    const std::uint64_t rows     = l.input(1).desc.elements(),
                        beams    = static_cast<std::uint64_t>(l.attributes().integer("beams"));
    const std::uint64_t capacity = l.output().desc.width(), work = rows / beams * capacity;
    const std::uint32_t lanes = group_lanes(l.traits, 64);
    Lowered             lowered;
    lowered.dispatches.push_back({
        .kernel    = &kernels::reorder_ancestors,
        .bindings  = {updates(l.output()), reads(l.input(1)), reads(l.input(2))},
        .constants = {/* GROUP */ lanes},
        .push      = ReorderAncestorsParams{.sentences = static_cast<uint>(rows / beams),
                                            .beams     = static_cast<uint>(beams),
                                            .capacity  = static_cast<uint>(capacity)},
        .groups    = fold_groups(divide_up(work, lanes), l.traits),
        .cost      = {.flops = 0, .bytes = 8.0 * static_cast<double>(rows * capacity)},
    });
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

Lowered lower_keep(const Lowering& l) {
    const TensorDesc&   memory = l.output().desc;
    const std::uint64_t rows = l.input(1).desc.elements(), words = memory.bytes() / memory.shape[0] / 4;
    const std::uint32_t lanes = group_lanes(l.traits, 64);
    Lowered             lowered;
    lowered.dispatches.push_back({
        .kernel    = &kernels::keep_rows,
        .bindings  = {updates(l.output()), reads(l.input(1))},
        .constants = {/* GROUP */ lanes},
        .push      = KeepRowsParams{.rows     = static_cast<uint>(rows),
                                    .words    = static_cast<uint>(words),
                                    .renumber = static_cast<uint>(l.attributes().flag("renumber"))},
        .groups    = fold_groups(divide_up(words, lanes), l.traits),
        .cost      = {.flops = 0, .bytes = 8.0 * static_cast<double>(rows * words)},
    });
    return lowered;
}

std::vector<TensorDesc> infer_advance(InputDescs in, const Attributes&) {
    const TensorDesc& position = required("advance", "position", in, 0);
    expect_type("advance", "position", position, {Type::u32});
    return {position};
}

Lowered lower_advance(const Lowering& l) {
    const std::uint64_t elements = l.output().desc.elements();
    const std::uint32_t lanes    = group_lanes(l.traits, 64);
    Lowered             lowered;
    lowered.dispatches.push_back({
        .kernel    = &kernels::advance,
        .bindings  = {updates(l.output())},
        .constants = {/* GROUP */ lanes},
        .push      = AdvanceParams{.elements = static_cast<uint>(elements),
                                   .step     = static_cast<uint>(l.attributes().integer("step"))},
        .groups    = fold_groups(divide_up(elements, lanes), l.traits),
        .cost      = {.flops = 0, .bytes = 8.0 * static_cast<double>(elements)},
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

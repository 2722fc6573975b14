// Golden cases of what goes with beams: the best tokens of a row, and cells that move with their beam.
#include "execute/golden_ops.h"

#include <attune/ops.hpp>

#include <limits>

namespace attune::golden {
namespace {

// Rows in turn: any logits, few different ones, ones that ascend so that each is kept. Some are -inf.
Tensor logits_of(std::uint64_t rows, std::uint64_t vocabulary) {
    const TensorDesc    desc{Type::f32, {rows, vocabulary}};
    std::vector<double> values = numbers(desc, 30, 8).doubles();
    for (std::uint64_t row = 0; row < rows; ++row)
        for (std::uint64_t id = 0; id < vocabulary; ++id) {
            double& value = values[row * vocabulary + id];
            if (row % 3 == 1) value = number_below(31, id, 5);
            if (row % 3 == 2) value = static_cast<double>(id) / 256;
            if (id % 11 == 4) value = -std::numeric_limits<double>::infinity();
        }
    return Tensor::from_doubles(desc, values);
}

// Every seventh from the row's own number on, as many as there is room for; the last column is empty.
Tensor banned_of(std::uint64_t rows, std::uint64_t columns, std::uint64_t vocabulary) {
    Tensor     tensor({Type::u32, {rows, columns}});
    const auto ids = tensor.as<std::uint32_t>();
    for (std::uint64_t i = 0; i < ids.size(); ++i) {
        const std::uint64_t id = i / columns + 7 * (i % columns);
        ids[i] = i % columns + 1 < columns && id < vocabulary ? static_cast<std::uint32_t>(id) : 0xffffffffu;
    }
    return tensor;
}

// Half of the sentences cross over; some begin anew.
void add_books(Made& made, std::uint64_t rows, std::uint64_t beams) {
    Tensor parents({Type::u32, {rows}}), position({Type::u32, {rows}});
    for (std::uint64_t row = 0; row < rows; ++row) {
        const std::uint64_t first         = row / beams * beams;
        const auto          any           = number_below(33, row, static_cast<std::uint32_t>(beams));
        parents.as<std::uint32_t>()[row]  = static_cast<std::uint32_t>(first / beams % 2 ? row : first + any);
        position.as<std::uint32_t>()[row] = row % 5 == 3 ? 0 : 4;
    }
    made.give("parents", std::move(parents));
    made.give("position", std::move(position));
}

}  // namespace

Made top_k(const Pattern& like, const Size& size) {
    constexpr std::uint64_t columns = 9;
    Made                    made;
    Graph&                  g = made.graph;
    const Value             x = g.input("x", {Type::f32, {size.rows, size.inner}});
    made.give("x", logits_of(size.rows, size.inner));
    std::optional<Value> banned;
    if (like.has(1)) {
        banned = g.input("banned", {Type::u32, {size.rows, columns}});
        made.give("banned", banned_of(size.rows, columns, size.inner));
    }
    const auto best = attune::top_k(g, x, static_cast<std::uint64_t>(like.node.attributes.integer("k")), banned,
                                    static_cast<Banned>(like.node.attributes.integer("in_normaliser")));
    g.output("ids", best.ids);
    g.output("log_probabilities", best.log_probabilities);
    return made;
}

Made ssru(const Pattern& like, const Size& size) {
    const auto          beams = static_cast<std::uint64_t>(like.node.attributes.integer("beams"));
    const std::uint64_t rows  = size.rows * beams;
    Made                made;
    Graph&              g = made.graph;
    const TensorDesc    cells{Type::f32, {rows, size.inner}};
    add_books(made, rows, beams);
    made.give("cell", numbers(cells, 32, 2));
    SsruOptions options{.beams = beams, .type = like.output().type};
    if (like.has(3)) options.parents = g.input("parents", {Type::u32, {rows}});
    if (like.has(4)) options.position = g.input("position", {Type::u32, {rows}});
    const SsruStep step = attune::ssru(g, g.state("cell", cells), g.input("forget", {like.input(1).type, cells.shape}),
                                       g.input("candidate", {like.input(2).type, cells.shape}), options);
    g.output("y", step.output);
    g.output("cells", step.cell);
    return made;
}

}  // namespace attune::golden

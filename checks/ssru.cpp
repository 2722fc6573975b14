// ssru: sentences and beams of all sizes, cells that move with their beam, cells that start anew.
#include "checks/case.h"

#include <cmath>

namespace attune::test {
namespace {

struct Unit {
    std::uint64_t sentences, beams, width;

    std::uint64_t rows() const { return sentences * beams; }
    std::string   text() const { return std::to_string(sentences) + "x" + std::to_string(beams) + "x" + std::to_string(width); }
};

// The last ones are longer than a small binding: by sentences, by rows, and single rows.
constexpr Unit units[] = {{1, 1, 1}, {1, 1, 2}, {3, 1, 7}, {2, 4, 8}, {1, 4, 33}, {5, 1, 256}, {3, 6, 64}, {2, 6, 31}, {1, 64, 17},
                          {64, 1, 256}, {9, 5, 130}, {16, 4, 512}, {2, 64, 300}, {1, 64, 1027}, {3, 6, 20'011}, {20'000, 2, 6}, {3, 12, 70}};

struct Kind {
    const char* name;
    Type        forget, candidate, output;
    bool        parents, position;
};
constexpr Kind kinds[] = {{"", Type::f32, Type::f32, Type::f32, false, false},
                          {" moved, some begin", Type::f32, Type::f32, Type::f32, true, true},
                          {" moved", Type::f32, Type::f32, Type::f32, true, false},
                          {" moved, some begin, f16", Type::f16, Type::f16, Type::f16, true, true},
                          {" some begin, f16 and f32", Type::f16, Type::f32, Type::f32, false, true}};

// Gates that are open, shut, and far beyond what exp can take.
Tensor gates(const TensorDesc& desc, Random& random) {
    std::vector<double> values(desc.elements());
    for (double& value : values) value = random.below(9) ? 3 * random.normal() : random.below(2) ? 1e4 : -1e4;
    return Tensor::from_doubles(desc, values);
}

// Rows of their own sentence, some of them twice; what lies outside of it is clamped.
Tensor parents_of(const Unit& unit, Random& random) {
    Tensor parents({Type::u32, {unit.rows()}});
    auto   row = 0u;
    for (std::uint32_t& parent : parents.as<std::uint32_t>()) {
        const auto beams = static_cast<std::uint32_t>(unit.beams);
        parent = random.below(20) ? row / beams * beams + random.below(beams) : 0xffffffffu;
        ++row;
    }
    return parents;
}

// Some sentences begin, and what their cells hold is no number.
void begin_some(Case& c, const Unit& unit, Random& random) {
    Tensor position({Type::u32, {unit.rows() + 2}}), other = c.tensors.at("cell");
    for (std::uint64_t sentence = 0; sentence < unit.sentences; ++sentence) {
        const std::uint32_t at = random.below(3);
        for (std::uint64_t row = sentence * unit.beams; row < (sentence + 1) * unit.beams; ++row) {
            position.as<std::uint32_t>()[row] = at;
            for (std::uint64_t e = 0; e < unit.width && at == 0; ++e) c.tensors.at("cell").as<float>()[row * unit.width + e] = NAN;
        }
    }
    c.control("position", std::move(position));
    c.unseen.insert_or_assign("cell", std::move(other));
}

Case unit_case(const Unit& unit, const Kind& kind, Random& random) {
    Case        c;
    const Value cell = c.graph.exact_state("cell", {Type::f32, {unit.rows() + 3, unit.width}});
    c.tensors.insert_or_assign("cell", random_tensor(c.graph.desc(cell), random));
    const Shape shape{unit.rows(), 1, unit.width};
    SsruOptions options{.parents = {}, .position = {}, .beams = unit.beams, .type = kind.output};
    if (kind.parents) options.parents = c.control("parents", parents_of(unit, random));
    if (kind.position) {
        begin_some(c, unit, random);
        options.position = c.graph.control("position", {Type::u32, {unit.rows() + 2}});
    }
    const Value forget = c.input("forget", gates({kind.forget, shape}, random)), candidate = c.input("candidate", random_tensor({kind.candidate, shape}, random));
    c.graph.output("y", ssru(c.graph, cell, forget, candidate, options).output);
    return c;
}

// Both operands are columns of one projection, where that is fused.
Case projected_case(const Unit& unit, Precision precision, Random& random) {
    Case        c = {};
    const Value x = c.input("x", random_tensor({Type::f32, {unit.rows(), 1, 20}}, random));
    const auto  project = [&](const std::string& name) {
        const Value weight = c.weight(name, random_tensor({Type::f32, {unit.width, 20}}, random, 0.3));
        return linear(c.graph, x, weight, {.bias = c.weight(name + ".bias", random_tensor({Type::f32, {unit.width}}, random))});
    };
    const Value forget = project("forget"), candidate = project("candidate");
    const Value cell = c.graph.exact_state("cell", {Type::f32, {unit.rows(), unit.width}});
    c.tensors.insert_or_assign("cell", random_tensor(c.graph.desc(cell), random));
    const Value parents = c.control("parents", parents_of(unit, random));
    c.graph.output("y", layer_norm(c.graph, ssru(c.graph, cell, forget, candidate, {.parents = parents, .beams = unit.beams}).output,
                                   c.weight("gain", random_tensor({Type::f32, {unit.width}}, random)), c.weight("bias", random_tensor({Type::f32, {unit.width}}, random))));
    c.options = {.precision = precision, .fuse = true};
    return c;
}

}  // namespace

// Every size as it is and with all its books, and in turn with one of the others.
void ssru_rows(Rows& rows) {
    std::size_t turn = 0;
    for (const Unit& unit : units)
        for (const std::size_t kind : {std::size_t{0}, std::size_t{1}, 2 + turn++ % 3}) {
            const Kind& k = kinds[kind];
            if (unit.width % 2 && (k.forget == Type::f16 || k.output == Type::f16)) continue;
            rows.add("ssru " + unit.text() + k.name, [=](Random& random) { return unit_case(unit, k, random); });
        }
    for (const Unit unit : {Unit{1, 1, 64}, {3, 4, 32}, {2, 6, 31}, {7, 1, 256}, {2, 64, 130}, {2, 64, 300}})
        for (const Precision precision : {Precision::f32, Precision::f16})
            rows.add("ssru " + unit.text() + " of one projection" + (precision == Precision::f16 ? ", f16" : ""), [=](Random& random) { return projected_case(unit, precision, random); });
}

}  // namespace attune::test

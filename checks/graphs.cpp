// Several ops in one graph, fused and as they are written, in f32 and f16: what rewriting does to
// operands (columns of a wider projection, rows layout, epilogues) is run here.
#include "checks/case.h"

namespace attune::test {
namespace {

struct Model {
    std::uint64_t batch, queries, width, heads, keys;
    bool          int8 = false;   // matrices, with one scale each
};

class Layer {
public:
    Layer(Case& c, const Model& model, Random& random) : c_(c), m_(model), random_(random) {}

    Value project(const std::string& name, Value x, std::uint64_t outputs) {
        const std::uint64_t inputs = c_.graph.desc(x).width();
        const Shape         shape{outputs, inputs};
        const Value         weight = c_.weight(name + ".weight", m_.int8 ? random_int8(shape, random_, Scales::one) : random_tensor({Type::f32, shape}, random_, 0.15));
        return linear(c_.graph, x, weight, {.bias = c_.weight(name + ".bias", random_tensor({Type::f32, {outputs}}, random_, 0.2))});
    }

    Value norm(const std::string& name, Value x, std::optional<Value> residual) {
        const Value gain = c_.weight(name + ".gain", random_tensor({Type::f32, {m_.width}}, random_, 0.2, 1));
        const Value bias = c_.weight(name + ".bias", random_tensor({Type::f32, {m_.width}}, random_, 0.2));
        return layer_norm(c_.graph, x, gain, bias, {.residual = residual});
    }

    // x [B, S, E] -> [B, S, E], post-norm, as in encoders
    Value encoder(Value x, Value lengths) {
        const auto  heads = [&](const char* name) { return split_heads(c_.graph, project(name, x, m_.width), m_.heads); };
        const Value query = heads("q"), key = heads("k"), value = heads("v");
        const Value mixed = merge_heads(c_.graph, attention(c_.graph, query, key, value, {.heads = m_.heads, .lengths = lengths}));
        const Value a = norm("norm1", project("out", mixed, m_.width), x);
        const Value hidden = activate(c_.graph, project("up", a, 2 * m_.width), Activation::gelu);
        return norm("norm2", project("down", hidden, m_.width), a);
    }

    // One step of a decoder with a cache: x [B, 1, E]
    Value decoder_step(Value x, Value position) {
        const Shape  cache{m_.batch, m_.heads, m_.keys, m_.width / m_.heads};
        const Value  query = project("q", x, m_.width), key = project("k", x, m_.width), value = project("v", x, m_.width);
        const Caches before{c_.state("keys", random_tensor({Type::f32, cache}, random_)), c_.state("values", random_tensor({Type::f32, cache}, random_))};
        const Caches after = kv_append(c_.graph, before, split_heads(c_.graph, key, m_.heads), split_heads(c_.graph, value, m_.heads), position);
        const Value  mixed = attention(c_.graph, split_heads(c_.graph, query, m_.heads), after.key, after.value,
                                       {.heads = m_.heads, .lengths = position, .lengths_offset = 1});
        const Value  a = norm("norm1", project("out", merge_heads(c_.graph, mixed), m_.width), x);
        const Value  b = norm("norm2", project("down", activate(c_.graph, project("up", a, 2 * m_.width), Activation::relu), m_.width), a);
        advance(c_.graph, position);
        return b;
    }

    // The same with a recurrent unit instead of a cache: the rows are the beams of one sentence.
    Value recurrent_step(Value x, Value position) {
        const Value cell = c_.graph.exact_state("cell", {Type::f32, {m_.batch + 1, m_.width}});
        c_.tensors.insert_or_assign("cell", random_tensor(c_.graph.desc(cell), random_));
        const Value parents = c_.control("parents", random_ids({m_.batch}, random_, static_cast<std::uint32_t>(m_.batch)));
        const Value forget = project("forget", x, m_.width), candidate = project("candidate", x, m_.width);
        const Value state = ssru(c_.graph, cell, forget, candidate, {.parents = parents, .position = position, .beams = m_.batch}).output;
        const Value a = norm("norm1", state, x);
        const Value b = norm("norm2", project("down", activate(c_.graph, project("up", a, 2 * m_.width), Activation::relu), m_.width), a);
        advance(c_.graph, position);
        return b;
    }

private:
    Case&        c_;
    const Model& m_;
    Random&      random_;
};

Case encoder_case(const Model& model, Random& random) {
    Case        c;
    const Value x = c.input("x", random_tensor({Type::f32, {model.batch, model.queries, model.width}}, random));
    const Value lengths = c.control("lengths", random_ids({model.batch}, random, static_cast<std::uint32_t>(model.queries + 1)));
    c.graph.output("y", Layer(c, model, random).encoder(x, lengths));
    return c;
}

Case decoder_case(const Model& model, Random& random) {
    Case        c;
    const Value x = c.input("x", random_tensor({Type::f32, {model.batch, 1, model.width}}, random));
    const Value position = c.state("position", random_ids({model.batch}, random, static_cast<std::uint32_t>(model.keys)));
    Layer       layer(c, model, random);
    const Value y = layer.decoder_step(x, position);
    c.graph.output("y", y);
    const TopK best = top_k(c.graph, layer.project("vocabulary", y, 61), 4);
    c.graph.output("log_probabilities", best.log_probabilities);
    return c;
}

// Logits of a shortlist.
Case recurrent_case(const Model& model, Random& random) {
    Case        c;
    const Value x = c.input("x", random_tensor({Type::f32, {model.batch, 1, model.width}}, random));
    const Value position = c.state("position", random_ids({model.batch}, random, 3));
    const Value y = Layer(c, model, random).recurrent_step(x, position);
    c.graph.output("y", y);
    Tensor list = random_ids({1, 40}, random, 61);
    for (std::size_t i = 30; i < 40; ++i) list.as<std::uint32_t>()[i] = 0xffffffffu;
    const Value table = c.weight("table", random_tensor({Type::f32, {61, model.width}}, random, 0.15)), bias = c.weight("table.bias", random_tensor({Type::f32, {61}}, random));
    const TopK  best = top_k(c.graph, linear_chosen(c.graph, y, table, c.control("chosen", std::move(list)), bias), 4);
    c.graph.output("log_probabilities", best.log_probabilities);
    return c;
}

struct Kind {
    const char* name;
    Case (*make)(const Model&, Random&);
};
constexpr Kind kinds[] = {{"encoder layer", encoder_case}, {"decoder step", decoder_case}, {"recurrent decoder step", recurrent_case}};

}  // namespace

void fused_graph_rows(Rows& rows) {
    constexpr Model models[] = {{1, 1, 32, 1, 5}, {2, 7, 64, 2, 9}, {3, 17, 96, 3, 33}, {5, 9, 128, 4, 12}, {2, 7, 64, 2, 9, true}, {5, 9, 100, 2, 12, true}};
    for (const Model& model : models)
        for (const Kind& kind : kinds)
            for (const bool fuse : {false, true})
                for (const Precision precision : {Precision::f32, Precision::f16}) {
                    const std::string name = std::string(kind.name) + " " + std::to_string(model.batch) + " " + std::to_string(model.queries) + " " +
                                             std::to_string(model.width) + (model.int8 ? " i8" : "") + (fuse ? " fused" : "") + (precision == Precision::f16 ? " f16" : "");
                    rows.add(name, [=](Random& random) {
                        Case c = kind.make(model, random);
                        c.options = {.precision = precision, .fuse = fuse};
                        return c;
                    });
                }
    for (const Model& model : {models[0], models[2]})
        for (const bool halves : {false, true})
            rows.add("decoder step " + std::to_string(model.batch) + " fused, " + (halves ? "f32 caches in f16" : "f16 caches in f32"), [=](Random& random) {
                Case c = decoder_case(model, random);
                c.options = {.precision = halves ? Precision::f16 : Precision::f32, .cache = halves ? Type::f32 : Type::f16};
                return c;
            });
}

}  // namespace attune::test

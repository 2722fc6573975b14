// Several ops in one graph, fused and as they are written, in f32 and f16: what rewriting does to
// operands (columns of a wider projection, rows layout, epilogues) is run here.
#include "checks/case.h"

namespace attune::test {
namespace {

struct Model {
    std::uint64_t batch, queries, width, heads, keys;
};

class Layer {
public:
    Layer(Case& c, const Model& model, Random& random) : c_(c), m_(model), random_(random) {}

    Value project(const std::string& name, Value x, std::uint64_t outputs) {
        const std::uint64_t inputs = c_.graph.desc(x).width();
        const Value         weight = c_.weight(name + ".weight", random_tensor({Type::f32, {outputs, inputs}}, random_, 0.15));
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

}  // namespace

void fused_graph_rows(Rows& rows) {
    constexpr Model models[] = {{1, 1, 32, 1, 5}, {2, 7, 64, 2, 9}, {3, 17, 96, 3, 33}, {5, 9, 128, 4, 12}};
    for (const Model& model : models)
        for (const bool decoder : {false, true})
            for (const bool fuse : {false, true})
                for (const Precision precision : {Precision::f32, Precision::f16}) {
                    const std::string name = std::string(decoder ? "decoder step " : "encoder layer ") + std::to_string(model.batch) + " " + std::to_string(model.queries) + " " +
                                             std::to_string(model.width) + (fuse ? " fused" : "") + (precision == Precision::f16 ? " f16" : "");
                    rows.add(name, [=](Random& random) {
                        Case c = decoder ? decoder_case(model, random) : encoder_case(model, random);
                        c.options = {.precision = precision, .fuse = fuse};
                        return c;
                    });
                }
}

}  // namespace attune::test

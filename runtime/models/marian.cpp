// Marian, a post-norm Transformer (Vaswani et al. 2017, arXiv 1706.03762; Junczys-Dowmunt et al. 2018,
// arXiv 1804.00344), as transformers' MarianMT stores it and as Marian itself does, whose small models have a
// recurrent unit in the place of the decoder's self-attention (Kim et al. 2019, WNGT).
// N tokens, R rows, T cache capacity, d width, f FFN width, V vocabulary, h heads
#include "models/marian.h"

#include "models/marian_weights.h"

#include <attune/ops.hpp>

#include <cmath>

namespace attune::marian {
namespace {

constexpr std::uint64_t typical_source = 64;  // tokens of a sentence, for estimates

// A matrix, 8-bit if the file holds it so.
Value matrix(Graph& g, const MarianConfig& config, const std::string& name, const Shape& shape) {
    return g.weight(name, {config.int8.contains(name) ? Type::i8 : Type::f32, shape});
}

// Where a layer finds its weights, and how wide they are.
struct Layer {
    Graph&              g;
    const MarianConfig& config;
    Stack               stack;
    std::size_t         index;  // of the layer that the weights belong to
    std::uint64_t       heads;
    std::uint64_t       ffn;

    std::uint64_t width() const { return config.d_model; }
    std::string   name(const char* part, WeightKind kind) const {
          return weight_name(config.names, stack, index, part, kind);
    }
    Value matrix(const char* part, std::uint64_t out, std::uint64_t in) const {
        return marian::matrix(g, config, name(part, WeightKind::weight), {out, in});
    }
    Value bias(const char* part, std::uint64_t out) const {
        return g.weight(name(part, WeightKind::bias), {Type::f32, {out}});
    }

    Value project(Value x, const char* part) const {
        return linear(g, x, matrix(part, width(), width()), {.bias = bias(part, width())});
    }

    // LayerNorm(x + residual)
    Value normed(Value x, Value residual, const char* part) const {
        return layer_norm(g, x, g.weight(name(part, WeightKind::weight), {Type::f32, {width()}}), bias(part, width()),
                          {.residual = residual, .epsilon = config.layer_norm_epsilon});
    }

    // LayerNorm(x + fc2(activation(fc1(x))))
    Value feed_forward(Value x) const {
        const Value h =
            activate(g, linear(g, x, matrix("fc1", ffn, width()), {.bias = bias("fc1", ffn)}), config.activation);
        const Value y = linear(g, h, matrix("fc2", width(), ffn), {.bias = bias("fc2", width())});
        return normed(y, x, "final_layer_norm");
    }
};

// x [1, N, d] -> [1, N, d]
Value encoder_layer(const Layer& l, Value x, Value blocks) {
    const Value query = split_heads(l.g, l.project(x, "self_attn.q_proj"), l.heads);
    const Value key   = split_heads(l.g, l.project(x, "self_attn.k_proj"), l.heads);
    const Value value = split_heads(l.g, l.project(x, "self_attn.v_proj"), l.heads);
    const Value heads =
        attention(l.g, query, key, value,
                  {.heads = l.heads, .blocks = blocks, .block_rows = block_rows, .typical_keys = typical_source});
    x = l.normed(l.project(merge_heads(l.g, heads), "self_attn.out_proj"), x, "self_attn_layer_norm");
    return l.feed_forward(x);
}

// What the rows of a decode step share.
struct Step {
    Value                position;       // [rows] tokens already decoded
    Value                memory_blocks;  // [R, 5]
    std::optional<Value> parents;        // [R]; beams > 1
    std::optional<Value> ancestors;      // [rows, T]; beams > 1, self-attention
};

// x [R, 1, d] over the row's own earlier tokens and itself
Value self_attention(const Layer& l, Value x, std::size_t index, const Capacity& capacity, const StepShape& shape,
                     const Step& step) {
    const Value      query = split_heads(l.g, l.project(x, "self_attn.q_proj"), l.heads);
    const Value      key   = split_heads(l.g, l.project(x, "self_attn.k_proj"), l.heads);
    const Value      value = split_heads(l.g, l.project(x, "self_attn.v_proj"), l.heads);
    const TensorDesc cache{Type::f32, {capacity.rows, l.heads, shape.capacity, l.width() / l.heads}};
    const Caches     caches = kv_append(
            l.g, {l.g.state("key." + std::to_string(index), cache), l.g.state("value." + std::to_string(index), cache)},
            key, value, step.position);
    const Value heads =
        attention(l.g, query, caches.key, caches.value,
                  {.heads = l.heads, .lengths = step.position, .lengths_offset = 1, .ancestors = step.ancestors});
    return l.normed(l.project(merge_heads(l.g, heads), "self_attn.out_proj"), x, "self_attn_layer_norm");
}

Value cell_state(Graph& g, const MarianConfig& config, const Capacity& capacity, std::size_t index) {
    return g.exact_state("cell." + std::to_string(index), {Type::f32, {capacity.rows, config.d_model}});
}

// x [R, 1, d] and what the row's cell keeps of its earlier tokens
Value recurrent_unit(const Layer& l, Value x, std::size_t index, const Capacity& capacity, const StepShape& shape,
                     const Step& step) {
    const Value    candidate = linear(l.g, x, l.matrix("rnn.candidate", l.width(), l.width()),
                                      {.bias = l.g.weight(weight_names::no_bias, {Type::f32, {l.width()}})});
    const SsruStep unit = ssru(l.g, cell_state(l.g, l.config, capacity, index), l.project(x, "rnn.forget"), candidate,
                               {.parents = step.parents, .position = step.position, .beams = shape.beams});
    return l.normed(unit.output, x, "rnn_layer_norm");
}

Value memory_state(Graph& g, const MarianConfig& config, const Capacity& capacity, const char* kind,
                   std::size_t index) {
    return g.state(std::string("memory.") + kind + "." + std::to_string(index),
                   {Type::f32, {1, capacity.memory_tokens, config.d_model}});
}

// x [R, 1, d] over the source; `alignment_keys` > 0 also puts the weights out
Value cross_attention(const Layer& l, Value x, std::size_t index, const Capacity& capacity, const Step& step,
                      std::uint64_t alignment_keys) {
    const Value query = split_heads(l.g, l.project(x, "encoder_attn.q_proj"), l.heads);
    const Value key   = memory_state(l.g, l.config, capacity, "key", index),
                value = memory_state(l.g, l.config, capacity, "value", index);
    const AttentionOptions options{.heads          = l.heads,
                                   .blocks         = step.memory_blocks,
                                   .block_rows     = 1,
                                   .typical_keys   = typical_source,
                                   .keys_per_query = alignment_keys};
    Value                  heads;
    if (alignment_keys == 0) {
        heads = attention(l.g, query, key, value, options);
    } else {
        const StagedAttention staged = attention_staged(l.g, query, key, value, options);
        l.g.output(names::alignment, staged.weights);
        heads = staged.output;
    }
    return l.normed(l.project(merge_heads(l.g, heads), "encoder_attn.out_proj"), x, "encoder_attn_layer_norm");
}

double embedding_scale(const MarianConfig& config) {
    return config.scale_embedding ? std::sqrt(static_cast<double>(config.d_model)) : 1.0;
}

Value position_table(Graph& g, const MarianConfig& config) {
    return g.weight(weight_names::positions, {Type::f32, {config.max_position_embeddings, config.d_model}});
}

Layer decoder_layer_at(Graph& g, const MarianConfig& config, std::size_t index) {
    const auto& owners = config.decoder_layer_weights;
    return {g,
            config,
            Stack::decoder,
            owners.empty() ? index : owners.at(index),
            config.decoder_attention_heads,
            config.decoder_ffn_dim};
}

// Candidates -> the next step's tokens and parents, and a record of both for the host.
void search_on(Graph& g, const TopK& best, std::optional<Value> chosen, const StepShape& shape) {
    const std::uint64_t slots = shape.ahead.slots, sentences = shape.rows / shape.beams;
    const BeamStates    states{.tokens  = g.state(names::next_tokens, {Type::u32, {shape.rows, 1}}),
                               .parents = g.state(names::next_parents, {Type::u32, {shape.rows}}),
                               .search  = g.state(names::search, {Type::u32, {1 + sentences, 6 + 2 * shape.beams}}),
                               .history =
                                g.state(names::history, {Type::u32, {shape.rows, slots, 2 * shape.candidates + 2}})};
    beam_step(g, best, g.control(names::search_rules, {Type::u32, {shape.ahead.end_tokens + slots}}), states,
              {.beams          = shape.beams,
               .rules          = shape.ahead.rules,
               .early_stopping = shape.ahead.early_stopping,
               .chosen         = chosen});
}

}  // namespace

Graph encoder(const MarianConfig& config, const Capacity& capacity, const EncoderShape& shape) {
    Graph       g;
    const Value tokens    = g.control(names::source_tokens, {Type::u32, {1, shape.tokens}});
    const Value positions = g.control(names::source_positions, {Type::u32, {1, shape.tokens}});
    const Value blocks    = g.control(names::source_blocks, {Type::u32, {shape.blocks, 5}});
    const Value table     = matrix(g, config, config.tables.source, {config.vocab_size, config.d_model});

    Value x = embedding(g, tokens, table,
                        {.scale          = embedding_scale(config),
                         .positions      = positions,
                         .position_table = position_table(g, config)});  // [1, N, d]
    for (std::size_t i = 0; i < config.encoder_layers; ++i)
        x = encoder_layer({g, config, Stack::encoder, i, config.encoder_attention_heads, config.encoder_ffn_dim}, x,
                          blocks);

    for (std::size_t i = 0; i < config.decoder_layers; ++i) {  // keys and values of the source: once per sentence
        const Layer l = decoder_layer_at(g, config, i);
        store(g, memory_state(g, config, capacity, "key", i), l.project(x, "encoder_attn.k_proj"));
        store(g, memory_state(g, config, capacity, "value", i), l.project(x, "encoder_attn.v_proj"));
    }
    return g;
}

Graph decoder_step(const MarianConfig& config, const Capacity& capacity, const StepShape& shape) {
    Graph       g;
    const bool  ahead  = shape.ahead.slots > 0;
    const Value tokens = ahead ? g.state(names::next_tokens, {Type::u32, {shape.rows, 1}})
                               : g.control(names::tokens, {Type::u32, {shape.rows, 1}});
    const Shape table{config.decoder_vocab_size, config.d_model};
    const bool  recurrent  = config.decoder_cell == DecoderCell::ssru;
    const bool  zero_start = config.decoder_start_token_id >= config.decoder_vocab_size;
    Step        step{.position      = g.state(names::position, {Type::u32, {capacity.rows}}),
                     .memory_blocks = g.control(names::memory_blocks, {Type::u32, {shape.rows, 5}}),
                     .parents       = {},
                     .ancestors     = {}};
    if (shape.beams > 1)
        step.parents = ahead ? g.state(names::next_parents, {Type::u32, {shape.rows}})
                             : g.control(names::parents, {Type::u32, {shape.rows}});
    if (step.parents && !recurrent) {
        const Value before = g.state("ancestors", {Type::u32, {capacity.rows, shape.capacity}});
        step.ancestors     = reorder_ancestors(g, before, *step.parents, step.position, shape.beams);
    }

    Value x = embedding(g, tokens, matrix(g, config, config.tables.target, table),
                        {.scale          = embedding_scale(config),
                         .positions      = step.position,
                         .position_table = position_table(g, config),
                         .beyond         = zero_start ? Beyond::zero : Beyond::last_row});  // [R, 1, d]
    for (std::size_t i = 0; i < config.decoder_layers; ++i) {
        const Layer l = decoder_layer_at(g, config, i);
        x = recurrent ? recurrent_unit(l, x, i, capacity, shape, step) : self_attention(l, x, i, capacity, shape, step);
        x = cross_attention(l, x, i, capacity, step, i + 1 == config.decoder_layers ? shape.alignment_keys : 0);
        x = l.feed_forward(x);
    }

    const Value          head = matrix(g, config, config.tables.output, table);
    const Value          bias = g.weight(weight_names::output_bias, {Type::f32, {config.decoder_vocab_size}});
    std::optional<Value> chosen;
    if (shape.chosen > 0) chosen = g.control(names::chosen, {Type::u32, {shape.rows / shape.beams, shape.chosen}});
    const Value logits = chosen ? linear_chosen(g, x, head, *chosen, bias)  // [R, 1, n]
                                : linear(g, x, head, {.bias = bias});       // [R, 1, V]
    const TopK  best   = top_k(
           g, logits, shape.candidates, g.control(names::banned, {Type::u32, {shape.rows, shape.banned}}),
        shape.renormalised ? Banned::left_out : Banned::counted, shape.chosen == 0 ? 0 : config.decoder_vocab_size);
    if (ahead) {
        search_on(g, best, chosen, shape);
    } else {
        g.output(names::ids, best.ids);
        g.output(names::log_probabilities, best.log_probabilities);
    }
    advance(g, step.position);
    return g;
}

Graph keep_rows(const MarianConfig& config, const Capacity& capacity, const StepShape& shape) {
    Graph            g;
    const Value      kept = g.control(names::kept_rows, {Type::u32, {shape.rows}});
    const TensorDesc cache{Type::f32,
                           {capacity.rows, config.decoder_attention_heads, shape.capacity,
                            config.d_model / config.decoder_attention_heads}};
    attune::keep_rows(g, g.state(names::position, {Type::u32, {capacity.rows}}), kept);
    if (config.decoder_cell == DecoderCell::ssru) {
        for (std::size_t i = 0; i < config.decoder_layers; ++i)
            attune::keep_rows(g, cell_state(g, config, capacity, i), kept);
        return g;
    }
    if (shape.beams > 1)
        attune::keep_rows(g, g.state("ancestors", {Type::u32, {capacity.rows, shape.capacity}}), kept, Renumber::yes);
    for (std::size_t i = 0; i < config.decoder_layers; ++i)
        for (const char* kind : {"key.", "value."})
            attune::keep_rows(g, g.state(kind + std::to_string(i), cache), kept);
    return g;
}

}  // namespace attune::marian

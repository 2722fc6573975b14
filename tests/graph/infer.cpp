// Every op refuses every operand that does not fit, naming itself and the operand.
#include "support/expect_error.h"

#include <attune/ops.hpp>

namespace attune::test {
namespace {

// Operands of the rows below, by short descriptions.
struct Maker {
    Graph    g;
    unsigned names = 0;

    Value of(Type type, Shape shape) { return g.input("input" + std::to_string(names++), {type, shape}); }
    Value f32(Shape shape) { return of(Type::f32, shape); }
    Value f16(Shape shape) { return of(Type::f16, shape); }
    Value u32(Shape shape) { return of(Type::u32, shape); }
    Value state(Type type, Shape shape) { return g.state("state" + std::to_string(names++), {type, shape}); }
};

struct Row {
    const char* op;
    const char* operand;   // a word of the message
    void (*build)(Maker& m);
};

const Row linear_rows[] = {
    {"linear", "x", [](Maker& m) { linear(m.g, m.u32({2, 4}), m.f32({3, 4})); }},
    {"linear", "x", [](Maker& m) { linear(m.g, m.f32({2, 5}), m.f32({3, 4})); }},
    {"linear", "x", [](Maker& m) { linear(m.g, m.f32({}), m.f32({3, 1})); }},
    {"linear", "weight", [](Maker& m) { linear(m.g, m.f32({2, 4}), m.u32({3, 4})); }},
    {"linear", "weight", [](Maker& m) { linear(m.g, m.f32({2, 4}), m.f32({4})); }},
    {"linear", "weight", [](Maker& m) { linear(m.g, m.f32({2, 4}), m.f32({1, 3, 4})); }},
    {"linear", "weight", [](Maker& m) { linear(m.g, m.f32({2, 4}), m.f32({0, 4})); }},
    {"linear", "bias", [](Maker& m) { linear(m.g, m.f32({2, 4}), m.f32({3, 4}), {.bias = m.f32({4})}); }},
    {"linear", "bias", [](Maker& m) { linear(m.g, m.f32({2, 4}), m.f32({3, 4}), {.bias = m.f16({3})}); }},
    {"linear", "residual", [](Maker& m) { linear(m.g, m.f32({2, 4}), m.f32({3, 4}), {.residual = m.f32({2, 4})}); }},
    {"linear", "residual", [](Maker& m) { linear(m.g, m.f32({2, 4}), m.f32({4, 4}), {.residual = m.f16({2, 4})}); }},
    {"linear", "y", [](Maker& m) { linear(m.g, m.f32({2, 4}), m.f32({3, 4}), {.type = Type::u32}); }},
    {"linear", "y", [](Maker& m) { linear(m.g, m.f32({2, 4}), m.f32({3, 4}), {.type = Type::f16}); }},
    {"linear_chosen", "x", [](Maker& m) { linear_chosen(m.g, m.u32({2, 4}), m.f32({9, 4}), m.u32({2, 3})); }},
    {"linear_chosen", "x", [](Maker& m) { linear_chosen(m.g, m.f32({2, 5}), m.f32({9, 4}), m.u32({2, 3})); }},
    {"linear_chosen", "x", [](Maker& m) { linear_chosen(m.g, m.f32({}), m.f32({9, 1}), m.u32({1, 3})); }},
    {"linear_chosen", "weight", [](Maker& m) { linear_chosen(m.g, m.f32({2, 4}), m.u32({9, 4}), m.u32({2, 3})); }},
    {"linear_chosen", "weight", [](Maker& m) { linear_chosen(m.g, m.f32({2, 4}), m.f32({4}), m.u32({2, 3})); }},
    {"linear_chosen", "weight", [](Maker& m) { linear_chosen(m.g, m.f32({2, 4}), m.f32({0, 4}), m.u32({2, 3})); }},
    {"linear_chosen", "chosen", [](Maker& m) { linear_chosen(m.g, m.f32({2, 4}), m.f32({9, 4}), m.f32({2, 3})); }},
    {"linear_chosen", "chosen", [](Maker& m) { linear_chosen(m.g, m.f32({2, 4}), m.f32({9, 4}), m.u32({3})); }},
    {"linear_chosen", "chosen", [](Maker& m) { linear_chosen(m.g, m.f32({5, 4}), m.f32({9, 4}), m.u32({2, 3})); }},
    {"linear_chosen", "chosen", [](Maker& m) { linear_chosen(m.g, m.f32({2, 4}), m.f32({9, 4}), m.u32({0, 3})); }},
    {"linear_chosen", "bias", [](Maker& m) { linear_chosen(m.g, m.f32({2, 4}), m.f32({9, 4}), m.u32({2, 3}), m.f32({3})); }},
    {"linear_chosen", "bias", [](Maker& m) { linear_chosen(m.g, m.f32({2, 4}), m.f32({9, 4}), m.u32({2, 3}), m.f16({9})); }},
};

const Row rowwise_rows[] = {
    {"add", "a", [](Maker& m) { add(m.g, m.u32({2}), m.f32({2})); }},
    {"add", "b", [](Maker& m) { add(m.g, m.f32({2}), m.u32({2})); }},
    {"add", "b", [](Maker& m) { add(m.g, m.f32({2, 3}), m.f32({3, 2})); }},
    {"add", "b", [](Maker& m) { add(m.g, m.f32({2, 3}), m.f32({3})); }},
    {"activate", "x", [](Maker& m) { activate(m.g, m.u32({2}), Activation::relu); }},
    {"activate", "x", [](Maker& m) { activate(m.g, m.f16({3}), Activation::relu); }},
    {"softmax", "x", [](Maker& m) { softmax(m.g, m.f16({4})); }},
    {"softmax", "x", [](Maker& m) { softmax(m.g, m.u32({4})); }},
    {"layer_norm", "x", [](Maker& m) { layer_norm(m.g, m.u32({2, 4}), m.f32({4}), m.f32({4})); }},
    {"layer_norm", "gain", [](Maker& m) { layer_norm(m.g, m.f32({2, 4}), m.f32({2}), m.f32({4})); }},
    {"layer_norm", "gain", [](Maker& m) { layer_norm(m.g, m.f32({2, 4}), m.f16({4}), m.f32({4})); }},
    {"layer_norm", "bias", [](Maker& m) { layer_norm(m.g, m.f32({2, 4}), m.f32({4}), m.f32({1, 4})); }},
    {"layer_norm", "bias", [](Maker& m) { layer_norm(m.g, m.f32({2, 4}), m.f32({4}), m.u32({4})); }},
    {"layer_norm", "residual", [](Maker& m) { layer_norm(m.g, m.f32({2, 4}), m.f32({4}), m.f32({4}), {.residual = m.f32({1, 4})}); }},
    {"layer_norm", "residual", [](Maker& m) { layer_norm(m.g, m.f32({2, 4}), m.f32({4}), m.f32({4}), {.residual = m.u32({2, 4})}); }},
    {"top_k", "logits", [](Maker& m) { top_k(m.g, m.f16({2, 8}), 2); }},
    {"top_k", "k is 0", [](Maker& m) { top_k(m.g, m.f32({2, 8}), 0); }},
    {"top_k", "k is 65", [](Maker& m) { top_k(m.g, m.f32({2, 8}), 65); }},
    {"top_k", "banned", [](Maker& m) { top_k(m.g, m.f32({2, 8}), 2, m.f32({2, 1})); }},
    {"top_k", "banned", [](Maker& m) { top_k(m.g, m.f32({2, 8}), 2, m.u32({1, 1})); }},
    {"top_k", "banned", [](Maker& m) { top_k(m.g, m.f32({2, 8}), 2, m.u32({2})); }},
};

const Row move_rows[] = {
    {"split_heads", "x", [](Maker& m) { split_heads(m.g, m.f32({2, 4}), 2); }},
    {"split_heads", "x", [](Maker& m) { split_heads(m.g, m.f32({1, 2, 5}), 2); }},
    {"split_heads", "x", [](Maker& m) { split_heads(m.g, m.f32({1, 2, 4}), 0); }},
    {"split_heads", "x", [](Maker& m) { split_heads(m.g, m.u32({1, 2, 4}), 2); }},
    {"split_heads", "x", [](Maker& m) { split_heads(m.g, m.f16({1, 2, 6}), 2); }},
    {"merge_heads", "x", [](Maker& m) { merge_heads(m.g, m.f32({1, 2, 4})); }},
    {"merge_heads", "x", [](Maker& m) { merge_heads(m.g, m.u32({1, 2, 4, 2})); }},
    {"merge_heads", "x", [](Maker& m) { merge_heads(m.g, m.f16({1, 2, 4, 3})); }},
    {"columns", "x", [](Maker& m) { columns(m.g, m.f32({2, 4}), 3, 2); }},
    {"columns", "x", [](Maker& m) { columns(m.g, m.f32({2, 4}), 0, 0); }},
    {"columns", "x", [](Maker& m) { columns(m.g, m.f32({2, 4}), ~std::uint64_t{0}, 2); }},
    {"columns", "x", [](Maker& m) { columns(m.g, m.u32({2, 4}), 0, 2); }},
    {"columns", "x", [](Maker& m) { columns(m.g, m.f16({2, 4}), 0, 3); }},
    {"store", "memory", [](Maker& m) { store(m.g, m.state(Type::u32, {4, 2}), m.f32({2, 2})); }},
    {"store", "memory", [](Maker& m) { store(m.g, m.state(Type::f16, {4, 3}), m.f32({2, 3})); }},
    {"store", "x", [](Maker& m) { store(m.g, m.state(Type::f32, {4, 2}), m.u32({2, 2})); }},
    {"store", "x", [](Maker& m) { store(m.g, m.state(Type::f32, {4, 2}), m.f32({2, 3})); }},
    {"store", "x", [](Maker& m) { store(m.g, m.state(Type::f32, {4, 2}), m.f32({5, 2})); }},
    {"store", "not a state", [](Maker& m) { store(m.g, m.f32({4, 2}), m.f32({2, 2})); }},
    {"embedding", "ids", [](Maker& m) { embedding(m.g, m.f32({3}), m.f32({5, 2})); }},
    {"embedding", "ids", [](Maker& m) { embedding(m.g, m.u32({1, 1, 1, 1, 1, 1, 1, 1}), m.f32({5, 2})); }},
    {"embedding", "table", [](Maker& m) { embedding(m.g, m.u32({3}), m.u32({5, 2})); }},
    {"embedding", "table", [](Maker& m) { embedding(m.g, m.u32({3}), m.f32({5})); }},
    {"embedding", "positions", [](Maker& m) { embedding(m.g, m.u32({3}), m.f32({5, 2}), {.positions = m.u32({3})}); }},
    {"embedding", "positions", [](Maker& m) { embedding(m.g, m.u32({3}), m.f32({5, 2}), {.position_table = m.f32({7, 2})}); }},
    {"embedding", "positions", [](Maker& m) { embedding(m.g, m.u32({3}), m.f32({5, 2}), {.positions = m.f32({3}), .position_table = m.f32({7, 2})}); }},
    {"embedding", "positions", [](Maker& m) { embedding(m.g, m.u32({3}), m.f32({5, 2}), {.positions = m.u32({2}), .position_table = m.f32({7, 2})}); }},
    {"embedding", "position_table", [](Maker& m) { embedding(m.g, m.u32({3}), m.f32({5, 2}), {.positions = m.u32({3}), .position_table = m.f32({7, 3})}); }},
    {"embedding", "position_table", [](Maker& m) { embedding(m.g, m.u32({3}), m.f32({5, 2}), {.positions = m.u32({3}), .position_table = m.f16({7, 2})}); }},
};

// A cache [2, 2, 5, 4] and what is wrong with one operand.
void append(Maker& m, Value key, Value value, Value position) {
    kv_append(m.g, {m.state(Type::f32, {2, 2, 5, 4}), m.state(Type::f32, {2, 2, 5, 4})}, key, value, position);
}

const Row state_rows[] = {
    {"kv_append", "key_cache", [](Maker& m) { kv_append(m.g, {m.state(Type::u32, {2, 2, 5, 4}), m.state(Type::u32, {2, 2, 5, 4})}, m.f32({2, 1, 8}), m.f32({2, 1, 8}), m.u32({2})); }},
    {"kv_append", "key_cache", [](Maker& m) { kv_append(m.g, {m.state(Type::f16, {2, 2, 5, 3}), m.state(Type::f16, {2, 2, 5, 3})}, m.f32({2, 1, 6}), m.f32({2, 1, 6}), m.u32({2})); }},
    {"kv_append", "value_cache", [](Maker& m) { kv_append(m.g, {m.state(Type::f32, {2, 2, 5, 4}), m.state(Type::f16, {2, 2, 5, 4})}, m.f32({2, 1, 8}), m.f32({2, 1, 8}), m.u32({2})); }},
    {"kv_append", "value_cache", [](Maker& m) { kv_append(m.g, {m.state(Type::f32, {2, 2, 5, 4}), m.state(Type::f32, {2, 2, 6, 4})}, m.f32({2, 1, 8}), m.f32({2, 1, 8}), m.u32({2})); }},
    {"kv_append", "key_cache", [](Maker& m) { kv_append(m.g, {m.state(Type::f32, {2, 5, 8}), m.state(Type::f32, {2, 5, 8})}, m.f32({2, 1, 8}), m.f32({2, 1, 8}), m.u32({2})); }},
    {"kv_append", "key_cache", [](Maker& m) { kv_append(m.g, {m.state(Type::f32, {8}), m.state(Type::f32, {8})}, m.f32({2, 1, 8}), m.f32({2, 1, 8}), m.u32({2})); }},
    {"kv_append", "not a state", [](Maker& m) { kv_append(m.g, {m.f32({2, 2, 5, 4}), m.state(Type::f32, {2, 2, 5, 4})}, m.f32({2, 1, 8}), m.f32({2, 1, 8}), m.u32({2})); }},
    {"kv_append", "operand key ", [](Maker& m) { append(m, m.u32({2, 1, 8}), m.f32({2, 1, 8}), m.u32({2})); }},
    {"kv_append", "operand key ", [](Maker& m) { append(m, m.f32({2, 1, 6}), m.f32({2, 1, 8}), m.u32({2})); }},
    {"kv_append", "operand key ", [](Maker& m) { append(m, m.f32({2, 8}), m.f32({2, 1, 8}), m.u32({2})); }},
    {"kv_append", "operand key ", [](Maker& m) { append(m, m.f32({2, 4, 1, 2}), m.f32({2, 1, 8}), m.u32({2})); }},
    {"kv_append", "operand key ", [](Maker& m) { append(m, m.f32({3, 1, 8}), m.f32({2, 1, 8}), m.u32({3})); }},
    {"kv_append", "operand value ", [](Maker& m) { append(m, m.f32({2, 1, 8}), m.u32({2, 1, 8}), m.u32({2})); }},
    {"kv_append", "operand value ", [](Maker& m) { append(m, m.f32({2, 1, 8}), m.f32({2, 1, 9}), m.u32({2})); }},
    {"kv_append", "operand value ", [](Maker& m) { append(m, m.f32({2, 1, 8}), m.f32({1, 1, 8}), m.u32({2})); }},
    {"kv_append", "operand value ", [](Maker& m) { append(m, m.f32({2, 1, 8}), m.f32({2, 2, 8}), m.u32({2})); }},
    {"kv_append", "position", [](Maker& m) { append(m, m.f32({2, 1, 8}), m.f32({2, 1, 8}), m.f32({2})); }},
    {"kv_append", "position", [](Maker& m) { append(m, m.f32({2, 1, 8}), m.f32({2, 1, 8}), m.u32({1})); }},
    {"reorder_ancestors", "ancestors", [](Maker& m) { reorder_ancestors(m.g, m.state(Type::f32, {4, 3}), m.u32({4}), m.u32({4}), 2); }},
    {"reorder_ancestors", "ancestors", [](Maker& m) { reorder_ancestors(m.g, m.state(Type::u32, {12}), m.u32({4}), m.u32({4}), 2); }},
    {"reorder_ancestors", "parents", [](Maker& m) { reorder_ancestors(m.g, m.state(Type::u32, {4, 3}), m.f32({4}), m.u32({4}), 2); }},
    {"reorder_ancestors", "parents", [](Maker& m) { reorder_ancestors(m.g, m.state(Type::u32, {4, 3}), m.u32({6}), m.u32({6}), 2); }},
    {"reorder_ancestors", "position", [](Maker& m) { reorder_ancestors(m.g, m.state(Type::u32, {4, 3}), m.u32({4}), m.f32({4}), 2); }},
    {"reorder_ancestors", "parents", [](Maker& m) { reorder_ancestors(m.g, m.state(Type::u32, {4, 3}), m.u32({4}), m.u32({2}), 2); }},
    {"reorder_ancestors", "3 beams", [](Maker& m) { reorder_ancestors(m.g, m.state(Type::u32, {4, 3}), m.u32({4}), m.u32({4}), 3); }},
    {"reorder_ancestors", "0 beams", [](Maker& m) { reorder_ancestors(m.g, m.state(Type::u32, {4, 3}), m.u32({4}), m.u32({4}), 0); }},
    {"reorder_ancestors", "65 beams", [](Maker& m) { reorder_ancestors(m.g, m.state(Type::u32, {65, 3}), m.u32({65}), m.u32({65}), 65); }},
    {"reorder_ancestors", "not a state", [](Maker& m) { reorder_ancestors(m.g, m.u32({4, 3}), m.u32({4}), m.u32({4}), 2); }},
    {"ssru", "cell", [](Maker& m) { ssru(m.g, m.state(Type::f16, {4, 2}), m.f32({4, 2}), m.f32({4, 2})); }},
    {"ssru", "cell", [](Maker& m) { ssru(m.g, m.state(Type::f32, {4, 2}), m.f32({5, 2}), m.f32({5, 2})); }},
    {"ssru", "cell", [](Maker& m) { ssru(m.g, m.state(Type::f32, {4, 3}), m.f32({4, 2}), m.f32({4, 2})); }},
    {"ssru", "cell", [](Maker& m) { ssru(m.g, m.state(Type::f32, {4, 1, 2}), m.f32({4, 1, 2}), m.f32({4, 1, 2})); }},
    {"ssru", "forget", [](Maker& m) { ssru(m.g, m.state(Type::f32, {4, 2}), m.u32({4, 2}), m.f32({4, 2})); }},
    {"ssru", "candidate", [](Maker& m) { ssru(m.g, m.state(Type::f32, {4, 2}), m.f32({4, 2}), m.u32({4, 2})); }},
    {"ssru", "candidate", [](Maker& m) { ssru(m.g, m.state(Type::f32, {4, 2}), m.f32({4, 2}), m.f32({4, 1, 2})); }},
    {"ssru", "parents", [](Maker& m) { ssru(m.g, m.state(Type::f32, {4, 2}), m.f32({4, 2}), m.f32({4, 2}), {.parents = m.f32({4}), .beams = 2}); }},
    {"ssru", "parents", [](Maker& m) { ssru(m.g, m.state(Type::f32, {4, 2}), m.f32({4, 2}), m.f32({4, 2}), {.parents = m.u32({2}), .beams = 2}); }},
    {"ssru", "position", [](Maker& m) { ssru(m.g, m.state(Type::f32, {4, 2}), m.f32({4, 2}), m.f32({4, 2}), {.position = m.f32({4})}); }},
    {"ssru", "position", [](Maker& m) { ssru(m.g, m.state(Type::f32, {4, 2}), m.f32({4, 2}), m.f32({4, 2}), {.position = m.u32({3})}); }},
    {"ssru", "3 beams", [](Maker& m) { ssru(m.g, m.state(Type::f32, {4, 2}), m.f32({4, 2}), m.f32({4, 2}), {.beams = 3}); }},
    {"ssru", "0 beams", [](Maker& m) { ssru(m.g, m.state(Type::f32, {4, 2}), m.f32({4, 2}), m.f32({4, 2}), {.beams = 0}); }},
    {"ssru", "65 beams", [](Maker& m) { ssru(m.g, m.state(Type::f32, {65, 2}), m.f32({65, 2}), m.f32({65, 2}), {.beams = 65}); }},
    {"ssru", "result", [](Maker& m) { ssru(m.g, m.state(Type::f32, {4, 3}), m.f32({4, 3}), m.f32({4, 3}), {.type = Type::f16}); }},
    {"ssru", "result", [](Maker& m) { ssru(m.g, m.state(Type::f32, {4, 2}), m.f32({4, 2}), m.f32({4, 2}), {.type = Type::u32}); }},
    {"ssru", "not a state", [](Maker& m) { ssru(m.g, m.f32({4, 2}), m.f32({4, 2}), m.f32({4, 2})); }},
    {"keep_rows", "indices", [](Maker& m) { keep_rows(m.g, m.state(Type::f32, {4, 3}), m.f32({2})); }},
    {"keep_rows", "indices", [](Maker& m) { keep_rows(m.g, m.state(Type::f32, {4, 3}), m.u32({5})); }},
    {"keep_rows", "indices", [](Maker& m) { keep_rows(m.g, m.state(Type::f32, {}), m.u32({1})); }},
    {"keep_rows", "memory", [](Maker& m) { keep_rows(m.g, m.state(Type::f16, {4, 3}), m.u32({2})); }},
    {"keep_rows", "memory", [](Maker& m) { keep_rows(m.g, m.state(Type::f32, {4, 3}), m.u32({2}), Renumber::yes); }},
    {"keep_rows", "memory", [](Maker& m) { keep_rows(m.g, m.state(Type::f32, {0, 3}), m.u32({0})); }},
    {"keep_rows", "not a state", [](Maker& m) { keep_rows(m.g, m.f32({4, 3}), m.u32({2})); }},
    {"advance", "position", [](Maker& m) { advance(m.g, m.state(Type::f32, {4})); }},
    {"advance", "not a state", [](Maker& m) { advance(m.g, m.u32({4})); }},
};

// Attention over 2 heads of 4, with operands of these shapes; the three ops check alike.
struct AttentionRow {
    const char* operand;
    TensorDesc  query, key;
    void (*set)(Maker&, AttentionOptions&);
};

const TensorDesc query{Type::f32, {2, 3, 8}}, key{Type::f32, {2, 5, 8}};
void             nothing(Maker&, AttentionOptions&) {}

const AttentionRow attention_rows[] = {
    {"query", {Type::u32, {2, 3, 8}}, key, nothing},
    {"query", {Type::f32, {3, 8}}, key, nothing},
    {"query", {Type::f32, {2, 3, 7}}, {Type::f32, {2, 5, 7}}, nothing},
    {"query", {Type::f32, {2, 0, 8}}, key, nothing},
    {"query", {Type::f32, {2, 3, 3, 4}}, key, nothing},
    {"query", {Type::f32, {2, 3, 1026}}, {Type::f32, {2, 5, 1026}}, nothing},
    {"query", query, key, [](Maker&, AttentionOptions& o) { o.heads = 0; }},
    {"query", query, key, [](Maker&, AttentionOptions& o) { o.key_value_heads = 3; }},
    {"query", query, key, [](Maker&, AttentionOptions& o) { o.heads = 3, o.key_value_heads = 2; }},
    {"key", query, {Type::u32, {2, 5, 8}}, nothing},
    {"key", query, {Type::f32, {5, 8}}, nothing},
    {"key", query, {Type::f32, {2, 5, 6}}, nothing},
    {"key", query, {Type::f32, {2, 2, 5, 3}}, nothing},
    {"key", query, {Type::f32, {1, 5, 8}}, nothing},
    {"key", query, {Type::f32, {3, 5, 8}}, nothing},
    {"key", query, {Type::f32, {2, 0, 8}}, nothing},
    {"key", query, {Type::f16, {2, 2, 5, 3}}, nothing},
    {"lengths", query, key, [](Maker& m, AttentionOptions& o) { o.lengths = m.f32({2}); }},
    {"lengths", query, key, [](Maker& m, AttentionOptions& o) { o.lengths = m.u32({1}); }},
    {"blocks", query, {Type::f32, {1, 5, 8}}, [](Maker& m, AttentionOptions& o) { o.blocks = m.u32({2, 4}); }},
    {"blocks", query, {Type::f32, {1, 5, 8}}, [](Maker& m, AttentionOptions& o) { o.blocks = m.u32({5}); }},
    {"blocks", query, {Type::f32, {1, 5, 8}}, [](Maker& m, AttentionOptions& o) { o.blocks = m.f32({1, 5}); }},
    {"blocks", query, {Type::f32, {1, 5, 8}}, [](Maker& m, AttentionOptions& o) { o.blocks = m.u32({0, 5}); }},
    {"blocks", query, {Type::f32, {1, 5, 8}}, [](Maker& m, AttentionOptions& o) { o.blocks = m.u32({1, 5}), o.lengths = m.u32({2}); }},
    {"blocks", query, {Type::f32, {1, 5, 8}}, [](Maker& m, AttentionOptions& o) { o.blocks = m.u32({1, 5}), o.block_rows = 0; }},
    {"key", query, key, [](Maker& m, AttentionOptions& o) { o.blocks = m.u32({1, 5}); }},
    {"ancestors", {Type::f32, {2, 1, 8}}, key, [](Maker& m, AttentionOptions& o) { o.ancestors = m.u32({2, 5}); }},
    {"ancestors", query, key, [](Maker& m, AttentionOptions& o) { o.lengths = m.u32({2}), o.ancestors = m.u32({2, 5}); }},
    {"ancestors", {Type::f32, {2, 1, 8}}, key, [](Maker& m, AttentionOptions& o) { o.lengths = m.u32({2}), o.ancestors = m.f32({2, 5}); }},
    {"ancestors", {Type::f32, {2, 1, 8}}, key, [](Maker& m, AttentionOptions& o) { o.lengths = m.u32({2}), o.ancestors = m.u32({2, 4}); }},
    {"ancestors", {Type::f32, {2, 1, 8}}, key, [](Maker& m, AttentionOptions& o) { o.lengths = m.u32({2}), o.ancestors = m.u32({1, 5}); }},
};

// weights [2, 2, 3, 5] and value [2, 5, 8] of attention_values, and what is wrong with them.
struct ValuesRow {
    const char*            operand;
    TensorDesc             weights, value;
    AttentionValuesOptions options;
};
const TensorDesc weights{Type::f32, {2, 2, 3, 5}};

const ValuesRow values_rows[] = {
    {"weights", {Type::f16, {2, 2, 3, 6}}, {Type::f32, {2, 6, 8}}, {.mask = {.heads = 2}}},
    {"weights", {Type::f32, {2, 3, 5}}, key, {.mask = {.heads = 2}}},
    {"weights", weights, key, {.mask = {.heads = 4}}},
    {"weights", {Type::f32, {2, 2, 3, 4}}, key, {.mask = {.heads = 2}}},
    {"weights", {Type::f32, {2, 2, 0, 5}}, key, {.mask = {.heads = 2}}},
    {"value", weights, {Type::f32, {2, 5, 7}}, {.mask = {.heads = 2}}},
    {"value", weights, {Type::u32, {2, 5, 8}}, {.mask = {.heads = 2}}},
    {"value", weights, {Type::f32, {5, 8}}, {.mask = {.heads = 2}}},
    {"value", weights, {Type::f32, {2, 5, 1026}}, {.mask = {.heads = 2}}},
    {"value", weights, {Type::f32, {2, 3, 5, 4}}, {.mask = {.heads = 2}}},
    {"result", weights, {Type::f32, {2, 5, 6}}, {.mask = {.heads = 2, .type = Type::f16}}},
    {"result", weights, key, {.mask = {.heads = 2, .type = Type::i32}}},
};

}  // namespace

TEST_CASE("ops refuse operands that do not fit") {
    for (const std::span<const Row> table : {std::span<const Row>(linear_rows), {rowwise_rows}, {move_rows}, {state_rows}})
        for (const Row& row : table) {
            CAPTURE(row.op);
            CAPTURE(&row - table.data());
            Maker m;
            expect_error(Status::bad_input, {std::string("[") + row.op + "]", row.operand}, [&] { row.build(m); });
            CHECK(m.g.nodes().empty());   // and leave the graph as it was
        }
}

TEST_CASE("attention refuses operands that do not fit") {
    for (const AttentionRow& row : attention_rows)
        for (const bool staged : {false, true}) {
            CAPTURE(row.operand);
            CAPTURE(&row - attention_rows);
            Maker            m;
            AttentionOptions options{.heads = 2, .keys_per_query = 5};
            row.set(m, options);
            const Value q = m.of(row.query.type, row.query.shape), k = m.of(row.key.type, row.key.shape);
            expect_error(Status::bad_input, {staged ? "[attention_scores]" : "[attention]", std::string("operand ") + row.operand + " "}, [&] {
                if (staged) attention_scores(m.g, q, k, options);
                else attention(m.g, q, k, k, options);
            });
        }
    for (const ValuesRow& row : values_rows) {
        CAPTURE(row.operand);
        CAPTURE(&row - values_rows);
        Maker       m;
        const Value w = m.of(row.weights.type, row.weights.shape), v = m.of(row.value.type, row.value.shape);
        expect_error(Status::bad_input, {"[attention_values]", std::string("operand ") + row.operand + " "}, [&] { attention_values(m.g, w, v, row.options); });
    }
    Maker m;
    expect_error(Status::bad_input, {"[attention]", "value"}, [&] { attention(m.g, m.f32({2, 3, 8}), m.f32({2, 5, 8}), m.f32({2, 4, 8}), {.heads = 2}); });
    expect_error(Status::bad_input, {"[attention]", "value"}, [&] { attention(m.g, m.f32({2, 3, 8}), m.f32({2, 5, 8}), m.f32({2, 5, 6}), {.heads = 2}); });
    expect_error(Status::bad_input, {"[attention]", "result"}, [&] { attention(m.g, m.f32({2, 3, 8}), m.f32({2, 5, 8}), m.f32({2, 5, 8}), {.heads = 2, .type = Type::u32}); });
    expect_error(Status::bad_input, {"[attention_scores]", "keys_per_query"}, [&] { attention_scores(m.g, m.f32({2, 3, 8}), m.f32({1, 5, 8}), {.heads = 2, .blocks = m.u32({1, 5})}); });
}

// What each op makes of operands that fit.
TEST_CASE("shapes and types of results") {
    struct Made {
        const char* text;
        Value (*build)(Maker&);
    };
    const Made table[] = {
        {"f32[2, 7, 3]", [](Maker& m) { return linear(m.g, m.f16({2, 7, 4}), m.f32({3, 4}), {.bias = m.f32({3}), .residual = m.f32({2, 7, 3})}); }},
        {"f16[4]", [](Maker& m) { return linear(m.g, m.f32({6}), m.f16({4, 6}), {.type = Type::f16}); }},
        {"f32[6, 1, 5]", [](Maker& m) { return linear_chosen(m.g, m.f16({6, 1, 4}), m.f32({9, 4}), m.u32({2, 5}), m.f32({9})); }},
        {"f16[4, 1, 6]", [](Maker& m) { return ssru(m.g, m.state(Type::f32, {7, 6}), m.f16({4, 1, 6}), m.f32({4, 1, 6}), {.beams = 2, .type = Type::f16}).output; }},
        {"f32[7, 6]", [](Maker& m) { return ssru(m.g, m.state(Type::f32, {7, 6}), m.f32({4, 6}), m.f32({4, 6})).cell; }},
        {"f32[2, 3]", [](Maker& m) { return add(m.g, m.f16({2, 3}), m.f32({2, 3})); }},
        {"f16[2, 4]", [](Maker& m) { return activate(m.g, m.f16({2, 4}), Activation::silu); }},
        {"f32[5, 3]", [](Maker& m) { return layer_norm(m.g, m.f32({5, 3}), m.f32({3}), m.f32({3}), {.residual = m.f16({5, 3})}); }},
        {"f32[]", [](Maker& m) { return softmax(m.g, m.f32({})); }},
        {"f32[2, 3, 5, 4]", [](Maker& m) { return split_heads(m.g, m.f32({2, 5, 12}), 3); }},
        {"f16[2, 5, 12]", [](Maker& m) { return merge_heads(m.g, m.f16({2, 3, 5, 4})); }},
        {"f32[2, 3]", [](Maker& m) { return columns(m.g, m.f32({2, 8}), 5, 3); }},
        {"f32[1, 4, 6]", [](Maker& m) { return embedding(m.g, m.u32({1, 4}), m.f16({9, 6})); }},
        {"u32[6, 4]", [](Maker& m) { return top_k(m.g, m.f32({2, 3, 10}), 4).ids; }},
        {"f32[6, 4]", [](Maker& m) { return top_k(m.g, m.f32({2, 3, 10}), 4, m.u32({6, 2})).log_probabilities; }},
        {"f16[3, 2]", [](Maker& m) { return store(m.g, m.state(Type::f16, {3, 2}), m.f32({1, 2, 2})); }},
        {"f32[2, 2, 5, 4]", [](Maker& m) { return kv_append(m.g, {m.state(Type::f32, {2, 2, 5, 4}), m.state(Type::f32, {2, 2, 5, 4})}, m.f32({1, 3, 8}), m.f16({1, 2, 3, 4}), m.u32({2})).value; }},
        {"f16[2, 3, 8]", [](Maker& m) { return attention(m.g, m.f32({2, 3, 8}), m.f16({2, 1, 5, 4}), m.f32({2, 5, 4}), {.heads = 2, .key_value_heads = 1, .type = Type::f16}); }},
        {"f32[2, 2, 3, 4]", [](Maker& m) { return attention(m.g, m.f32({2, 2, 3, 4}), m.f32({1, 5, 8}), m.f32({1, 5, 8}), {.heads = 2, .blocks = m.u32({1, 5})}); }},
        {"f32[2, 2, 3, 5]", [](Maker& m) { return attention_scores(m.g, m.f32({2, 3, 8}), m.f32({2, 5, 8}), {.heads = 2}); }},
        {"f32[1, 2, 6, 7]", [](Maker& m) { return attention_scores(m.g, m.f32({2, 3, 8}), m.f32({1, 5, 8}), {.heads = 2, .blocks = m.u32({1, 5}), .keys_per_query = 7}); }},
        {"f32[2, 3, 8]", [](Maker& m) { return attention_values(m.g, m.f32({2, 2, 3, 5}), m.f32({2, 5, 8}), {.mask = {.heads = 2}, .rows = true}); }},
        {"f32[2, 3, 8]", [](Maker& m) { return attention_staged(m.g, m.f32({2, 3, 8}), m.f32({2, 5, 8}), m.f32({2, 5, 8}), {.heads = 2}).output; }},
    };
    for (const Made& row : table) {
        CAPTURE(&row - table);
        Maker       m;
        const Value value = row.build(m);
        CHECK(m.g.desc(value).text() == row.text);
    }
}

}  // namespace attune::test

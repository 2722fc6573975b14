// The ops: functions that append one node to a graph and return what it makes.
//
// Letters: B batch (sequences), S query positions, T key positions or cache capacity, N tokens of
// all sequences one after the other, R rows of a decode step (sentence x beam), H heads, D head
// size, E = H * D width, V vocabulary. Row-major, last axis contiguous.
//
// Two layouts of heads, told apart by rank:   heads [B, H, S, D]      rows [B, S, H * D]
//
// Computation, sums and softmax are f32 whatever the storage types. All functions throw
// attune::Error(bad_input) naming the op and the operand whose shape or type does not fit.
#pragma once

#include <attune/graph.hpp>

namespace attune {

enum class Activation : std::int64_t { none, relu, gelu, gelu_tanh, silu };

// y = activation(x W^T + bias) + residual
// x [.., K] f32|f16, weight [N, K] f32|f16, bias [N] f32, residual [.., N] f32 -> [.., N] of `type`.
struct LinearOptions {
    std::optional<Value> bias = {};
    std::optional<Value> residual = {};
    Activation           activation = Activation::none;
    Type                 type = Type::f32;
};
Value linear(Graph& g, Value x, Value weight, const LinearOptions& options = {});

// The projection onto some rows of a weight, chosen for each sentence: logits of a shortlist.
//   y[r, i] = x[r] . weight[chosen[s, i]] + bias[chosen[s, i]],  s = r / (R / S);  -inf where chosen[s, i] >= V
// x [.., K] f32|f16, R rows; weight [V, K] f32|f16|i8, a weight of the graph; chosen [S, n] u32, S a divisor of R, in any
// order, 0xffffffff where a list is shorter; bias [V] f32 -> [.., n] f32.
// An element's bits depend on its rows of x and weight alone, not on R, n or its place; ids that top_k gives are places.
Value linear_chosen(Graph& g, Value x, Value weight, Value chosen, std::optional<Value> bias = {});

// a + b, same shape; -> f32.
Value add(Graph& g, Value a, Value b);

// activation(x), elementwise; same type as x.  gelu: x/2 (1 + erf(x/sqrt 2)); gelu_tanh: its tanh
// approximation (Hendrycks & Gimpel 2016, arXiv 1606.08415); silu: x / (1 + exp(-x)).
Value activate(Graph& g, Value x, Activation activation);

// (z - mean z) / sqrt(var z + epsilon) * gain + bias,  z = x + residual; over the last axis; -> f32.
// x [.., E] f32|f16, residual as x, gain and bias [E] f32. (Ba et al. 2016, arXiv 1607.06450)
struct LayerNormOptions {
    std::optional<Value> residual = {};
    double               epsilon = 1e-5;
};
Value layer_norm(Graph& g, Value x, Value gain, Value bias, const LayerNormOptions& options = {});

// exp(x - max) / sum exp(x - max) over the last axis; entries of -inf get weight 0, and a row that
// is all -inf is all 0. x f32 -> f32.
Value softmax(Graph& g, Value x);

// [B, S, H * D] -> [B, H, S, D] and back; type unchanged.
Value split_heads(Graph& g, Value x, std::uint64_t heads);
Value merge_heads(Graph& g, Value x);

// Which keys a query sees. Exactly one way of saying it per attention:
//   nothing      every query of batch b sees all T keys of batch b
//   lengths [B] u32, state or control: the first min(T, lengths[b] + lengths_offset) keys; lengths, keys,
//                values and ancestors may have room for more batches than the query, which are not read
//   blocks  [n, 5] u32, control: rows (first_query, queries, first_key, keys, position): the queries
//           [first_query, +queries) see the keys [first_key, +keys). Query rows are counted over
//           B * S, key rows over the key operand's S axis, whose batch is 1: sequences of any
//           lengths lie one after the other, unpadded. `queries` <= block_rows. A query row that no
//           block names is left unwritten; a block with keys = 0 gives rows of 0.
//   causal  key j (counted from the first visible one) is seen by query i (counted within its batch
//           or block) only if j <= i + position; position is that of the block, else query_position
//   ancestors [B, T] u32, state, together with lengths and S = 1: key t of batch b is read from
//           batch ancestors[b, t]: beams share a cache without copying it
struct AttentionOptions {
    std::uint64_t        heads = 1;
    std::uint64_t        key_value_heads = 0;    // 0: as many as heads; else a divisor: query head h reads h / (heads / it)
    double               scale = 0;              // 0: 1 / sqrt(D)
    bool                 causal = false;
    std::int64_t         query_position = 0;
    std::optional<Value> lengths = {};
    std::int64_t         lengths_offset = 0;
    std::optional<Value> blocks = {};
    std::uint64_t        block_rows = 8;
    std::optional<Value> ancestors = {};
    std::uint64_t        typical_keys = 0;       // how many keys a query usually sees, if lengths or blocks say it: only
                                                 // for estimating costs; 0: all of them
    std::uint64_t        keys_per_query = 0;     // staged with blocks: width of the score rows
    Type                 type = Type::f32;       // of the output
};

// softmax(scale Q K^T + mask) V per head, fused: online softmax, scores never stored.
// (Vaswani et al. 2017, arXiv 1706.03762; Milakov & Gimelshein 2018, arXiv 1805.02867; Dao 2022, arXiv 2205.14135)
// query [B, H, S, D] | [B, S, H*D], key and value alike (heads or rows layout, each for itself).
// -> the layout of query. A query that sees no key gives exactly 0; keys it does not see are not read into it.
Value attention(Graph& g, Value query, Value key, Value value, const AttentionOptions& options);

// The same in three kernels with the weights readable. Scores of unseen keys are -inf, weights 0.
//   attention_scores  -> [B, H, S, T] f32; with blocks [1, H, B*S, keys_per_query], column = key within its block
//   softmax           -> the same
//   attention_values  weights as above, value -> the layout of query (heads [B,H,S,D] if `rows` is false)
Value attention_scores(Graph& g, Value query, Value key, const AttentionOptions& options);
struct AttentionValuesOptions {
    AttentionOptions mask;          // the same as for the scores
    bool             rows = false;  // output layout
    std::uint64_t    batch = 1;     // with blocks: B and S of the output, as of the query
    std::uint64_t    queries = 0;
};
Value attention_values(Graph& g, Value weights, Value value, const AttentionValuesOptions& options);

struct StagedAttention {
    Value output;    // as of attention()
    Value weights;   // as of softmax above
};
StagedAttention attention_staged(Graph& g, Value query, Value key, Value value, const AttentionOptions& options);

// Writes key and value rows into caches at each row's own position (in place):
// key_cache[b, :, position[b] + s, :] = key[b, s]; rows beyond the capacity T are dropped.
// caches state [B, Hk, T, D] f32|f16; key, value [B, S, Hk*D] | [B, Hk, S, D]; position [B] u32.
struct Caches {
    Value key;
    Value value;
};
Caches kv_append(Graph& g, Caches caches, Value key, Value value, Value position);

// Copies x into the first rows of a state (in place): memory [.., E] f32|f16, x [.., E], rows(x) <= rows(memory).
Value store(Graph& g, Value memory, Value x);

// scale * table[ids] + position_table[positions]; positions beyond their table are clamped to its last row, and so
// are ids, unless those are to stand for a vector of zeros (to which the position is still added).
// ids [..] u32, table [V, E] f32|f16, positions [..] u32, one per id and maybe more -> [.., E] f32.
enum class Beyond : std::int64_t { last_row, zero };
struct EmbeddingOptions {
    double               scale = 1;
    std::optional<Value> positions = {};
    std::optional<Value> position_table = {};   // [P, E] f32; both or neither
    Beyond               beyond = Beyond::last_row;   // what an id >= V gives
};
Value embedding(Graph& g, Value ids, Value table, const EmbeddingOptions& options = {});

// The k best of log_softmax(logits) in each row, best first; ties: the lower id.
// logits [.., V] f32; banned [rows, C] u32, ascending ids, padded with 0xffffffff: they are never chosen,
// and count in the normaliser only with Banned::counted. A logit of -inf or NaN is never chosen either.
// Where fewer than k are left: id 0xffffffff, -inf.
// The normaliser is a sum of sums over strips of a row. Strips are 128 wide up to V = 16,384, and wider beyond: then
// a row's bits depend on V. Where rows of the same logits, followed by other numbers of -inf, have to give the same
// bits, all their graphs give the same `widest`, which is no less than any V: strips are those of that width.
// -> ids [rows, k] u32, log_probabilities [rows, k] f32.   1 <= k <= 64
struct TopK {
    Value ids;
    Value log_probabilities;
};
enum class Banned : std::int64_t { counted, left_out };
TopK top_k(Graph& g, Value logits, std::uint64_t k, std::optional<Value> banned = {}, Banned in_normaliser = Banned::counted, std::uint64_t widest = 0);

// Beam search's bookkeeping of histories, in place. Rows belong to sentences of `beams` neighbours,
// and parents [R] u32 names for each row the row of its own sentence whose history it goes on from:
// ancestors[r, t] = t < position[r] ? ancestors_before[parents[r], t] : r.   ancestors state [R, T] u32; beams <= 64.
Value reorder_ancestors(Graph& g, Value ancestors, Value parents, Value position, std::uint64_t beams);

// One step of beam search for sentences of `beams` neighbouring rows, in place, from the candidates that top_k found: what
// a decode step needs of the host, so that some of them can run without it. The rules, of transformers (greedy for one
// beam) or of Marian, are those of runtime/search/beam_step.h without forced tokens; sums are f32 in its order.
//   rules   [E + N] u32: E tokens that end a hypothesis; for each of the next N steps, as the bits of an f32, what scores are
//           divided by: length ^ length_penalty
//   chosen  [S, n] u32: what ids of sentence s stand for, as for linear_chosen(); none: tokens
//   search  state [1 + S, 6 + 2 beams] u32. search[0, 0]: sentences that go on; one that stops is taken off. Row 1 + s:
//           tokens of each row so far; most of them, at which all end; steps taken since the history began; 1: it has
//           stopped; finished hypotheses; the bits of what the best row's score is divided by to judge it, 0 where that is
//           the present length's; bits of the rows' scores; bits of the finished scores, best first.
//           The finished are kept for transformers' stop test alone: Marian's rules count them.
//   tokens  state [.., 1] u32, R rows: the newest token of each row;  parents state [R] u32: the row that each goes on from
//   history state [R, N, 2k + 2] u32: of each step ids, the bits of log_probabilities, token and parent; nothing beyond N
// A sentence that has stopped goes on nonetheless where it can; where everything is banned, its rows stay as they are.
// best ids, log_probabilities [R, k]: each row's best first.   R = S * beams, beams <= 16, k <= 64
enum class BeamRules : std::int64_t { transformers, marian };
struct BeamStates {
    Value tokens;
    Value parents;
    Value search;
    Value history;
};
struct BeamStepOptions {
    std::uint64_t        beams = 1;
    BeamRules            rules = BeamRules::transformers;
    bool                 early_stopping = false;   // transformers: a sentence stops once `beams` hypotheses are finished
    std::optional<Value> chosen = {};
};
BeamStates beam_step(Graph& g, const TopK& best, Value rules, const BeamStates& states, const BeamStepOptions& options = {});

// One step of the simpler simple recurrent unit, in place. Before it, row r's cell is that of row parents[r] of its
// own sentence (rows belong to sentences of `beams` neighbours; without parents its own), or 0 where position[r] is 0:
//   f = sigmoid(forget),  cell[r] = f * before + (1 - f) * candidate,  output = relu(cell[r])
// cell exact_state [>= R, d] f32; forget, candidate [.., d] f32|f16, R rows;
// parents [R] u32; position [>= R] u32 -> output [.., d] of `type`, and the cell.   beams <= 64
// Two linears that make forget and candidate become one if both have a bias or neither has one.
// (Lei et al. 2018, arXiv 1709.02755; Kim et al. 2019, "From Research to Production and Back", WNGT)
struct SsruOptions {
    std::optional<Value> parents = {};
    std::optional<Value> position = {};
    std::uint64_t        beams = 1;
    Type                 type = Type::f32;   // of the output
};
struct SsruStep {
    Value output;
    Value cell;
};
SsruStep ssru(Graph& g, Value cell, Value forget, Value candidate, const SsruOptions& options = {});

enum class Renumber : std::int64_t { no, yes };

// Keeps some rows of a state, in place: memory[i] = memory[indices[i]], i = 0 .. n-1; the other rows are
// left as they are. indices [n] u32 ascend strictly. With Renumber::yes the memory is u32 row numbers (ancestors),
// and those of row i become smaller by indices[i] - i, as far as the row itself moves.
// memory [R, ..], whole 32-bit words per row.
Value keep_rows(Graph& g, Value memory, Value indices, Renumber renumber = Renumber::no);

// position[i] += step, in place. position state [..] u32.
Value advance(Graph& g, Value position, std::uint64_t step = 1);

// Columns [column, column + width) of the last axis, as a value of its own (a copy, unless the
// ops that read it can take the columns in place).
Value columns(Graph& g, Value x, std::uint64_t column, std::uint64_t width);

}  // namespace attune

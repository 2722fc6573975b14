#include "support/example.h"

#include <algorithm>
#include <array>

namespace attune::test {
namespace {

// Draws nodes one after the other. Most values are rows [B, S, H * D] or heads [B, H, S, D].
class Maker {
public:
    explicit Maker(const RandomGraph& settings) : settings_(settings), random_(settings.seed * 1009 + 7) {
        const bool large = settings.large;
        batch_ = 1 + random_.below(large ? 4 : 3);
        queries_ = large ? one_of({1, 17, 120, 333}) : one_of({1, 2, 5, 9});
        heads_ = one_of({1, 2, 3, 4});
        size_ = large ? one_of({8, 32, 64, 128, 250}) : one_of({1, 2, 4, 7, 8});
        capacity_ = large ? one_of({9, 64, 300}) : one_of({1, 3, 8, 17});
        width_ = heads_ * size_;
    }

    Example make() {
        for (const char* name : {"x", "z"}) rows_.push_back(input(name, rows_desc()));
        const unsigned steps = 5 + random_.below(16);
        for (unsigned step = 0; step < steps; ++step) {
            using Step = void (Maker::*)();
            static constexpr std::array<Step, 18> all = {
                &Maker::linear_step, &Maker::linear_step, &Maker::activation_step, &Maker::add_step, &Maker::norm_step, &Maker::columns_step, &Maker::heads_step,
                &Maker::attention_step, &Maker::attention_step, &Maker::cache_step, &Maker::blocks_step, &Maker::store_step, &Maker::books_step,
                &Maker::ancestors_step, &Maker::recurrent_step, &Maker::embedding_step, &Maker::top_k_step, &Maker::softmax_step};
            (this->*all[random_.below(all.size())])();
        }
        choose_outputs();
        return std::move(example_);
    }

private:
    // ---- choices and operands ----------------------------------------------------------------

    std::uint64_t one_of(std::initializer_list<std::uint64_t> values) { return values.begin()[random_.below(static_cast<std::uint32_t>(values.size()))]; }
    bool          maybe(unsigned percent) { return random_.below(100) < percent; }
    Graph&        g() { return example_.graph; }
    TensorDesc    rows_desc() const { return {Type::f32, {batch_, queries_, width_}}; }
    Type          some_type(std::uint64_t width) { return settings_.half && width % 2 == 0 && maybe(40) ? Type::f16 : Type::f32; }
    std::string   fresh(const char* kind) { return kind + std::to_string(names_++); }

    Tensor numbers(const TensorDesc& desc, double deviation) {
        return desc.type == Type::u32 ? random_ids(desc.shape, random_, static_cast<std::uint32_t>(deviation)) : random_tensor(desc, random_, deviation);
    }
    Value input(const std::string& name, const TensorDesc& desc) { return settings_.numbers ? example_.input(name, numbers(desc, 1)) : g().input(name, desc); }
    Value weight(const std::string& name, const TensorDesc& desc, double deviation) {
        return settings_.numbers ? example_.weight(name, numbers(desc, deviation)) : g().weight(name, desc);
    }
    Value state(const std::string& name, const TensorDesc& desc, double deviation = 1) {   // its newest version
        return settings_.numbers && !example_.tensors.contains(name) ? example_.state(name, numbers(desc, deviation)) : g().state(name, desc);
    }
    Value control(const std::string& name, const Shape& shape, std::uint32_t bound) {
        return settings_.numbers ? example_.control(name, numbers({Type::u32, shape}, bound)) : g().control(name, {Type::u32, shape});
    }

    // A state that ops write more than once: its newest version only, what was read before is gone.
    Value memory() { return state("memory", {Type::f32, {batch_, queries_, width_}}); }
    Value position() { return state("position", {Type::u32, {batch_ + 1}}, static_cast<double>(capacity_)); }

    Value rows() { return maybe(8) ? memory() : rows_[random_.below(static_cast<std::uint32_t>(rows_.size()))]; }
    Value rows_f32() {
        const Value value = rows();
        return g().desc(value).type == Type::f32 ? value : rows_[0];
    }

    Value matrix(std::uint64_t outputs, std::uint64_t inputs) {
        if (maybe(10) && shared_.contains({outputs, inputs})) return shared_.at({outputs, inputs});
        const Type  type = settings_.int8 && maybe(40) ? Type::i8 : Type::f32;
        const Value value = weight(fresh("matrix"), {type, {outputs, inputs}}, 0.3);
        shared_.insert_or_assign({outputs, inputs}, value);
        return value;
    }
    Value vector(std::uint64_t width) { return weight(fresh("vector"), {Type::f32, {width}}, 0.3); }

    Value project(Value x, std::uint64_t outputs) {
        LinearOptions options{.bias = {}, .residual = {}, .activation = Activation::none, .type = some_type(outputs)};
        if (maybe(70)) options.bias = vector(outputs);
        return linear(g(), x, matrix(outputs, width_), options);
    }
    Value heads_of(Value x) { return split_heads(g(), x, heads_); }

    // ---- steps ---------------------------------------------------------------------------------

    void linear_step() {
        LinearOptions options{.bias = {}, .residual = {}, .activation = static_cast<Activation>(random_.below(5)), .type = some_type(width_)};
        if (maybe(50)) options.bias = vector(width_);
        if (maybe(30)) options.residual = rows_f32();
        const Value x = rows();
        rows_.push_back(linear(g(), x, matrix(width_, width_), options));
    }

    // Between a projection and what could be fused into it other values are made.
    void activation_step() {
        Value       x = project(rows(), width_);
        const Value between = maybe(50) ? project(rows(), width_) : rows();
        if (odd_with_half(x)) return;
        x = activate(g(), x, static_cast<Activation>(1 + random_.below(4)));
        rows_.push_back(maybe(60) ? add(g(), x, between) : x);
    }
    bool odd_with_half(Value x) const { return example_.graph.desc(x).type == Type::f16 && width_ % 2; }

    void add_step() {
        const Value a = maybe(60) ? project(rows(), width_) : rows();
        const Value b = maybe(30) ? project(rows(), width_) : rows();
        rows_.push_back(add(g(), a, b));
    }

    void norm_step() {
        LayerNormOptions options;
        const Value      x = maybe(60) ? project(rows(), width_) : rows();
        if (maybe(60)) options.residual = maybe(20) ? project(rows(), width_) : rows();
        const Value gain = vector(width_), bias = vector(width_);
        rows_.push_back(layer_norm(g(), x, gain, bias, options));
    }

    void columns_step() {
        const Value wide = project(rows(), 2 * width_);
        if (g().desc(wide).type == Type::f16 && width_ % 2) return;
        rows_.push_back(columns(g(), wide, width_, width_));
        if (maybe(50)) rows_.push_back(columns(g(), wide, 0, width_));
    }

    bool splits_half(Value x) const { return example_.graph.desc(x).type == Type::f16 && size_ % 2; }
    void heads_step() {
        const Value x = maybe(30) ? memory() : maybe(50) ? project(rows(), width_) : rows();
        if (splits_half(x)) return;
        if (maybe(60)) split_.push_back(heads_of(x));
        else rows_.push_back(merge_heads(g(), heads_of(x)));
    }

    // An operand of attention: rows, their heads, or heads that were split long ago.
    Value operand() {
        if (!split_.empty() && maybe(30)) return split_[random_.below(static_cast<std::uint32_t>(split_.size()))];
        const Value x = maybe(70) ? project(shared_input_, width_) : rows();
        return maybe(60) && !splits_half(x) ? heads_of(x) : x;
    }

    Value attend(Value query, Value key, Value value, const AttentionOptions& options) {
        const Value result = maybe(60) ? attention(g(), query, key, value, options) : attention_staged(g(), query, key, value, options).output;
        return g().desc(result).shape.rank() == 4 ? merge_heads(g(), result) : result;
    }

    void attention_step() {
        shared_input_ = rows();
        AttentionOptions options{.heads = heads_, .causal = maybe(40), .type = some_type(size_)};
        if (maybe(40)) options.lengths = control(fresh("lengths"), {batch_}, static_cast<std::uint32_t>(queries_ + 1));
        const Value query = operand(), key = operand(), value = operand();
        for (const Value one : {query, key, value})
            if (g().desc(one).type == Type::f16 && g().desc(one).width() % 2) return;
        rows_.push_back(attend(query, key, value, options));
    }

    void cache_step() {
        shared_input_ = rows();
        const TensorDesc cache{settings_.half && size_ % 2 == 0 ? Type::f16 : Type::f32, {batch_ + 1, heads_, capacity_, size_}};
        const Value      query = operand(), key = operand(), value = operand(), at = position();
        const Caches     after = kv_append(g(), {state("keys", cache), state("values", cache)}, key, value, at);
        rows_.push_back(attend(query, after.key, after.value, {.heads = heads_, .lengths = at, .lengths_offset = static_cast<std::int64_t>(queries_)}));
    }

    // Some queries see runs of a memory that belongs to nobody's batch.
    void blocks_step() {
        const std::uint64_t tall = maybe(30) ? 1 : 4, per_batch = (queries_ + tall - 1) / tall;
        const Value         key = input(fresh("keys"), {Type::f32, {1, capacity_, width_}}), value = input(fresh("values"), {Type::f32, {1, capacity_, width_}});
        const std::string   name = fresh("blocks");
        const Value         blocks = control(name, {batch_ * per_batch, 5}, 1);
        if (settings_.numbers) {
            std::uint32_t* row = example_.tensors.at(name).as<std::uint32_t>().data();
            for (std::uint64_t b = 0; b < batch_; ++b)
                for (std::uint64_t first = 0; first < queries_; first += tall, row += 5) {
                    const std::uint64_t count = std::min(tall, queries_ - first), first_key = random_.below(static_cast<std::uint32_t>(capacity_));
                    const std::uint64_t values[] = {b * queries_ + first, count, first_key, random_.below(static_cast<std::uint32_t>(capacity_ - first_key + 1)), first};
                    std::transform(std::begin(values), std::end(values), row, [](std::uint64_t v) { return static_cast<std::uint32_t>(v); });
                }
        }
        shared_input_ = rows();
        const Value query = operand();
        rows_.push_back(attend(query, key, value, {.heads = heads_, .causal = maybe(30), .blocks = blocks, .block_rows = tall, .keys_per_query = capacity_}));
    }

    void store_step() { store(g(), memory(), maybe(50) ? project(rows(), width_) : rows_[0]); }

    void books_step() {
        if (maybe(50)) advance(g(), position(), 1 + random_.below(2));
        if (maybe(50)) {
            const Value       kept = state("kept", {Type::f32, {5, size_}});
            const std::string name = fresh("indices");
            const Value       indices = control(name, {3}, 1);
            if (settings_.numbers) {
                const auto kept_rows = example_.tensors.at(name).as<std::uint32_t>();
                kept_rows[0] = random_.below(2);
                kept_rows[1] = kept_rows[0] + 1;
                kept_rows[2] = kept_rows[1] + 1 + random_.below(2);
            }
            keep_rows(g(), kept, indices);
        }
    }

    void ancestors_step() {
        if (queries_ != 1) return;
        const Value before = state("ancestors", {Type::u32, {batch_ + 1, capacity_}}, static_cast<double>(batch_));
        const Value parents = control(fresh("parents"), {batch_}, static_cast<std::uint32_t>(batch_)), at = position();
        const Value after = reorder_ancestors(g(), before, parents, at, batch_);
        const Shape cache{batch_ + 1, heads_, capacity_, size_};
        const Type  type = settings_.half && size_ % 2 == 0 ? Type::f16 : Type::f32;
        shared_input_ = rows();
        const Value query = operand(), keys = state("keys", {type, cache}), values = state("values", {type, cache});
        rows_.push_back(attend(query, keys, values, {.heads = heads_, .lengths = at, .ancestors = after}));
    }

    // Rows [B, S, E] as sentences of S beams, or as rows of their own.
    void recurrent_step() {
        const std::uint64_t count = batch_ * queries_;
        const TensorDesc    cell{Type::f32, {count + 1, width_}};
        if (settings_.numbers && !example_.tensors.contains("cell")) example_.tensors.insert_or_assign("cell", numbers(cell, 1));
        shared_input_ = rows();
        const Value forget = maybe(60) ? project(shared_input_, width_) : rows(), candidate = maybe(60) ? project(shared_input_, width_) : rows();
        SsruOptions options{.parents = {}, .position = {}, .beams = queries_ <= 64 ? queries_ : 1, .type = some_type(width_)};
        if (maybe(60)) options.parents = control(fresh("parents"), {count}, static_cast<std::uint32_t>(count));
        if (maybe(50)) options.position = control(fresh("steps"), {count}, 3);
        rows_.push_back(ssru(g(), g().exact_state("cell", cell), forget, candidate, options).output);
    }

    void embedding_step() {
        EmbeddingOptions options{.scale = 1.5, .positions = {}, .position_table = {}, .beyond = maybe(30) ? Beyond::zero : Beyond::last_row};
        if (maybe(50)) {
            options.positions = control(fresh("positions"), {batch_, queries_}, 13);
            options.position_table = weight(fresh("places"), {Type::f32, {11, width_}}, 1);
        }
        const Value ids = control(fresh("ids"), {batch_, queries_}, 50);
        rows_.push_back(embedding(g(), ids, matrix(vocabulary(), width_), options));
    }
    std::uint64_t vocabulary() const { return settings_.large ? 1003 : 37; }

    void top_k_step() {
        const Value x = rows(), table = matrix(vocabulary(), width_);
        Value       logits = linear(g(), x, table, {});
        if (maybe(40)) logits = linear_chosen(g(), x, table, control(fresh("chosen"), {batch_, 29}, static_cast<std::uint32_t>(vocabulary() + 3)));
        std::optional<Value> banned;
        if (maybe(50)) banned = control(fresh("banned"), {batch_ * queries_, 2}, 1);
        const TopK best = top_k(g(), logits, one_of({1, 3, 8, 20}), banned);
        g().output(fresh("best"), best.log_probabilities);
        if (maybe(50)) g().output(fresh("ids of best"), best.ids);
    }

    void softmax_step() { rows_.push_back(softmax(g(), rows_f32())); }

    void choose_outputs() {
        std::vector<Value> candidates;
        for (const auto* list : {&rows_, &split_})
            for (const Value value : *list)
                if (g().info(value).kind == ValueKind::temporary) candidates.push_back(value);
        for (std::size_t i = 0; i < candidates.size(); ++i)
            if (i + 1 == candidates.size() || maybe(15)) g().output(fresh("y"), candidates[i]);
    }

    RandomGraph                                                settings_;
    Random                                                     random_;
    Example                                                    example_;
    std::uint64_t                                              batch_ = 1, queries_ = 1, heads_ = 1, size_ = 1, width_ = 1, capacity_ = 1;
    unsigned                                                   names_ = 0;
    std::vector<Value>                                         rows_, split_;   // values to choose operands from
    Value                                                      shared_input_;   // of the projections of one attention
    std::map<std::pair<std::uint64_t, std::uint64_t>, Value>   shared_;         // the newest matrix of each shape
};

}  // namespace

Example random_example(const RandomGraph& settings) { return Maker(settings).make(); }

}  // namespace attune::test

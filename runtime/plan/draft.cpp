#include "plan/draft.h"

#include "graph/op.h"
#include "ops/ops.h"

#include <attune/error.hpp>

#include <algorithm>
#include <map>

namespace attune {

Draft::Draft(const Graph& graph) : graph_(graph) {
    for (const Node& node : graph.nodes())
        nodes_.push_back({.op         = node.op,
                          .inputs     = node.inputs,
                          .attributes = node.attributes,
                          .outputs    = node.outputs,
                          .merged     = {},
                          .append     = {}});
}

std::vector<Use> Draft::uses(Value value) const {
    std::vector<Use> result;
    for (std::size_t n = 0; n < nodes_.size(); ++n) {
        if (nodes_[n].dropped) continue;
        for (std::size_t i = 0; i < nodes_[n].inputs.size(); ++i)
            if (nodes_[n].inputs[i] && nodes_[n].inputs[i]->value == value) result.push_back({n, i});
    }
    return result;
}

bool Draft::is_output(Value value) const {
    return std::any_of(graph_.outputs().begin(), graph_.outputs().end(),
                       [&](const auto& entry) { return entry.second == value; });
}

std::optional<std::size_t> Draft::producer(Value value) const {
    for (std::size_t n = 0; n < nodes_.size(); ++n)
        if (!nodes_[n].dropped &&
            std::find(nodes_[n].outputs.begin(), nodes_[n].outputs.end(), value) != nodes_[n].outputs.end())
            return n;
    return std::nullopt;
}

void Draft::replace(std::size_t node, Value value, const Operand& instead) {
    for (const Use& use : uses(value)) nodes_[use.node].inputs[use.input] = instead;
    nodes_[node].dropped = true;
}

void Draft::drop_dead_nodes() {
    for (std::size_t n = nodes_.size(); n-- > 0;) {
        DraftNode& node = nodes_[n];
        if (node.dropped || std::ranges::any_of(node.op->in_place, [](int target) { return target >= 0; })) continue;
        node.dropped = std::none_of(node.outputs.begin(), node.outputs.end(),
                                    [&](Value value) { return is_output(value) || !uses(value).empty(); });
    }
}

namespace {

// States are the caches: which of them can be f16 says who reads them, in every graph alike.
bool wants_half(ValueKind kind, const RunOptions& options) {
    if (kind == ValueKind::state && options.cache) return *options.cache == Type::f16;
    return options.precision == Precision::f16;
}

}  // namespace

Type Draft::stored_type(Value value, const RunOptions& options) const {
    const ValueInfo& info = graph_.info(value);
    if (info.desc.type != Type::f32) return info.desc.type;
    if (info.kind == ValueKind::weight && options.precision == Precision::int8 && fits_int8(value)) return Type::i8;
    return wants_half(info.kind, options) && fits_half(value) ? Type::f16 : Type::f32;
}

bool Draft::fits_int8(Value weight) const {
    if (graph_.desc(weight).shape.rank() != 2 || is_output(weight)) return false;
    const auto readers = uses(weight);
    return !readers.empty() && std::all_of(readers.begin(), readers.end(), [&](const Use& use) {
        return nodes_[use.node].op->int8_inputs >> use.input & 1;
    });
}

bool Draft::fits_half(Value value) const {
    if (graph_.desc(value).width() % 2 || graph_.info(value).exact) return false;
    const Value storage = graph_.info(value).storage;
    for (std::uint32_t id = 0; id < graph_.values().size(); ++id) {
        if (graph_.info(Value{id}).storage != storage) continue;  // other versions of the same state too
        if (is_output(Value{id})) return false;
        for (const Use& use : uses(Value{id})) {
            const DraftNode& reader = nodes_[use.node];
            if (!(reader.op->half_inputs >> use.input & 1)) return false;
            if (reader.op->keeps_type && !fits_half(reader.outputs[0])) return false;
        }
    }
    return true;
}

bool Draft::touched_between(std::size_t first, std::size_t last, Value value) const {
    const Value storage = graph_.info(value).storage;
    for (std::size_t n = first; n < last; ++n)
        for (const auto& operand : nodes_[n].inputs)
            if (!nodes_[n].dropped && operand && graph_.info(operand->value).storage == storage) return true;
    return false;
}

bool Draft::can_write_half(const DraftNode& node) const {
    if (!node.op->half_output) return false;
    std::vector<TensorDesc> descs;
    descs.reserve(node.inputs.size());
    std::vector<const TensorDesc*> pointers;
    for (const auto& operand : node.inputs) {
        if (operand) descs.push_back(graph_.desc(*operand));
        pointers.push_back(operand ? &descs.back() : nullptr);
    }
    Attributes attributes = node.attributes;
    attributes.set("type", static_cast<std::int64_t>(Type::f16));
    try {
        node.op->infer(pointers, attributes);
        return true;
    } catch (const Error&) {  // heads of an odd size, for example
        return false;
    }
}

namespace {

// Makes the new graph value by value, remembering what each old value became.
class Builder {
public:
    Builder(const Draft& draft, const std::vector<DraftNode>& nodes, const RunOptions& options)
        : draft_(draft), nodes_(nodes), options_(options) {}

    Graph build() {
        for (const DraftNode& node : nodes_)
            if (!node.dropped && !node.absorbed) emit(node);
        for (const auto& [name, value] : draft_.graph().outputs()) graph_.output(name, mapped({value}).value);
        return std::move(graph_);
    }

private:
    Type narrowed(Value value) const { return draft_.stored_type(value, options_); }

    Operand mapped(const Operand& old) {
        auto found = values_.find(old.value.id);
        if (found == values_.end()) found = values_.emplace(old.value.id, Operand{named(old.value)}).first;
        Operand result = found->second;
        if (old.width) {
            result.column += old.column;
            result.width = old.width;
        }
        return result;
    }

    Value named(Value old) {
        const ValueInfo& info = draft_.graph().info(old);
        TensorDesc       desc = info.desc;
        switch (info.kind) {
        case ValueKind::input: return graph_.input(info.name, desc);
        case ValueKind::control: return graph_.control(info.name, desc);
        case ValueKind::state:
            desc.type = narrowed(old);
            return info.exact ? graph_.exact_state(info.name, desc) : graph_.state(info.name, desc);
        default: break;
        }
        desc.type = narrowed(old);
        if (info.parts.size() <= 1) return graph_.weight(info.name, desc);
        std::vector<Value> parts;  // a concatenation that the caller made himself
        for (const std::string& part : info.parts) {
            for (std::uint32_t id = 0; id < draft_.graph().values().size(); ++id) {
                const ValueInfo& candidate = draft_.graph().info(Value{id});
                if (candidate.kind == ValueKind::weight && candidate.name == part)
                    parts.push_back(graph_.weight(part, {desc.type, candidate.desc.shape}));
            }
        }
        return graph_.concatenated_weight(parts);
    }

    void emit(const DraftNode& node) {
        if (!node.merged.empty()) return emit_merged(node);
        std::vector<std::optional<Operand>> inputs;
        for (const auto& operand : node.inputs)
            inputs.push_back(operand ? std::optional(mapped(*operand)) : std::nullopt);
        const std::vector<Value> made = graph_.add(*node.op, std::move(inputs), typed(node));
        for (std::size_t o = 0; o < made.size(); ++o) values_.insert_or_assign(node.outputs[o].id, Operand{made[o]});
    }

    Attributes typed(const DraftNode& node) const {
        Attributes attributes = node.attributes;
        // A residual sum is the residual stream itself and stays f32.
        const bool residual = node.inputs.size() > 3 && node.inputs[3].has_value() && node.op->panel_inputs;
        if (!residual && narrowed(node.outputs[0]) == Type::f16 && draft_.can_write_half(node))
            attributes.set("type", static_cast<std::int64_t>(Type::f16));
        return attributes;
    }

    // Linears of one input, as one linear over their weights one below the other.
    void emit_merged(const DraftNode& first) {
        std::vector<const DraftNode*> members = {&first};
        for (const std::size_t other : first.merged) members.push_back(&nodes_[other]);
        std::vector<Value> weights, biases;
        for (const DraftNode* member : members) {
            weights.push_back(mapped(*member->inputs[1]).value);
            if (member->inputs[2]) biases.push_back(mapped(*member->inputs[2]).value);
        }
        std::vector<std::optional<Operand>> inputs = {
            mapped(*first.inputs[0]), Operand{graph_.concatenated_weight(weights)}, std::nullopt, std::nullopt};
        if (!biases.empty()) inputs[2] = Operand{graph_.concatenated_weight(biases)};
        // Their columns become f16 together or not at all.
        const bool       narrow     = std::all_of(members.begin(), members.end(), [&](const DraftNode* member) {
            return narrowed(member->outputs[0]) == Type::f16;
        });
        const Attributes attributes = narrow ? typed(first) : first.attributes;
        const auto       made = first.append ? add_append(nodes_[*first.append], members, std::move(inputs), attributes)
                                             : graph_.add(*first.op, std::move(inputs), attributes);
        std::uint64_t    column = 0;
        for (const DraftNode* member : members) {
            const std::uint64_t width = draft_.graph().desc(member->outputs[0]).width();
            values_.insert_or_assign(member->outputs[0].id, Operand{made[0], column, width});
            column += width;
        }
    }

    // The product that puts the columns of two of its members into caches.
    std::vector<Value> add_append(const DraftNode& append, const std::vector<const DraftNode*>& members,
                                  std::vector<std::optional<Operand>> inputs, Attributes attributes) {
        std::uint64_t column = 0;
        for (const DraftNode* member : members) {
            for (const auto& [input, name] : {std::pair{2, "key_column"}, {3, "value_column"}})
                if (append.inputs[static_cast<std::size_t>(input)]->value == member->outputs[0])
                    attributes.set(name, static_cast<std::int64_t>(column));
            column += draft_.graph().desc(member->outputs[0]).width();
        }
        for (const std::size_t input : {0u, 1u, 4u}) inputs.push_back(mapped(*append.inputs[input]));
        const std::vector<Value> made = graph_.add(ops::linear_append, std::move(inputs), std::move(attributes));
        for (const std::size_t cache : {0u, 1u})
            values_.insert_or_assign(append.outputs[cache].id, Operand{made[1 + cache]});
        return made;
    }

    const Draft&                     draft_;
    const std::vector<DraftNode>&    nodes_;
    const RunOptions&                options_;
    Graph                            graph_;
    std::map<std::uint32_t, Operand> values_;
};

}  // namespace

Graph Draft::build(const RunOptions& options) const { return Builder(*this, nodes_, options).build(); }

}  // namespace attune

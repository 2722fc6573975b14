#include "plan/rewrite.h"

#include "ops/ops.h"
#include "plan/draft.h"

#include <attune/error.hpp>

#include <algorithm>

namespace attune {
namespace {

constexpr std::size_t x_input = 0, weight_input = 1, bias_input = 2, residual_input = 3,
                      norm_inputs = 4;  // of linear

// The linear node that makes `value`, if nobody else reads the value and nothing is fused into it yet.
DraftNode* sole_linear(Draft& draft, Value value) {
    const auto producer = draft.producer(value);
    if (!producer || draft.is_output(value) || draft.uses(value).size() != 1) return nullptr;
    DraftNode& node = draft.nodes()[*producer];
    return node.op == &ops::linear && !node.inputs[residual_input] ? &node : nullptr;
}

void fuse_activations(Draft& draft) {
    for (std::size_t n = 0; n < draft.nodes().size(); ++n) {
        DraftNode& node = draft.nodes()[n];
        if (node.dropped || node.op != &ops::activate) continue;
        DraftNode* linear = sole_linear(draft, node.inputs[0]->value);
        if (!linear || node.inputs[0]->width || linear->attributes.integer("activation") != 0) continue;
        linear->attributes.set("activation", node.attributes.integer("activation"));
        linear->outputs = node.outputs;
        node.dropped    = true;
    }
}

// A residual that exists when the linear runs can be added there.
bool can_take_residual(Draft& draft, const DraftNode& linear, const std::optional<Operand>& residual) {
    if (!residual || residual->width || draft.graph().desc(residual->value).type != Type::f32) return false;
    const auto producer = draft.producer(residual->value);
    return !producer || &draft.nodes()[*producer] < &linear;
}

void fuse_residuals(Draft& draft) {
    for (std::size_t n = 0; n < draft.nodes().size(); ++n) {
        DraftNode& node = draft.nodes()[n];
        if (node.dropped || (node.op != &ops::layer_norm && node.op != &ops::add)) continue;
        for (const std::size_t side : {0u, 1u}) {
            auto &term = node.inputs[side], &other = node.inputs[1 - side];
            if (!term || !other || term->width) continue;
            DraftNode* linear = sole_linear(draft, term->value);
            if (!linear || !can_take_residual(draft, *linear, other)) continue;
            linear->inputs[residual_input] = other;
            linear->attributes.set("type",
                                   static_cast<std::int64_t>(Type::f32));  // the sum is what is rounded, if at all
            if (node.op == &ops::add) {
                linear->outputs = node.outputs;
                node.dropped    = true;
            } else {
                node.inputs[0] = Operand{linear->outputs[0]};
                node.inputs[1] = std::nullopt;
            }
            break;
        }
    }
}

// A norm of a sum that nobody else reads becomes part of the product that makes the sum.
void fuse_norms(Draft& draft) {
    for (DraftNode& node : draft.nodes()) {
        if (node.dropped || node.op != &ops::layer_norm || node.inputs[1]) continue;
        const auto constant = [&](const std::optional<Operand>& operand) {
            const ValueKind kind = draft.graph().info(operand->value).kind;
            return !operand->width && (kind == ValueKind::weight || kind == ValueKind::input);
        };
        const Value sums     = node.inputs[0]->value;
        const auto  producer = draft.producer(sums);
        if (!producer || node.inputs[0]->width || draft.is_output(sums) || draft.uses(sums).size() != 1) continue;
        DraftNode& linear = draft.nodes()[*producer];
        if (linear.op != &ops::linear || !linear.inputs[residual_input] || linear.inputs.size() > norm_inputs ||
            !constant(node.inputs[2]) || !constant(node.inputs[3]))
            continue;
        linear.inputs.insert(linear.inputs.end(), {node.inputs[2], node.inputs[3]});
        linear.attributes.set("epsilon", node.attributes.real("epsilon"));
        linear.outputs = node.outputs;
        node.dropped   = true;
    }
}

// A value that is read by merge_heads alone; one of these may make an output of the graph.
bool only_merged(Draft& draft, Value value) {
    const auto uses         = draft.uses(value);
    const auto merges       = [&](const Use& use) { return draft.nodes()[use.node].op == &ops::merge_heads; };
    const auto makes_output = [&](const Use& use) { return draft.is_output(draft.nodes()[use.node].outputs[0]); };
    return !draft.is_output(value) && !uses.empty() && std::all_of(uses.begin(), uses.end(), merges) &&
           std::count_if(uses.begin(), uses.end(), makes_output) <= 1;
}

// Input i of a node reads what went into split_heads, in rows layout. Not of a state: between the two
// nodes it may be written, and the copy that split_heads made would not see that.
bool unsplit(Draft& draft, DraftNode& node, std::size_t i) {
    if (!node.inputs[i] || node.inputs[i]->width) return false;
    const auto producer = draft.producer(node.inputs[i]->value);
    if (!producer || draft.nodes()[*producer].op != &ops::split_heads) return false;
    const Operand& rows = *draft.nodes()[*producer].inputs[0];
    if (draft.graph().info(rows.value).kind == ValueKind::state) return false;
    node.inputs[i] = rows;
    return true;
}

// merge_heads of a node's output vanish: the node writes rows itself, under the name that is an output if one is.
void unmerge(Draft& draft, DraftNode& node) {
    const auto merges = draft.uses(node.outputs[0]);
    Value      kept   = draft.nodes()[merges.front().node].outputs[0];
    for (const Use& use : merges)
        if (const Value rows = draft.nodes()[use.node].outputs[0]; draft.is_output(rows)) kept = rows;
    for (const Use& use : merges) {
        const Value rows = draft.nodes()[use.node].outputs[0];
        if (rows != kept) draft.replace(use.node, rows, Operand{kept});
        draft.nodes()[use.node].dropped = true;
    }
    node.outputs[0] = kept;
}

void fuse_head_layouts(Draft& draft) {
    for (std::size_t n = 0; n < draft.nodes().size(); ++n) {
        DraftNode& node = draft.nodes()[n];
        if (node.dropped) continue;
        if (node.op == &ops::attention && only_merged(draft, node.outputs[0]) && unsplit(draft, node, 0))
            unmerge(draft, node);
        if (node.op == &ops::attention_scores) unsplit(draft, node, 0);
        if (node.op == &ops::attention || node.op == &ops::attention_scores || node.op == &ops::attention_values)
            unsplit(draft, node, 1);
        if (node.op == &ops::attention) unsplit(draft, node, 2);
        if (node.op == &ops::kv_append)
            for (const std::size_t i : {2u, 3u}) unsplit(draft, node, i);
        if (node.op == &ops::attention_values && !node.attributes.flag("rows") && only_merged(draft, node.outputs[0])) {
            node.attributes.set("rows", std::int64_t{1});
            unmerge(draft, node);
        }
    }
}

bool takes_columns(Draft& draft, Value value) {
    const auto uses = draft.uses(value);
    return !draft.is_output(value) && !uses.empty() && std::all_of(uses.begin(), uses.end(), [&](const Use& use) {
        return draft.nodes()[use.node].op->strided_inputs >> use.input & 1;
    });
}

bool is_weight(const Draft& draft, const std::optional<Operand>& operand) {
    return draft.graph().info(operand->value).kind == ValueKind::weight;
}

bool is_plain_projection(Draft& draft, const DraftNode& node) {
    return !node.dropped && !node.absorbed && node.op == &ops::linear && !node.inputs[residual_input] &&
           node.attributes.integer("activation") == 0 && is_weight(draft, node.inputs[weight_input]) &&
           (!node.inputs[bias_input] || is_weight(draft, node.inputs[bias_input])) &&
           takes_columns(draft, node.outputs[0]);
}

// Two projections of the same columns whose weights can lie one below the other.
bool can_merge(const Draft& draft, const DraftNode& a, const DraftNode& b, const RunOptions& options) {
    const Operand &x = *a.inputs[x_input], &its = *b.inputs[x_input];
    const auto     weight_type = [&](const DraftNode& node) {
        return draft.stored_type(node.inputs[weight_input]->value, options);
    };
    return its.value == x.value && its.column == x.column && its.width == x.width &&
           a.inputs[bias_input].has_value() == b.inputs[bias_input].has_value() &&
           a.attributes.integer("type") == b.attributes.integer("type") && weight_type(a) == weight_type(b);
}

void merge_projections(Draft& draft, const RunOptions& options) {
    auto& nodes = draft.nodes();
    for (std::size_t n = 0; n < nodes.size(); ++n) {
        if (!is_plain_projection(draft, nodes[n]) || !nodes[n].merged.empty()) continue;
        for (std::size_t other = n + 1; other < nodes.size(); ++other)
            if (is_plain_projection(draft, nodes[other]) && can_merge(draft, nodes[n], nodes[other], options))
                nodes[n].merged.push_back(other);
        for (const std::size_t other : nodes[n].merged) nodes[other].absorbed = true;
    }
}

// A kv_append of columns that one product makes becomes part of it, if nobody else reads these columns and nobody meets
// the caches or positions between the two. Columns that f16 would round on their way to f32 stay where they are.
bool can_append(Draft& draft, std::size_t product, std::size_t append, const RunOptions& options) {
    const DraftNode& node    = draft.nodes()[append];
    const auto       members = [&] {
        std::vector<std::size_t> all = draft.nodes()[product].merged;
        all.push_back(product);
        return all;
    }();
    const auto its_own = [&](const std::optional<Operand>& columns) {
        const auto producer = draft.producer(columns->value);
        return !columns->width && producer && std::ranges::find(members, *producer) != members.end() &&
               draft.uses(columns->value).size() == 1 && draft.graph().desc(columns->value).shape.rank() == 3 &&
               (draft.stored_type(columns->value, options) == Type::f32 ||
                draft.stored_type(node.inputs[0]->value, options) == Type::f16);
    };
    const auto untouched = [&](const std::optional<Operand>& memory) {
        const auto producer = draft.producer(memory->value);
        return (!producer || *producer < product) && !draft.touched_between(product, append, memory->value);
    };
    return !node.dropped && !node.absorbed && node.op == &ops::kv_append && its_own(node.inputs[2]) &&
           its_own(node.inputs[3]) && node.inputs[2]->value != node.inputs[3]->value && untouched(node.inputs[0]) &&
           untouched(node.inputs[1]) && untouched(node.inputs[4]);
}

void fuse_appends(Draft& draft, const RunOptions& options) {
    auto& nodes = draft.nodes();
    for (std::size_t n = 0; n < nodes.size(); ++n) {
        if (nodes[n].merged.empty()) continue;
        for (std::size_t append = n + 1; append < nodes.size() && !nodes[n].append; ++append)
            if (can_append(draft, n, append, options)) {
                nodes[n].append        = append;
                nodes[append].absorbed = true;
            }
    }
}

}  // namespace

Graph rewrite(const Graph& graph, const RunOptions& options) {
    if (options.cache && *options.cache != Type::f32 && *options.cache != Type::f16)
        throw Error(Status::usage, "cache", std::string("cannot be ") + name_of(*options.cache), "give f32 or f16");
    Draft draft(graph);
    draft.drop_dead_nodes();
    if (options.fuse) {
        fuse_activations(draft);
        fuse_residuals(draft);
        fuse_norms(draft);
        fuse_head_layouts(draft);
        draft.drop_dead_nodes();
        merge_projections(draft, options);
        fuse_appends(draft, options);
    }
    return draft.build(options);
}

}  // namespace attune

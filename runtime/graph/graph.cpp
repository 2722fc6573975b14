#include "graph/op.h"

#include <attune/error.hpp>
#include <attune/graph.hpp>

namespace attune {

bool Attributes::has(std::string_view name) const { return values_.find(name) != values_.end(); }

std::int64_t Attributes::integer(std::string_view name, std::int64_t otherwise) const {
    const auto found = values_.find(name);
    if (found == values_.end()) return otherwise;
    if (const auto* value = std::get_if<std::int64_t>(&found->second)) return *value;
    throw Error(Status::usage, std::string(name), "is a real number where an integer is wanted");
}

double Attributes::real(std::string_view name, double otherwise) const {
    const auto found = values_.find(name);
    if (found == values_.end()) return otherwise;
    if (const auto* value = std::get_if<double>(&found->second)) return *value;
    return static_cast<double>(std::get<std::int64_t>(found->second));
}

void Attributes::set(std::string_view name, Number value) { values_.insert_or_assign(std::string(name), value); }

Value Graph::add_value(ValueInfo info) {
    const Value value{static_cast<std::uint32_t>(values_.size())};
    if (info.kind != ValueKind::state || info.storage.id == UINT32_MAX) info.storage = value;
    values_.push_back(std::move(info));
    return value;
}

Value Graph::named(ValueKind kind, std::string name, TensorDesc desc, bool exact) {
    if (const auto found = named_.find(name); found != named_.end()) {
        const ValueInfo& known = info(found->second);
        if (known.kind != kind || known.desc != desc || known.exact != exact)
            throw Error(Status::bad_input, name, "is already a value of this graph, as " + known.desc.text(),
                        "every name belongs to one value");
        return found->second;
    }
    const Value value =
        add_value({.kind = kind, .desc = desc, .name = name, .parts = {}, .storage = {UINT32_MAX}, .exact = exact});
    named_.emplace(std::move(name), value);
    return value;
}

Value Graph::input(std::string name, TensorDesc desc) { return named(ValueKind::input, std::move(name), desc); }
Value Graph::control(std::string name, TensorDesc desc) { return named(ValueKind::control, std::move(name), desc); }
Value Graph::state(std::string name, TensorDesc desc) { return named(ValueKind::state, std::move(name), desc); }
Value Graph::exact_state(std::string name, TensorDesc desc) {
    return named(ValueKind::state, std::move(name), desc, true);
}

Value Graph::weight(std::string name, TensorDesc desc) {
    const Value value       = named(ValueKind::weight, name, desc);
    values_[value.id].parts = {std::move(name)};
    return value;
}

Value Graph::concatenated_weight(std::span<const Value> parts) {
    if (parts.empty()) throw Error(Status::usage, "concatenated_weight", "has no parts");
    std::string                name;
    std::vector<std::string>   names;
    TensorDesc                 desc = this->desc(parts[0]);
    std::vector<std::uint64_t> extents(desc.shape.extents().begin(), desc.shape.extents().end());
    if (extents.empty())
        throw Error(Status::bad_input, info(parts[0]).name, "is a single number and cannot be concatenated");
    extents[0] = 0;
    for (const Value part : parts) {
        const ValueInfo& one = info(part);
        if (one.kind != ValueKind::weight || one.desc.type != desc.type || one.desc.shape.rank() != extents.size())
            throw Error(Status::bad_input, one.name, "cannot be concatenated with " + info(parts[0]).name);
        for (std::size_t axis = 1; axis < extents.size(); ++axis)
            if (one.desc.shape[axis] != extents[axis])
                throw Error(Status::bad_input, one.name,
                            "differs in axis " + std::to_string(axis) + " from " + info(parts[0]).name);
        extents[0] += one.desc.shape[0];
        name += (name.empty() ? "" : "|") + one.name;
        names.insert(names.end(), one.parts.begin(), one.parts.end());
    }
    desc.shape              = Shape(std::span<const std::uint64_t>(extents));
    const Value value       = named(ValueKind::weight, name, desc);
    values_[value.id].parts = std::move(names);
    return value;
}

void Graph::output(std::string name, Value value) {
    if (value.id >= values_.size()) throw Error(Status::usage, name, "names a value of another graph");
    if (!outputs_.emplace(name, value).second) throw Error(Status::usage, name, "is already an output of this graph");
}

TensorDesc Graph::desc(const Operand& operand) const {
    TensorDesc result = desc(operand.value);
    if (operand.width == 0) return result;
    if (operand.column > result.width() || operand.width > result.width() - operand.column)
        throw Error(Status::bad_input, "graph", "an operand names columns beyond its value " + result.text());
    result.shape = result.shape.with_width(operand.width);
    return result;
}

std::vector<Value> Graph::add(const Op& op, std::vector<std::optional<Operand>> inputs, Attributes attributes) {
    std::vector<TensorDesc> descs;
    descs.reserve(inputs.size());
    std::vector<const TensorDesc*> pointers;
    for (const auto& operand : inputs) {
        if (operand && operand->value.id >= values_.size())
            throw Error(Status::usage, std::string(op.name), "an operand belongs to another graph");
        if (operand) descs.push_back(desc(*operand));
        pointers.push_back(operand ? &descs.back() : nullptr);
    }
    const std::vector<TensorDesc> made = op.infer(pointers, attributes);
    for (const int target : op.in_place) {
        if (target < 0) continue;
        const ValueInfo& before = info(inputs.at(static_cast<std::size_t>(target)).value().value);
        if (before.kind != ValueKind::state)
            throw Error(Status::bad_input, std::string(op.name),
                        "writes in place into " + before.name + ", which is not a state");
    }

    Node node{.op = &op, .inputs = std::move(inputs), .attributes = std::move(attributes), .outputs = {}};
    for (std::size_t o = 0; o < made.size(); ++o) {
        const int target = o < op.in_place.size() ? op.in_place[o] : -1;
        if (target < 0) {
            node.outputs.push_back(add_value({.kind    = ValueKind::temporary,
                                              .desc    = made[o],
                                              .name    = std::string(op.name),
                                              .parts   = {},
                                              .storage = {}}));
            continue;
        }
        ValueInfo   after = info(node.inputs[static_cast<std::size_t>(target)]->value);
        const Value value = add_value(std::move(after));
        named_.insert_or_assign(info(value).name, value);  // state() now gives this version
        node.outputs.push_back(value);
    }
    nodes_.push_back(std::move(node));
    return nodes_.back().outputs;
}

namespace {

const char* kind_name(ValueKind kind) {
    static constexpr const char* names[] = {"input", "weight", "state", "control", "temporary"};
    return names[static_cast<std::size_t>(kind)];
}

}  // namespace

std::string Graph::text() const {
    std::string result;
    const auto  name = [&](Value value) {
        const ValueInfo& one = info(value);
        return "%" + std::to_string(value.id) + (one.kind == ValueKind::temporary ? "" : ":" + one.name);
    };
    for (const Node& node : nodes_) {
        for (const Value value : node.outputs) result += name(value) + " " + desc(value).text() + "  ";
        result += "= " + std::string(node.op->name) + "(";
        for (std::size_t i = 0; i < node.inputs.size(); ++i) {
            if (i) result += ", ";
            if (!node.inputs[i]) {
                result += "-";
                continue;
            }
            const Operand& operand = *node.inputs[i];
            result += name(operand.value);
            if (operand.width)
                result += "[" + std::to_string(operand.column) + ":+" + std::to_string(operand.width) + "]";
        }
        result += ")";
        for (const auto& [key, number] : node.attributes.all())
            result += " " + key + "=" + std::visit([](auto v) { return std::to_string(v); }, number);
        result += "\n";
    }
    for (const auto& [key, value] : outputs_)
        result += "output " + key + " = " + name(value) + " (" + kind_name(info(value).kind) + ")\n";
    return result;
}

}  // namespace attune

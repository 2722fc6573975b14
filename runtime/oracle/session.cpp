#include "graph/op.h"
#include "oracle/call.h"
#include "oracle/registry.h"

#include <attune/error.hpp>

#include <algorithm>

namespace attune::oracle {
namespace {

Error error(Status status, const std::string& name, const std::string& what, const std::string& hint = {}) {
    return Error(status, "oracle", "\"" + name + "\" " + what, hint);
}

Error refused(const std::string& name, const std::string& what, const std::string& hint = {}) {
    return error(Status::bad_input, name, what, hint);
}

Array zeros(const Shape& shape) { return {shape, std::vector<double>(shape.elements())}; }

// The columns of the last axis that an operand names.
Array columns_of(const Array& whole, const Operand& operand) {
    Array               part   = zeros(whole.shape.with_width(operand.width));
    const std::uint64_t stride = whole.shape.width();
    const double*       from   = whole.values.data() + operand.column;
    double*             to     = part.values.data();
    for (std::uint64_t row = 0; row < whole.shape.rows(); ++row)
        std::copy_n(from + row * stride, operand.width, to + row * operand.width);
    return part;
}

// The nodes of one graph, one after the other; knows where each value's numbers are.
class Walk {
    static constexpr std::size_t unread = SIZE_MAX;

public:
    explicit Walk(const Graph& graph)
        : graph_(graph), own_(graph.values().size()), arrays_(own_.size()), last_node_(own_.size(), unread) {
        for (std::size_t n = 0; n < graph.nodes().size(); ++n)
            for (const auto& operand : graph.nodes()[n].inputs)
                if (operand) last_node_[operand->value.id] = n;
        for (const auto& [name, value] : graph.outputs()) last_node_[value.id] = graph.nodes().size();
    }

    void place(Value value, const Array& array) { arrays_[value.id] = &array; }
    void place_state(Value value, Array& array) {
        place(value, array);
        states_[value.id] = &array;
    }

    void run() {
        for (std::size_t n = 0; n < graph_.nodes().size(); ++n) {
            run(graph_.nodes()[n]);
            for (const auto& operand : graph_.nodes()[n].inputs)  // what nobody reads again makes room
                if (operand && last_node_[operand->value.id] == n) own_[operand->value.id] = {};
        }
    }

    const Array& at(Value value) const { return *arrays_[value.id]; }
    bool         reads(Value value) const { return last_node_[value.id] != unread; }

private:
    void run(const Node& node) {
        std::vector<Array> parts;
        parts.reserve(node.inputs.size());
        Call call{node.attributes, {}, {}};
        for (const auto& operand : node.inputs) {
            const Array* array = operand ? &at(operand->value) : nullptr;
            if (operand && operand->width) array = &parts.emplace_back(columns_of(*array, *operand));
            call.inputs.push_back(array);
        }
        for (const Value value : node.outputs) call.outputs.push_back({&output(value), graph_.desc(value).type});
        find_function(node.op->name)(call);
    }

    Array& output(Value value) {
        if (const auto state = states_.find(graph_.info(value).storage.id); state != states_.end()) {
            place(value, *state->second);
            return *state->second;
        }
        own_[value.id] = zeros(graph_.desc(value).shape);
        place(value, own_[value.id]);
        return own_[value.id];
    }

    const Graph&                    graph_;
    std::vector<Array>              own_;        // temporaries
    std::vector<const Array*>       arrays_;     // of every value that has been computed or bound
    std::map<std::uint32_t, Array*> states_;     // by the value that names their storage
    std::vector<std::size_t>        last_node_;  // the last node that reads a value; past the end for outputs
};

}  // namespace

void Session::set(const std::string& name, const Tensor& tensor) {
    Stored     stored{tensor.desc(), {tensor.desc().shape, tensor.doubles()}};
    const auto state = states_.find(name);
    if (state != states_.end() && state->second.desc == stored.desc)
        state->second = std::move(stored);
    else
        bound_.insert_or_assign(name, std::move(stored));
}

const Array& Session::bound(const ValueInfo& info) const {
    const auto found = bound_.find(info.name);
    if (found == bound_.end())
        throw error(Status::usage, info.name, "was not set", "the graph reads it as " + info.desc.text());
    if (found->second.desc != info.desc)
        throw refused(info.name, "was set to " + found->second.desc.text() + ", the graph wants " + info.desc.text());
    return found->second.array;
}

// A state that was set before any graph named it waits in bound_ and moves here.
Array& Session::state(const ValueInfo& info) {
    if (bound_.contains(info.name)) {
        bound(info);
        states_.insert_or_assign(info.name, std::move(bound_.extract(info.name).mapped()));
    }
    Stored& stored = states_[info.name];
    if (stored.array.values.empty() || stored.desc != info.desc) stored = {info.desc, zeros(info.desc.shape)};
    return stored.array;
}

const Array& Session::weight(const ValueInfo& info) {
    const auto found = weight_cache_.find(info.name);
    if (found != weight_cache_.end() && found->second.desc == info.desc) return found->second.array;

    const std::vector<std::string> parts = info.parts.empty() ? std::vector{info.name} : info.parts;
    Array                          whole{info.desc.shape, {}};
    std::uint64_t                  first_axis = 0;
    for (const std::string& part : parts) {
        const TensorDesc* desc = weights_ ? weights_->find(part) : nullptr;
        if (!desc) throw refused(part, "is a weight that is missing", "the graph wants it for " + info.desc.text());
        const auto extents = desc->shape.extents(), wanted = info.desc.shape.extents();
        const bool fits = parts.size() == 1 ? desc->shape == info.desc.shape
                                            : extents.size() == wanted.size() && !extents.empty() &&
                                                  std::ranges::equal(extents.subspan(1), wanted.subspan(1));
        if (!fits) throw refused(part, "is a weight " + desc->text() + ", the graph wants " + info.desc.text());
        if (!extents.empty()) first_axis += extents[0];
        const std::vector<double> numbers = weights_->at(part).doubles();
        whole.values.insert(whole.values.end(), numbers.begin(), numbers.end());
    }
    if (parts.size() > 1 && first_axis != info.desc.shape[0])
        throw refused(info.name, "has " + std::to_string(first_axis) + " rows, the graph wants " + info.desc.text());
    for (double& value : whole.values) value = rounded(value, info.desc.type);
    return weight_cache_.insert_or_assign(info.name, Stored{info.desc, std::move(whole)}).first->second.array;
}

// What can be missing is looked for before any state changes.
void Session::run(const Graph& graph) {
    for (const Node& node : graph.nodes())
        if (!find_function(node.op->name)) throw refused(std::string(node.op->name), "is no op that the oracle knows");

    Walk walk(graph);
    for (std::uint32_t id = 0; id < graph.values().size(); ++id) {
        const ValueInfo& info = graph.values()[id];
        if (info.kind == ValueKind::input || info.kind == ValueKind::control) walk.place({id}, bound(info));
        if (info.kind == ValueKind::weight && walk.reads({id})) walk.place({id}, weight(info));
    }
    for (std::uint32_t id = 0; id < graph.values().size(); ++id) {
        const ValueInfo& info = graph.values()[id];
        if (info.kind == ValueKind::state && info.storage == Value{id}) walk.place_state({id}, state(info));
    }
    walk.run();

    outputs_.clear();
    for (const auto& [name, value] : graph.outputs()) outputs_.insert_or_assign(name, walk.at(value));
}

const Array& Session::get(const std::string& name) const {
    if (const auto output = outputs_.find(name); output != outputs_.end()) return output->second;
    if (const auto state = states_.find(name); state != states_.end()) return state->second.array;
    throw error(Status::usage, name, "is neither an output of the last run nor a state");
}

}  // namespace attune::oracle

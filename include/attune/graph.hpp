// Graphs: what is to be computed, as values and the ops between them. No device, no numbers.
//
// A graph is built by free functions, one per op (attune/ops.hpp): each takes the graph and some
// values and returns the value it makes, with its shape worked out and checked at once. The same
// graph runs on the oracle (attune/oracle.hpp) and, after planning, on a device (attune/device.hpp).
//
// Not thread-safe while it is being built; afterwards any number of threads may read it.
#pragma once

#include <attune/tensor.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace attune {

struct Op;

// Names one value of one graph.
struct Value {
    std::uint32_t id = 0;
    friend bool operator==(Value, Value) = default;
};

// Where a value's numbers live and who writes them.
enum class ValueKind : std::uint8_t {
    input,      // bound by the caller before a run, unchanged by it
    weight,     // part of the model: the same for every run, shared between graphs by name
    state,      // lives across runs and graphs of a session, shared by name; ops write it in place
    control,    // a few bytes that the host writes before every run (tokens, lengths)
    temporary,  // between two ops
};

// Settings of a node that are known when the graph is built: numbers by name.
class Attributes {
public:
    using Number = std::variant<std::int64_t, double>;

    Attributes() = default;
    Attributes(std::initializer_list<std::pair<const std::string, Number>> values) : values_(values) {}

    bool         has(std::string_view name) const;
    std::int64_t integer(std::string_view name, std::int64_t otherwise = 0) const;
    double       real(std::string_view name, double otherwise = 0) const;
    bool         flag(std::string_view name) const { return integer(name) != 0; }
    void         set(std::string_view name, Number value);

    const std::map<std::string, Number, std::less<>>& all() const noexcept { return values_; }
    friend bool operator==(const Attributes&, const Attributes&) = default;

private:
    std::map<std::string, Number, std::less<>> values_;
};

// One operand of a node: a value, or the columns [column, column + width) of its last axis.
struct Operand {
    Value         value;
    std::uint64_t column = 0;
    std::uint64_t width  = 0;   // 0: all of them
};

struct Node {
    const Op*                           op = nullptr;
    std::vector<std::optional<Operand>> inputs;    // nullopt: an optional input that is absent
    Attributes                          attributes;
    std::vector<Value>                  outputs;
};

// What the graph knows about one value.
struct ValueInfo {
    ValueKind                kind = ValueKind::temporary;
    TensorDesc               desc;
    std::string              name;       // of inputs, weights, states and controls; a debug name else
    std::vector<std::string> parts;      // weight: names of the tensors that it concatenates along axis 0
    Value                    storage;    // whose memory it lives in: itself, or the state it updates
    bool                     exact = false;   // a state that keeps its type in every precision
};

class Graph {
public:
    Value input(std::string name, TensorDesc desc);
    Value weight(std::string name, TensorDesc desc);
    Value control(std::string name, TensorDesc desc);
    // A state appears in a graph once; asking again for the same name gives its newest version.
    Value state(std::string name, TensorDesc desc);
    // A state that is never stored in f16 if it is f32 here, whatever the precision: a sum that goes on for many
    // runs. Every graph that names it has to say so.
    Value exact_state(std::string name, TensorDesc desc);
    // Weights [N_i, ...] one below the other, as one value [sum N_i, ...].
    Value concatenated_weight(std::span<const Value> parts);

    // Marks a value as a result that can be read back under `name`.
    void output(std::string name, Value value);

    // Appends a node, works out and checks its outputs. Throws bad_input naming op and operand.
    std::vector<Value> add(const Op& op, std::vector<std::optional<Operand>> inputs, Attributes attributes = {});

    const ValueInfo&             info(Value value) const { return values_.at(value.id); }
    const TensorDesc&            desc(Value value) const { return info(value).desc; }
    TensorDesc                   desc(const Operand& operand) const;   // of the columns that it names
    std::span<const ValueInfo>   values() const noexcept { return values_; }
    std::span<const Node>        nodes() const noexcept { return nodes_; }
    const std::map<std::string, Value>& outputs() const noexcept { return outputs_; }

    // One line per node; for people.
    std::string text() const;

private:
    Value add_value(ValueInfo info);
    Value named(ValueKind kind, std::string name, TensorDesc desc, bool exact = false);

    std::vector<ValueInfo>       values_;
    std::vector<Node>            nodes_;
    std::map<std::string, Value> named_;
    std::map<std::string, Value> outputs_;
};

}  // namespace attune

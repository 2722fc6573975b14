// A graph being rewritten: its nodes can be edited, dropped and merged, all in terms of the values
// of the graph that it was made from; `build` makes the new graph.
#pragma once

#include "plan/rewrite.h"

#include <optional>
#include <vector>

namespace attune {

struct DraftNode {
    const Op*                           op = nullptr;
    std::vector<std::optional<Operand>> inputs;
    Attributes                          attributes;
    std::vector<Value>                  outputs;
    bool                                dropped  = false;
    bool                                absorbed = false;  // another node computes it as well
    std::vector<std::size_t>            merged;            // the nodes that this one absorbed
    std::optional<std::size_t>          append;            // a kv_append among them, of columns that it makes
};

// A place where a value is read: input `input` of node `node`.
struct Use {
    std::size_t node  = 0;
    std::size_t input = 0;
};

class Draft {
public:
    explicit Draft(const Graph& graph);

    std::vector<DraftNode>&       nodes() noexcept { return nodes_; }
    const std::vector<DraftNode>& nodes() const noexcept { return nodes_; }
    const Graph&                  graph() const noexcept { return graph_; }

    // All uses of a value by nodes that are left, in order. Reads of graph outputs are not among them.
    std::vector<Use> uses(Value value) const;
    bool             is_output(Value value) const;

    // The node that makes a value, if one does.
    std::optional<std::size_t> producer(Value value) const;

    // Drops a node: whoever read `value` reads `instead` from now on.
    void replace(std::size_t node, Value value, const Operand& instead);

    // How a value is stored: as f16, if that is asked for, every reader can take it so and its rows are whole pairs;
    // a weight as i8 likewise.
    Type stored_type(Value value, const RunOptions& options) const;

    // True if one of the nodes [first, last), in order, reads or writes the memory of a value.
    bool touched_between(std::size_t first, std::size_t last, Value value) const;

    // The op of a node agrees to make f16 of these operands.
    bool can_write_half(const DraftNode& node) const;

    // Drops nodes whose results nobody reads and that write no state.
    void drop_dead_nodes();

    Graph build(const RunOptions& options) const;

private:
    bool fits_half(Value value) const;
    bool fits_int8(Value weight) const;

    const Graph&           graph_;
    std::vector<DraftNode> nodes_;
};

}  // namespace attune

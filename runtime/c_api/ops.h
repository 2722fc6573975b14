// Ops by name: what turns a node of the C ABI into a call of a graph function of attune/ops.hpp.
#pragma once

#include "c_api/call.h"

#include <attune/ops.hpp>

namespace attune::c_api {

Type element_type(const Call& call, std::uint64_t element);

// Appends the node and returns its values, at most `room`. Throws usage for a name that there is not, naming those
// that there are, and for operands that are too few, too many or of no graph; bad_input as the op does.
std::vector<Value> add_node(const Call& call, Graph& graph, const attune_node& node, std::uint32_t room);

}  // namespace attune::c_api

#include "c_api/counting_graph.h"

#include <doctest/doctest.h>

namespace attune::test {
namespace {

std::uint32_t tensor(attune_graph graph, const char* name, std::uint32_t kind, std::uint32_t element,
                     std::initializer_list<std::uint64_t> shape, const void* data) {
    auto one    = with_head<attune_tensor>(ATTUNE_TYPE_TENSOR);
    one.name    = name;
    one.kind    = kind;
    one.element = element;
    one.rank    = static_cast<std::uint32_t>(shape.size());
    one.data    = data;
    std::copy(shape.begin(), shape.end(), one.shape);
    std::uint32_t value = 0;
    attune_error  error = new_error();
    require_ok(attune_graph_tensor(graph, &one, &value, &error), error);
    return value;
}

void result(attune_graph graph, const char* name, const char* op, const std::vector<std::uint32_t>& inputs,
            const attune_attribute& attribute) {
    auto node            = with_head<attune_node>(ATTUNE_TYPE_NODE);
    node.op              = op;
    node.inputs          = inputs.data();
    node.input_count     = static_cast<std::uint32_t>(inputs.size());
    node.attributes      = &attribute;
    node.attribute_count = 1;
    std::uint32_t value  = 0;
    attune_error  error  = new_error();
    require_ok(attune_graph_node(graph, &node, &value, 1, &error), error);
    require_ok(attune_graph_output(graph, name, value, &error), error);
}

}  // namespace

attune_graph counting_graph() {
    attune_error error = new_error();
    attune_graph graph = nullptr;
    require_ok(attune_graph_create(&graph, &error), error);
    const float         weight[] = {1, 2, 3, 4}, bias[] = {10, 20};
    const std::uint32_t x        = tensor(graph, "x", ATTUNE_KIND_INPUT, ATTUNE_TENSOR_F32, {1, 2}, nullptr);
    const std::uint32_t w        = tensor(graph, "w", ATTUNE_KIND_WEIGHT, ATTUNE_TENSOR_F32, {2, 2}, weight);
    const std::uint32_t b        = tensor(graph, "b", ATTUNE_KIND_WEIGHT, ATTUNE_TENSOR_F32, {2}, bias);
    const std::uint32_t position = tensor(graph, "position", ATTUNE_KIND_STATE, ATTUNE_TENSOR_U32, {2}, nullptr);
    result(graph, "y", "linear", {x, w, b}, {"activation", 1});
    result(graph, "moved", "advance", {position}, {"step", 3});
    return graph;
}

Counted count_once(attune_session session, float first, float second) {
    const float  x[]   = {first, second};
    attune_error error = new_error();
    require_ok(attune_set(session, "x", x, sizeof(x), &error), error);
    require_ok(attune_finish(session, &error), error);
    Counted       counted = {};
    std::uint32_t at[2]   = {};
    std::size_t   bytes   = sizeof(at);
    require_ok(attune_get(session, "y", counted.y, &bytes, &error), error);
    require_ok(attune_get(session, "position", at, &bytes, &error), error);
    CHECK(at[0] == at[1]);
    counted.position = at[0];
    return counted;
}

}  // namespace attune::test

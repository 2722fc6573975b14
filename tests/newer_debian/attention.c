#include "attention.h"
#include "reference.h"

#include <stdio.h>

enum { heads = 4, queries = 7, keys = 33, width = 64 };

static float query[queries * width], key[keys * width], value[keys * width];

/* Numbers from -1 to 1. */
static void make_numbers(float* numbers, size_t count, uint32_t state) {
    size_t i;
    for (i = 0; i < count; ++i) {
        state      = state * 1664525u + 1013904223u;
        numbers[i] = (float)(state >> 8) / 8388608.0f - 1.0f;
    }
}

static attune_status add(attune_graph graph, const char* name, uint32_t kind, uint32_t rows, const float* data,
                         uint32_t* id, attune_error* error) {
    attune_tensor tensor = {sizeof(tensor), ATTUNE_TYPE_TENSOR};
    tensor.name = name, tensor.kind = kind, tensor.element = ATTUNE_TENSOR_F32, tensor.rank = 3, tensor.data = data;
    tensor.shape[0] = 1, tensor.shape[1] = rows, tensor.shape[2] = width;
    return attune_graph_tensor(graph, &tensor, id, error);
}

static attune_status build(attune_graph graph, attune_error* error) {
    const attune_attribute options[] = {{"heads", heads}};
    attune_node            node      = {sizeof(node), ATTUNE_TYPE_NODE};
    uint32_t               ids[3], output;
    attune_status          status;
    node.op = "attention", node.inputs = ids, node.input_count = 3;
    node.attributes = options, node.attribute_count = 1;
    if ((status = add(graph, "query", ATTUNE_KIND_INPUT, queries, NULL, &ids[0], error)) ||
        (status = add(graph, "key", ATTUNE_KIND_WEIGHT, keys, key, &ids[1], error)) ||
        (status = add(graph, "value", ATTUNE_KIND_WEIGHT, keys, value, &ids[2], error)) ||
        (status = attune_graph_node(graph, &node, &output, 1, error)))
        return status;
    return attune_graph_output(graph, "output", output, error);
}

static attune_status run(attune_device device, attune_graph graph, attune_session* session, attune_error* error) {
    attune_status status = build(graph, error);
    if (!status) status = attune_graph_session(device, graph, NULL, session, error);
    if (!status) status = attune_set(*session, "query", query, sizeof(query), error);
    if (!status) status = attune_finish(*session, error);
    return status;
}

attune_status attention_run(attune_device device, attune_session* session) {
    attune_error  error = {sizeof(error), ATTUNE_TYPE_ERROR};
    attune_graph  graph = NULL;
    attune_status status;
    *session = NULL;
    make_numbers(query, queries * width, 1), make_numbers(key, keys * width, 2), make_numbers(value, keys * width, 3);
    status = attune_graph_create(&graph, &error);
    if (!status) status = run(device, graph, session, &error);
    attune_graph_destroy(graph);
    if (!status) return status;
    printf("%s: %s\n", attune_status_string(status), error.message);
    attune_session_destroy(*session), *session = NULL;
    return status;
}

int attention_is_wrong(attune_session session) {
    static float output[queries * width];
    attune_error error = {sizeof(error), ATTUNE_TYPE_ERROR};
    size_t       bytes = sizeof(output);
    if (attune_get(session, "output", output, &bytes, &error) || bytes != sizeof(output))
        return printf("%s\n", error.message), 1;
    return attention_differs(query, key, value, output, heads, queries, keys, width);
}

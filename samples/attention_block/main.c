/* Fused attention, recorded by name into a host's own command buffer, over a host's own buffer. */
#include "host.h"

enum { heads = 4, queries = 7, keys = 33, width = 64 };
enum { query_at, key_at = 1 << 14, value_at = 2 << 14, output_at = 3 << 14 };

static attune_error error = {sizeof(error), ATTUNE_TYPE_ERROR};
static void check(attune_status status) {
    if (status != ATTUNE_OK) fprintf(stderr, "%s: %s\n", attune_status_string(status), error.message), exit(1);
}

/* A tensor [1, rows, width] of the graph, as its input. */
static uint32_t input(attune_graph graph, const char *name, uint32_t rows) {
    attune_tensor tensor = {sizeof(tensor), ATTUNE_TYPE_TENSOR, NULL, name, ATTUNE_KIND_INPUT, ATTUNE_TENSOR_F32, 3};
    uint32_t      value;
    tensor.shape[0] = 1, tensor.shape[1] = rows, tensor.shape[2] = width;
    check(attune_graph_tensor(graph, &tensor, &value, &error));
    return value;
}

/* It lies in the host's buffer, where shaders or copies of the host's may write it before and read it after. */
static void bind(attune_session session, const struct host *host, const char *name, uint64_t offset, uint32_t rows) {
    attune_span span = {sizeof(span), ATTUNE_TYPE_SPAN, NULL, name, host->buffer, offset, rows * width * sizeof(float)};
    span.before.stages = VK_PIPELINE_STAGE_HOST_BIT, span.before.accesses = VK_ACCESS_HOST_WRITE_BIT;
    span.after.stages = VK_PIPELINE_STAGE_HOST_BIT, span.after.accesses = VK_ACCESS_HOST_READ_BIT;
    check(attune_bind(session, &span, &error));
}

int main(void) {
    struct host      host = host_open(65536); /* instance, device, queue, command buffer and a mapped buffer */
    attune_queue     queue = {sizeof(queue), ATTUNE_TYPE_QUEUE, NULL, host.queue};
    attune_import    import = {sizeof(import), ATTUNE_TYPE_IMPORT};
    attune_attribute options[] = {{"heads", heads}};
    attune_node      node = {sizeof(node), ATTUNE_TYPE_NODE, NULL, "attention"};
    attune_target    target = {sizeof(target), ATTUNE_TYPE_TARGET, NULL, host.commands};
    attune_device    device;
    attune_graph     graph;
    attune_session   session;
    uint32_t         values[3], output;
    import.get_instance_proc = (attune_get_instance_proc)vkGetInstanceProcAddr;
    import.instance = host.instance, import.physical = host.physical, import.device = host.device;
    import.queues = &queue, import.queue_count = 1;
    check(attune_device_import(&import, &device, &error));
    check(attune_graph_create(&graph, &error));
    values[0] = input(graph, "query", queries), values[1] = input(graph, "key", keys);
    values[2] = input(graph, "value", keys);
    node.inputs = values, node.input_count = 3, node.attributes = options, node.attribute_count = 1;
    check(attune_graph_node(graph, &node, &output, 1, &error));
    check(attune_graph_output(graph, "output", output, &error));
    check(attune_graph_session(device, graph, NULL, &session, &error));
    bind(session, &host, "query", query_at, queries), bind(session, &host, "key", key_at, keys);
    bind(session, &host, "value", value_at, keys), bind(session, &host, "output", output_at, queries);
    fill(&host, query_at, queries * width), fill(&host, key_at, keys * width), fill(&host, value_at, keys * width);
    check(attune_record(session, &target, &error));
    host_submit_and_wait(&host);
    attune_session_destroy(session), attune_graph_destroy(graph), attune_device_destroy(device);
    if (attention_differs(at(&host, query_at), at(&host, key_at), at(&host, value_at), at(&host, output_at), heads,
                          queries, keys, width)) return 1;
    return host_close(&host);
}

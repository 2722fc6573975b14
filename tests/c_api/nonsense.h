// Rows of nonsense: calls that have to fail, and what they say. See nonsense.cpp.
#pragma once

#include "c_api/world.h"

#include <functional>
#include <string>
#include <vector>

namespace attune::test {

// One call that has to fail.
struct Row {
    std::string                                 name;
    attune_status                               expected;
    std::function<attune_status(attune_error*)> call;
    std::string                                 word = "";  // that the message holds
};
using Rows = std::vector<Row>;

// Arguments as they should be; rows change copies of them.
struct Sound {
    attune_source        source    = with_head<attune_source>(ATTUNE_TYPE_SOURCE);
    attune_memory_use    use       = with_head<attune_memory_use>(ATTUNE_TYPE_MEMORY_USE);
    attune_memory_needs  needs     = with_head<attune_memory_needs>(ATTUNE_TYPE_MEMORY_NEEDS);
    attune_block         block     = with_head<attune_block>(ATTUNE_TYPE_BLOCK);
    attune_tensor        tensor    = with_head<attune_tensor>(ATTUNE_TYPE_TENSOR);
    attune_node          node      = with_head<attune_node>(ATTUNE_TYPE_NODE);
    attune_span          span      = with_head<attune_span>(ATTUNE_TYPE_SPAN);
    attune_target        target    = with_head<attune_target>(ATTUNE_TYPE_TARGET);
    attune_options       options   = with_head<attune_options>(ATTUNE_TYPE_OPTIONS);
    attune_model_options how       = with_head<attune_model_options>(ATTUNE_TYPE_MODEL_OPTIONS);
    attune_shapes        shapes    = with_head<attune_shapes>(ATTUNE_TYPE_SHAPES);
    attune_budget        budget    = with_head<attune_budget>(ATTUNE_TYPE_BUDGET);
    attune_progress      progress  = with_head<attune_progress>(ATTUNE_TYPE_PROGRESS);
    attune_batch         batch     = with_head<attune_batch>(ATTUNE_TYPE_BATCH);
    attune_open          open      = with_head<attune_open>(ATTUNE_TYPE_OPEN);
    attune_import        import    = with_head<attune_import>(ATTUNE_TYPE_IMPORT);
    attune_hooks         hooks     = with_head<attune_hooks>(ATTUNE_TYPE_HOOKS);
    attune_queue         queue     = with_head<attune_queue>(ATTUNE_TYPE_QUEUE);
    attune_overrides     overrides = with_head<attune_overrides>(ATTUNE_TYPE_OVERRIDES);
    attune_needs         query     = with_head<attune_needs>(ATTUNE_TYPE_NEEDS);
    attune_need          need      = with_head<attune_need>(ATTUNE_TYPE_NEED);
    attune_added         added     = with_head<attune_added>(ATTUNE_TYPE_ADDED);
    attune_file          file      = with_head<attune_file>(ATTUNE_TYPE_FILE);
    attune_command       command   = with_head<attune_command>(ATTUNE_TYPE_COMMAND);
    std::uint32_t        inputs[3] = {0, 1, 2}, value = 0, count32 = 1, tokens[4] = {};
    float                numbers[64] = {};
    char                 text[64]    = {};
    std::size_t          count       = sizeof(text);
    attune_device        made_device = nullptr;
    attune_model         made_model  = nullptr;
    attune_session       made        = nullptr;

    explicit Sound(World& world) {
        import                  = world.import();
        source.folder           = world.path.c_str();
        tensor.name             = "more";
        tensor.rank             = 1;
        tensor.shape[0]         = 4;
        node.op                 = "attention";
        node.inputs             = inputs;
        node.input_count        = 3;
        span.name               = "query";
        span.buffer             = world.memory.buffer();
        span.bytes              = queries * width * sizeof(float);
        block.buffer            = world.memory.buffer();
        target                  = world.target(nullptr, 1000);
        target.commands         = reinterpret_cast<VkCommandBuffer_T*>(&count);  // never reached
        queue                   = *world.import().queues;
        query.get_instance_proc = import.get_instance_proc;
        query.instance          = import.instance;
        query.physical          = import.physical;
    }
};

// A change of something sound that makes it nonsense.
template <class Struct> Struct changed(Struct from, const std::function<void(Struct&)>& change) {
    change(from);
    return from;
}

Rows struct_rows(World& world, Sound& sound);
Rows import_rows(Sound& sound);
Rows model_rows(World& world, Sound& sound);
Rows session_rows(World& world, Sound& sound);
Rows target_rows(World& world, Sound& sound);
Rows span_rows(World& world, Sound& sound);
Rows tensor_rows(World& world, Sound& sound);
Rows node_rows(World& world, Sound& sound);
Rows graph_rows(World& world, Sound& sound);

}  // namespace attune::test

#include "c_api/world.h"

#include "support/tiny_model.h"

#include <doctest/doctest.h>

namespace attune::test {

std::vector<float> graph_numbers(std::size_t count, float from) {
    std::vector<float> result(count);
    for (std::size_t i = 0; i < count; ++i) result[i] = from + 0.125f * static_cast<float>(i * 7 % 16);
    return result;
}

namespace {

std::uint32_t add_input(attune_graph graph, const char* name, std::uint32_t rows) {
    auto tensor         = with_head<attune_tensor>(ATTUNE_TYPE_TENSOR);
    tensor.name         = name;
    tensor.rank         = 3;
    tensor.shape[0]     = 1;
    tensor.shape[1]     = rows;
    tensor.shape[2]     = width;
    std::uint32_t value = 0;
    attune_error  error = new_error();
    require_ok(attune_graph_tensor(graph, &tensor, &value, &error), error);
    return value;
}

}  // namespace

World::World(bool timeline) : own(timeline), commands(own), memory(own, 1u << 16), given_(own) {
    write_tiny_model(folder);
    path               = folder.path().string();
    attune_error error = new_error();
    const auto   from  = import();
    require_ok(attune_device_import(&from, &device, &error), error);
    auto source   = with_head<attune_source>(ATTUNE_TYPE_SOURCE);
    source.folder = path.c_str();
    require_ok(attune_model_open(device, &source, nullptr, &model, &error), error);
    session = new_session();
    make_graph();
}

World::~World() {
    attune_device_destroy(device);  // in the order that is hardest
    attune_model_destroy(model);
    attune_graph_destroy(graph);
    attune_session_destroy(session);
    attune_session_destroy(running);
}

attune_session World::new_session(std::uint32_t beams) const {
    auto options         = with_head<attune_options>(ATTUNE_TYPE_OPTIONS);
    options.beam_size    = beams;
    attune_error   error = new_error();
    attune_session made  = nullptr;
    require_ok(attune_session_create(model, &options, &made, &error), error);
    return made;
}

std::string World::translate(attune_session with, const std::string& line, std::uint64_t budget_us) {
    push(with, line);
    run_frames(commands, with, frame, budget_us);
    return pull(with);
}

std::string World::finish(const std::string& line, std::uint32_t beams) const {
    const attune_session with  = new_session(beams);
    attune_error         error = new_error();
    require_ok(attune_push(with, line.data(), line.size(), &error), error);
    require_ok(attune_finish(with, &error), error);
    std::string text = pull(with);
    attune_session_destroy(with);
    return text;
}

void World::make_graph() {
    attune_error error = new_error();
    require_ok(attune_graph_create(&graph, &error), error);
    const std::uint32_t    inputs[]     = {add_input(graph, "query", queries), add_input(graph, "key", keys),
                                           add_input(graph, "value", keys)};
    const attune_attribute attributes[] = {{"heads", heads}};
    auto                   node         = with_head<attune_node>(ATTUNE_TYPE_NODE);
    node.op                             = "attention";
    node.inputs                         = inputs;
    node.input_count                    = 3;
    node.attributes                     = attributes;
    node.attribute_count                = 1;
    std::uint32_t output                = 0;
    require_ok(attune_graph_node(graph, &node, &output, 1, &error), error);
    require_ok(attune_graph_output(graph, "output", output, &error), error);
    require_ok(attune_graph_session(device, graph, nullptr, &running, &error), error);
    const auto set = [&](const char* name, std::uint32_t rows, float from) {
        const auto values = graph_numbers(rows * width, from);
        require_ok(attune_set(running, name, values.data(), values.size() * sizeof(float), &error), error);
    };
    set("query", queries, -1.0f);
    set("key", keys, -0.5f);
    set("value", keys, 0.25f);
}

std::vector<float> World::attention() const {
    attune_error       error = new_error();
    std::vector<float> output(queries * width);
    std::size_t        bytes = output.size() * sizeof(float);
    require_ok(attune_finish(running, &error), error);
    require_ok(attune_get(running, "output", output.data(), &bytes, &error), error);
    return output;
}

}  // namespace attune::test

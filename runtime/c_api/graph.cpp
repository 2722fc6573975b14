// Graphs of a host's own.
#include "c_api/buffers.h"
#include "c_api/graph_work.h"
#include "c_api/ops.h"
#include "c_api/session_options.h"

using namespace attune;
using namespace attune::c_api;

namespace {

constexpr std::uint32_t most_inputs = 64;

TensorDesc desc_of(const Call& call, const attune_tensor& given) {
    if (given.rank < 1 || given.rank > 4)
        call.refuse("the rank is " + std::to_string(given.rank) + ", and 1 to 4 are there");
    std::uint64_t elements = 1;
    for (std::uint32_t axis = 0; axis < 4; ++axis) {
        const std::uint64_t extent = given.shape[axis];
        if (axis >= given.rank && extent != 0) call.refuse("the shape has more axes than the rank says");
        if (axis >= given.rank) continue;
        if (extent == 0) call.refuse("the shape has an axis of 0");
        if (elements > (UINT64_MAX >> 4) / extent)
            throw Error(Status::bad_input, given.name, "has more bytes than 2^64");
        elements *= extent;
    }
    return {element_type(call, given.element), Shape(std::span(given.shape).first(given.rank))};
}

Value add_weight(const Call& call, attune_graph_t& to, const attune_tensor& given, const TensorDesc& desc) {
    call.need(given.data, "the data of a weight");
    if (to.weights->find(given.name)) call.refuse("there is a weight \"" + std::string(given.name) + "\" already");
    const Value value = to.graph.weight(given.name, desc);
    Tensor      numbers(desc);
    std::memcpy(numbers.bytes().data(), given.data, numbers.bytes().size());
    if (to.weights.use_count() > 1) to.weights = std::make_shared<WeightMap>(*to.weights);  // sessions have the others
    to.weights->set(given.name, std::move(numbers));
    return value;
}

Value add_tensor(const Call& call, attune_graph_t& to, const attune_tensor& given) {
    call.need(given.name, "the name");
    if (!*given.name) call.refuse("the name is empty");
    const TensorDesc desc = desc_of(call, given);
    if (given.flags & ~static_cast<std::uint32_t>(ATTUNE_EXACT)) call.refuse("flags has a bit that there is not");
    if (given.flags && given.kind != ATTUNE_KIND_STATE) call.refuse("ATTUNE_EXACT is for states");
    if (given.kind != ATTUNE_KIND_WEIGHT && given.data)
        call.refuse("only weights have data here", "attune_set() sets the others");
    switch (given.kind) {
    case ATTUNE_KIND_INPUT: return to.graph.input(given.name, desc);
    case ATTUNE_KIND_WEIGHT: return add_weight(call, to, given, desc);
    case ATTUNE_KIND_STATE:
        return given.flags ? to.graph.exact_state(given.name, desc) : to.graph.state(given.name, desc);
    case ATTUNE_KIND_CONTROL: return to.graph.control(given.name, desc);
    default: call.refuse("kind is none of attune_kind");
    }
}

}  // namespace

attune_status attune_graph_create(attune_graph* graph, attune_error* error) {
    return guard(error, "attune_graph_create", [&](Call& call) {
        call.need(graph, "the result");
        *graph = nullptr;
        *graph = attune_graph_t::make();
    });
}

void attune_graph_destroy(attune_graph graph) { destroy(graph); }

attune_status attune_graph_tensor(attune_graph graph, const attune_tensor* tensor, uint32_t* value,
                                  attune_error* error) {
    return guard(error, "attune_graph_tensor", [&](Call& call) {
        attune_graph_t& to = call.use(graph);
        call.need(value, "the result");
        *value = ATTUNE_ABSENT;
        *value = add_tensor(call, to, read(tensor)).id;
    });
}

attune_status attune_graph_node(attune_graph graph, const attune_node* node, uint32_t* values, uint32_t value_count,
                                attune_error* error) {
    return guard(error, "attune_graph_node", [&](Call& call) {
        attune_graph_t& to    = call.use(graph);
        const auto      given = read(node);
        call.need(given.op, "the op");
        call.need(values, "the values");
        if (given.input_count > most_inputs || given.attribute_count > most_inputs)
            call.refuse("more operands or attributes than any op has");
        if (given.input_count > 0) call.need(given.inputs, "the inputs");
        if (given.attribute_count > 0) call.need(given.attributes, "the attributes");
        const std::vector<Value> made = add_node(call, to.graph, given, value_count);
        for (std::uint32_t i = 0; i < value_count; ++i) values[i] = i < made.size() ? made[i].id : ATTUNE_ABSENT;
    });
}

attune_status attune_graph_output(attune_graph graph, const char* name, uint32_t value, attune_error* error) {
    return guard(error, "attune_graph_output", [&](Call& call) {
        attune_graph_t& to = call.use(graph);
        call.need(name, "the name");
        to.graph.output(name, Value{value});
    });
}

attune_status attune_graph_session(attune_device device, attune_graph graph, const attune_options* options,
                                   attune_session* session, attune_error* error) {
    return guard(error, "attune_graph_session", [&](Call& call) {
        call.need(session, "the result");
        *session                = nullptr;
        attune_graph_t&  from   = call.use(graph);
        attune_device_t& on     = call.use(device);
        const auto       given  = checked(call, read_or_zero(options, {ATTUNE_TYPE_MODEL_OPTIONS}));
        const void*      more   = options ? in_chain(options, ATTUNE_TYPE_MODEL_OPTIONS) : nullptr;
        const auto       stored = read_or_zero(static_cast<const attune_model_options*>(more));
        if (stored.precision > ATTUNE_INT8) call.refuse("precision is none of attune_precision");
        if (given.target_language || given.beam_size || given.max_length)
            call.refuse("the options ask for a search, and a graph has none");
        const RunOptions how{.precision = static_cast<Precision>(stored.precision)};
        auto             work = std::make_unique<GraphWork>(*on.device(), from.graph, from.weights, how, given);
        *session              = on.add(attune_session_t::make(on.hold(), nullptr, std::move(work)));
    });
}

attune_status attune_set(attune_session session, const char* name, const void* data, size_t bytes,
                         attune_error* error) {
    return guard(error, "attune_set", [&](Call& call) {
        GraphWork& work = call.use(session).work().graph(call);
        call.need(name, "the name");
        work.set(call, name, data, bytes);
    });
}

attune_status attune_get(attune_session session, const char* name, void* data, size_t* bytes, attune_error* error) {
    return guard(error, "attune_get", [&](Call& call) -> Answer {
        GraphWork& work = work_on_device(call, session).graph(call);
        call.need(name, "the name");
        call.need(bytes, "the count");
        if (work.at_work()) return {ATTUNE_BUSY, "the run has not been retired"};
        const Tensor tensor = work.get(call, name);
        return fill(call, static_cast<std::byte*>(data), bytes, tensor.bytes());
    });
}

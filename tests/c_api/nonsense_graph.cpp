// Graphs that cannot be.
#include "c_api/nonsense.h"

#include <limits>

namespace attune::test {

Rows tensor_rows(World& w, Sound& s) {
    Rows       rows;
    const auto tensor = [&](const char* name, attune_status expected, const char* word, const std::function<void(attune_tensor&)>& change) {
        rows.push_back({std::string("tensor ") + name, expected,
                        [&w, &s, change](attune_error* e) {
                            const auto one = changed<attune_tensor>(s.tensor, change);
                            return attune_graph_tensor(w.graph, &one, &s.value, e);
                        },
                        word});
    };
    tensor("without a name", ATTUNE_USAGE, "name", [](auto& x) { x.name = nullptr; });
    tensor("of an empty name", ATTUNE_USAGE, "name", [](auto& x) { x.name = ""; });
    tensor("of rank 0", ATTUNE_USAGE, "rank", [](auto& x) { x.rank = 0; });
    tensor("of rank 5", ATTUNE_USAGE, "rank", [](auto& x) { x.rank = 5; });
    tensor("of more axes than its rank", ATTUNE_USAGE, "axes", [](auto& x) { x.shape[1] = 2; });
    tensor("of an axis of 0", ATTUNE_USAGE, "axis", [](auto& x) { x.shape[0] = 0; });
    tensor("of 2^64 bytes", ATTUNE_BAD_INPUT, "2^64", [](auto& x) {
        x.rank     = 2;
        x.shape[0] = x.shape[1] = std::uint64_t{1} << 31;
    });
    tensor("of no element", ATTUNE_USAGE, "element", [](auto& x) { x.element = 4; });
    tensor("of no kind", ATTUNE_USAGE, "kind", [](auto& x) { x.kind = 4; });
    tensor("of unknown flags", ATTUNE_USAGE, "flags", [](auto& x) { x.flags = 2; });
    tensor("that is exact and an input", ATTUNE_USAGE, "states", [](auto& x) { x.flags = ATTUNE_EXACT; });
    tensor("of a weight without numbers", ATTUNE_USAGE, "data", [](auto& x) { x.kind = ATTUNE_KIND_WEIGHT; });
    tensor("of an input with numbers", ATTUNE_USAGE, "data", [&](auto& x) { x.data = s.numbers; });
    tensor("of a name that is another's", ATTUNE_BAD_INPUT, "query", [](auto& x) { x.name = "query"; });
    return rows;
}

Rows node_rows(World& w, Sound& s) {
    Rows       rows;
    const auto node = [&](const char* name, attune_status expected, const char* word, const std::function<void(attune_node&)>& change, std::uint32_t room = 1) {
        rows.push_back({std::string("node ") + name, expected,
                        [&w, &s, change, room](attune_error* e) {
                            const auto one = changed<attune_node>(s.node, change);
                            return attune_graph_node(w.graph, &one, &s.value, room, e);
                        },
                        word});
    };
    static const attune_attribute sizes[]      = {{"size", 3}};
    static const attune_attribute nameless[]   = {{nullptr, 3}};
    static const attune_attribute half[]       = {{"heads", 1.5}};
    static const attune_attribute minus[]      = {{"heads", -2}};
    static const attune_attribute nan[]        = {{"heads", std::numeric_limits<double>::quiet_NaN()}};
    static const attune_attribute huge[]       = {{"heads", 1e300}};
    static const attune_attribute zero[]       = {{"heads", 0}};
    static const attune_attribute three[]      = {{"heads", 3}};
    static const attune_attribute type[]       = {{"type", 9}};
    static const attune_attribute causal[]     = {{"causal", 2}};
    static const attune_attribute activation[] = {{"activation", 5}};
    static const std::uint32_t    beyond[]     = {0, 1, 77};
    static const std::uint32_t    absent[]     = {0, ATTUNE_ABSENT, 2};
    node("without an op", ATTUNE_USAGE, "op", [](auto& x) { x.op = nullptr; });
    node("of no op", ATTUNE_USAGE, "attention", [](auto& x) { x.op = "attentoin"; });
    node("without inputs", ATTUNE_USAGE, "null", [](auto& x) { x.inputs = nullptr; });
    node("of too few inputs", ATTUNE_USAGE, "operands", [](auto& x) { x.input_count = 2; });
    node("of an absurd number of inputs", ATTUNE_USAGE, "operands", [](auto& x) { x.input_count = 0xffffffff; });
    node("of another graph's value", ATTUNE_USAGE, "operand 2", [](auto& x) { x.inputs = beyond; });
    node("of an operand that is absent", ATTUNE_USAGE, "absent", [](auto& x) { x.inputs = absent; });
    node("of attributes at null", ATTUNE_USAGE, "null", [](auto& x) { x.attribute_count = 1; });
    node("of no attribute of it", ATTUNE_USAGE, "heads", [](auto& x) {
        x.attributes      = sizes;
        x.attribute_count = 1;
    });
    for (const auto& [name, attribute] : {std::pair{"half a head", half},
                                          {"minus heads", minus},
                                          {"NaN heads", nan},
                                          {"huge heads", huge},
                                          {"no heads", zero},
                                          {"heads that do not divide", three},
                                          {"causal 2", causal}})
        node(name, ATTUNE_BAD_INPUT, "", [attribute = attribute](auto& x) {
            x.attributes      = attribute;
            x.attribute_count = 1;
        });
    node("of an attribute without a name", ATTUNE_USAGE, "name", [](auto& x) {
        x.attributes      = nameless;
        x.attribute_count = 1;
    });
    node("of type 9", ATTUNE_BAD_INPUT, "type", [](auto& x) {
        x.attributes      = type;
        x.attribute_count = 1;
    });
    node("of activation 5", ATTUNE_BAD_INPUT, "activation", [](auto& x) {
        x.op              = "activate";
        x.input_count     = 1;
        x.attributes      = activation;
        x.attribute_count = 1;
    });
    node("of shapes that do not fit", ATTUNE_BAD_INPUT, "add", [](auto& x) {
        x.op          = "add";
        x.input_count = 2;
    });
    node("of a control as a state", ATTUNE_BAD_INPUT, "", [](auto& x) {
        x.op          = "advance";
        x.input_count = 1;
    });
    node("of two values in room for one", ATTUNE_USAGE, "room", [](auto& x) { x.op = "attention_staged"; });
    node(
        "of no room", ATTUNE_USAGE, "room", [](auto&) {}, 0);
    return rows;
}

Rows graph_rows(World& w, Sound& s) {
    Rows rows;
    rows.push_back({"node to null", ATTUNE_USAGE, [&](auto* e) { return attune_graph_node(w.graph, &s.node, nullptr, 1, e); }, "null"});
    rows.push_back({"tensor to null", ATTUNE_USAGE, [&](auto* e) { return attune_graph_tensor(w.graph, &s.tensor, nullptr, e); }, "null"});
    rows.push_back({"output without a name", ATTUNE_USAGE, [&](auto* e) { return attune_graph_output(w.graph, nullptr, 0, e); }, "name"});
    rows.push_back({"output of another graph", ATTUNE_USAGE, [&](auto* e) { return attune_graph_output(w.graph, "more", 77, e); }, "more"});
    rows.push_back({"output twice", ATTUNE_USAGE, [&](auto* e) { return attune_graph_output(w.graph, "output", 0, e); }, "output"});
    rows.push_back({"graph to null", ATTUNE_USAGE, [&](auto* e) { return attune_graph_create(nullptr, e); }, "null"});
    rows.push_back({"graph session to null", ATTUNE_USAGE, [&](auto* e) { return attune_graph_session(w.device, w.graph, nullptr, nullptr, e); }, "null"});
    rows.push_back({"graph session with a search", ATTUNE_USAGE,
                    [&](auto* e) {
                        const auto how = changed<attune_options>(s.options, [](auto& x) { x.beam_size = 2; });
                        return attune_graph_session(w.device, w.graph, &how, &s.made, e);
                    },
                    "search"});
    rows.push_back({"graph session of no precision", ATTUNE_USAGE,
                    [&](auto* e) {
                        const auto stored = changed<attune_model_options>(s.how, [](auto& x) { x.precision = 9; });
                        const auto how    = changed<attune_options>(s.options, [&](auto& x) { x.next = &stored; });
                        return attune_graph_session(w.device, w.graph, &how, &s.made, e);
                    },
                    "precision"});
    rows.push_back({"a chain without an end", ATTUNE_USAGE,
                    [&](auto* e) {
                        auto stored    = s.how;
                        stored.next    = &stored;
                        const auto how = changed<attune_options>(s.options, [&](auto& x) { x.next = &stored; });
                        return attune_graph_session(w.device, w.graph, &how, &s.made, e);
                    },
                    "end"});
    return rows;
}

}  // namespace attune::test

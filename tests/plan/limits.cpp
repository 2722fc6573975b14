// Plans obey the device, and follow from their input alone.
#include "graph/op.h"
#include "plan/planning.h"
#include "support/expect_error.h"

#include <doctest/doctest.h>


namespace attune::test {
namespace {

std::string place(std::size_t dispatch, std::size_t binding) { return "binding " + std::to_string(binding) + " of dispatch " + std::to_string(dispatch); }

// Bytes behind a location, as the executor will provide them.
std::uint64_t room(const Plan& plan, const WeightLayouts& layouts, const Location& location) {
    const auto words = [](const NamedTensor& tensor) { return (tensor.desc.bytes() + 3) / 4 * 4; };
    switch (location.region) {
        case Region::arena: return plan.arena_bytes;
        case Region::control: return plan.control_bytes;
        case Region::counter: return plan.counter_bytes;
        case Region::state: return words(plan.states.at(location.index));
        case Region::input: return words(plan.inputs.at(location.index));
        case Region::output: return words(plan.outputs.at(location.index));
        case Region::weight: return layouts.at(plan.weights.at(location.index)).chunks.at(location.chunk).bytes;
    }
    return 0;
}

std::string wrong_binding(const Plan& plan, const WeightLayouts& layouts, const DeviceTraits& traits) {
    for (std::size_t d = 0; d < plan.dispatches.size(); ++d) {
        const PlannedDispatch& planned = plan.dispatches[d];
        if (planned.locations.size() != planned.dispatch.bindings.size()) return "dispatch " + std::to_string(d) + " has other locations than bindings";
        for (std::size_t b = 0; b < planned.locations.size(); ++b) {
            const Location& location = planned.locations[b];
            if (location.bytes == 0 || location.bytes % 4) return place(d, b) + " sees " + std::to_string(location.bytes) + " bytes";
            if (location.bytes > traits.max_binding) return place(d, b) + " sees more than the device allows";
            if (location.offset % traits.offset_alignment) return place(d, b) + " is not aligned";
            if (location.offset + location.bytes > room(plan, layouts, location)) return place(d, b) + " ends beyond its memory";
            const bool constant = location.region == Region::weight || location.region == Region::input || location.region == Region::control;
            if (constant && location.access != Access::read) return place(d, b) + " writes what is only read";
        }
    }
    return {};
}

std::string wrong_dispatch(const Plan& plan, const DeviceTraits& traits) {
    for (std::size_t d = 0; d < plan.dispatches.size(); ++d) {
        const Dispatch& dispatch = plan.dispatches[d].dispatch;
        const Groups&   groups = dispatch.groups;
        const bool      some = groups.x && groups.y && groups.z;
        if (!some || groups.x > traits.max_groups[0] || groups.y > traits.max_groups[1] || groups.z > traits.max_groups[2]) return "groups of dispatch " + std::to_string(d);
        if (dispatch.push.size() > 128) return "push constants of dispatch " + std::to_string(d);
    }
    return {};
}

// Everything but the graph, as bytes.
std::string fingerprint(const Plan& plan) {
    std::string result = plan.text();
    const auto  add = [&](auto... numbers) { ((result += std::to_string(numbers) + " "), ...); };
    add(plan.arena_bytes, plan.control_bytes, plan.counter_bytes);
    for (const auto* list : {&plan.states, &plan.inputs, &plan.controls, &plan.outputs})
        for (const NamedTensor& tensor : *list) {
            result += tensor.name + tensor.desc.text();
            add(tensor.offset);
        }
    for (const std::string& weight : plan.weights) result += weight + " ";
    for (const PlannedDispatch& planned : plan.dispatches) {
        add(planned.node, planned.barrier, planned.submit);
        for (const Location& l : planned.locations) add(static_cast<int>(l.region), l.index, l.chunk, l.offset, l.bytes, static_cast<int>(l.access));
        for (const std::uint32_t constant : planned.dispatch.constants) add(constant);
        result.append(reinterpret_cast<const char*>(planned.dispatch.push.data()), planned.dispatch.push.size());
    }
    return result;
}

// What an error must name: an op of the graph, or a weight.
bool names_a_value(const Graph& graph, const std::string& message) {
    for (const Node& node : graph.nodes())
        if (message.find(node.op->name) != std::string::npos) return true;
    for (const ValueInfo& info : graph.values())
        if (info.kind == ValueKind::weight && message.find(info.name) != std::string::npos) return true;
    return false;
}

}  // namespace

TEST_CASE("a plan stays within the device's limits, or says which value cannot") {
    std::size_t made = 0, refused = 0;
    for (std::uint64_t seed = 0; seed < 160; ++seed) {
        const Graph written = random_example(planned_graph(seed)).graph;
        for (const DeviceTraits& traits : all_traits()) {
            const Graph graph = rewrite(written, {.precision = some_precision(seed), .cache = some_cache(seed), .fuse = seed % 8 < 6});
            CAPTURE(seed);
            CAPTURE(traits.name);
            WeightLayouts      layouts;
            const Graph* const one = &graph;
            try {
                add_weight_layouts(layouts, {&one, 1}, traits);
                const Plan plan = make_plan(graph, traits, layouts);
                ++made;
                CHECK(wrong_binding(plan, layouts, traits) == "");
                CHECK(wrong_dispatch(plan, traits) == "");
            } catch (const Error& error) {
                const std::string message = error.what();
                CAPTURE(message);
                ++refused;
                CHECK(error.status() == Status::bad_input);
                CHECK(names_a_value(graph, message));
                CHECK(traits.max_binding < 1 << 27);   // nothing here is too large for an ordinary device
            }
        }
    }
    CHECK(made > 1000);
    CHECK(refused > 10);
}

TEST_CASE("the same graph gives the same plan") {
    for (std::uint64_t seed = 0; seed < 60; ++seed)
        for (const DeviceTraits& traits : {DeviceTraits{}, cpu_traits()}) {
            CAPTURE(seed);
            const auto once = [&] { return fingerprint(plan_of(rewrite(random_example(planned_graph(seed)).graph, {}), traits)); };
            CHECK(once() == once());
        }
}

TEST_CASE("what does not fit is refused by name") {
    struct Row {
        const char*              what;
        std::vector<std::string> words;
        Value (*build)(Graph&);
    };
    const Row rows[] = {
        {"an input in the place of a weight", {"linear", "weight", "Graph::weight"}, [](Graph& g) {
             return linear(g, g.input("x", {Type::f32, {3, 8}}), g.input("w", {Type::f32, {4, 8}}));
         }},
        {"a weight in panels that is added", {"add"}, [](Graph& g) {
             const Value w = g.weight("w", {Type::f32, {16, 16}});
             return add(g, linear(g, g.input("x", {Type::f32, {16, 16}}), w), w);
         }},
        {"more workgroups than there may be", {"linear", "65 workgroups"}, [](Graph& g) {
             return linear(g, g.input("x", {Type::f32, {1, 4}}), g.weight("w", {Type::f32, {65 * 16, 4}}));
         }},
    };
    DeviceTraits traits = small_traits(false, 1 << 16);
    traits.max_groups = {8, 8, 8};
    for (const Row& row : rows) {
        CAPTURE(row.what);
        Graph g;
        g.output("y", row.build(g));
        for (const std::string& word : row.words) expect_error(Status::bad_input, {word}, [&] { plan_of(g, traits); });
    }
}

TEST_CASE("rows, tables and biases beyond one binding are cut") {
    const TensorDesc wide{Type::f32, {1u << 16}}, long_rows{Type::f32, {3, 1u << 16}};
    Graph            g;
    const Value      x = g.input("x", long_rows);
    g.output("norm", layer_norm(g, x, g.input("gain", wide), g.weight("shift", wide), {.residual = x}));
    g.output("softmax", softmax(g, x));
    g.output("sum", add(g, x, x));
    g.output("columns", columns(g, x, 2, 40'000));
    g.output("heads", split_heads(g, g.input("flat", {Type::f32, {1, 3, 1u << 16}}), 2));
    g.output("best", top_k(g, x, 64).ids);
    g.output("many", top_k(g, g.input("rows", {Type::f32, {300, 128}}), 64).ids);
    g.output("product", linear(g, x, g.weight("huge", {Type::f32, {70, 1u << 16}})));
    const Value narrow = g.input("narrow", {Type::f32, {2, 4}});
    g.output("biased", linear(g, narrow, g.weight("w", {Type::f32, {20'000, 4}}), {.bias = g.input("bias", {Type::f32, {20'000}})}));
    g.output("chunked", linear(g, narrow, g.weight("w", {Type::f32, {20'000, 4}}), {.bias = g.weight("bias in chunks", {Type::f32, {20'000}})}));
    const Value ids = g.control("ids", {Type::u32, {40}});
    g.output("rows of an input", embedding(g, ids, g.input("table", {Type::f32, {999, 400}})));
    g.output("rows of a weight", embedding(g, ids, g.weight("huge", {Type::f32, {70, 1u << 16}})));
    for (const bool is_cpu : {false, true}) {
        const DeviceTraits traits = small_traits(is_cpu, 1 << 16);
        WeightLayouts      layouts;
        const Graph* const one = &g;
        add_weight_layouts(layouts, {&one, 1}, traits);
        const Plan plan = make_plan(g, traits, layouts);
        CHECK(wrong_binding(plan, layouts, traits) == "");
        CHECK(wrong_dispatch(plan, traits) == "");
        CHECK(plan.dispatches.size() > 100);
    }
}

TEST_CASE("what is no plan at all") {
    Graph       g;
    const Value x = g.input("x", {Type::f32, {2, 4}}), y = activate(g, x, Activation::relu);
    SUBCASE("an output that nothing computes") {
        g.output("same", x);
        expect_error(Status::bad_input, {"same", "nothing computes"}, [&] { plan_of(g, {}); });
    }
    SUBCASE("two names of one value") {
        g.output("one", y);
        g.output("two", y);
        expect_error(Status::bad_input, {"two"}, [&] { plan_of(g, {}); });
    }
    SUBCASE("columns that the op cannot read in place") {
        g.add(*g.nodes()[0].op, {Operand{x, 0, 2}}, g.nodes()[0].attributes);
        expect_error(Status::usage, {"activate", "column"}, [&] { plan_of(g, {}); });
    }
    SUBCASE("a weight that was not loaded") {
        g.output("y", linear(g, x, g.weight("w", {Type::f32, {3, 4}})));
        expect_error(Status::usage, {"w", "not loaded"}, [&] { make_plan(g, {}, {}); });
    }
}

TEST_CASE("graphs that share weights agree on them") {
    Graph        a, b, c;
    const Value  x = a.input("x", {Type::f32, {2, 4}});
    const Graph* both[] = {&a, &b};
    const Graph* other[] = {&c};
    linear(a, x, a.weight("table", {Type::f32, {6, 4}}));
    embedding(b, b.control("ids", {Type::u32, {3}}), b.weight("table", {Type::f32, {6, 4}}));
    linear(c, c.input("x", {Type::f32, {2, 8}}), c.weight("table", {Type::f32, {6, 8}}));
    WeightLayouts layouts;
    add_weight_layouts(layouts, both, {});
    CHECK(layouts.at("table").packing == Packing::panels);   // multiplied with in one of them
    CHECK(plan_of(b, {}).dispatches.size() == 1);
    CHECK(make_plan(b, {}, layouts).dispatches.size() == 1);
    expect_error(Status::usage, {"table"}, [&] { add_weight_layouts(layouts, other, {}); });
    expect_error(Status::bad_input, {"table", "f32[6, 8]"}, [&] { make_plan(c, {}, layouts); });
    const Graph*  all[] = {&a, &c};
    WeightLayouts none;
    expect_error(Status::bad_input, {"table", "[6, 4]", "[6, 8]"}, [&] { add_weight_layouts(none, all, {}); });
}

}  // namespace attune::test

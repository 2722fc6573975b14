// The tuning table, what is saved of it, and that no choice changes a bit.
#include "tuning/table.h"

#include "checks/session_run.h"
#include "plan/planning.h"
#include "support/expect_error.h"
#include "support/test_devices.h"

#include <attune/ops.hpp>
#include <attune/tuning.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

using namespace attune;
using namespace attune::test;

namespace {

Device opened(const DeviceCaps& caps) {
    return Device::open({.select = "", .caps = caps, .get_instance_proc = nullptr, .qualify = false});
}

// Facts of every kind that the table tells apart, and what is in between.
std::vector<DeviceTraits> kinds() {
    std::vector<DeviceTraits> all = {cpu_traits(16), cpu_traits(8), cpu_traits(4), cpu_traits(2), cpu_traits(1)};
    for (const std::uint32_t lanes : {1024u, 128u, 64u}) {
        DeviceTraits gpu;
        gpu.max_invocations = lanes;
        gpu.max_group_size  = {lanes, lanes, 64};
        gpu.tuning          = tuning_row(gpu).tuning;
        all.push_back(gpu);
    }
    return all;
}

// Rows on both sides of what the knobs turn at.
Case product(std::uint64_t rows, Type weight, Random& random, std::uint64_t inner = 70) {
    Case c;
    c.graph.output("y", linear(c.graph, c.input("x", random_tensor({Type::f32, {rows, inner}}, random)),
                               c.weight("w", random_tensor({weight, {50, inner}}, random))));
    c.largest_nmse = weight == Type::f32 ? 1e-9 : 1e-5;
    return c;
}

Case norm(std::uint64_t rows, Random& random) {
    Case             c;
    const TensorDesc vector{Type::f32, {96}};
    c.graph.output("y", layer_norm(c.graph, c.input("x", random_tensor({Type::f32, {rows, 96}}, random)),
                                   c.weight("gain", random_tensor(vector, random)),
                                   c.weight("bias", random_tensor(vector, random))));
    return c;
}

Case attend(std::uint64_t queries, std::uint64_t size, Random& random) {
    Case        c;
    const Value q = c.input("q", random_tensor({Type::f32, {2, 3, queries, size}}, random)),
                k = c.input("k", random_tensor({Type::f32, {2, 3, 21, size}}, random)),
                v = c.input("v", random_tensor({Type::f32, {2, 3, 21, size}}, random));
    c.graph.output("y", attention(c.graph, q, k, v, {.heads = 3}));
    return c;
}

// A row with many heads, which share one, over eight slices of keys.
Case decode(std::uint64_t heads, Random& random) {
    Case        c;
    const Value q = c.input("q", random_tensor({Type::f32, {1, heads, 1, 8}}, random)),
                k = c.input("k", random_tensor({Type::f32, {1, 1, 1800, 8}}, random)),
                v = c.input("v", random_tensor({Type::f32, {1, 1, 1800, 8}}, random));
    c.graph.output("y", attention(c.graph, q, k, v, {.heads = heads, .key_value_heads = 1}));
    return c;
}

Case moved(Random& random) {
    Case        c;
    const Value x = c.input("x", random_tensor({Type::f32, {2, 9, 96}}, random));
    c.graph.output("heads", split_heads(c.graph, x, 6));
    c.graph.output("y", activate(c.graph, x, Activation::gelu));
    return c;
}

std::vector<Case> cases_for(const std::string& choice) {
    Random            random(choice);
    std::vector<Case> cases;
    if (choice == "rows_in_turn")
        for (const std::uint64_t rows : {63u, 300u, 600u, 1030u, 2101u}) cases.push_back(norm(rows, random));
    else if (choice == "single_tiles")
        for (const std::uint64_t queries : {9u, 17u, 33u}) cases.push_back(attend(queries, 32, random));
    else if (choice == "decode_groups")
        for (const std::uint64_t heads : {40u, 120u, 600u}) cases.push_back(decode(heads, random));
    else if (choice == "texel_loads")   // rows of whole fours
        for (const Type weight : {Type::f32, Type::f16, Type::i8}) cases.push_back(product(9, weight, random, 72));
    else if (choice == "point_lanes" || choice == "point_run")
        cases.push_back(moved(random));
    else
        for (const std::uint64_t rows : {5u, 9u, 20u, 40u}) cases.push_back(product(rows, Type::f16, random));
    return cases;
}

bool same_bits(const std::map<std::string, Tensor>& a, const std::map<std::string, Tensor>& b) {
    return std::ranges::equal(a, b, [](const auto& x, const auto& y) {
        return x.first == y.first && std::ranges::equal(x.second.bytes(), y.second.bytes());
    });
}

}  // namespace

TEST_CASE("the table has a row for every device, and each of its numbers is one that may be tried there") {
    std::set<std::string> rows, knobs;
    for (const DeviceTraits& traits : kinds()) {
        const TuningRow&  row  = tuning_row(traits);
        const std::string kind = row.kind;
        CAPTURE(kind);
        rows.insert(kind);
        for (const TuningKnob& knob : tuning_knobs()) {
            const auto        candidates = knob.candidates(traits);
            const std::string name       = knob.name;
            CAPTURE(name);
            if (candidates.empty()) continue;
            knobs.insert(name);
            CHECK(std::ranges::count(candidates, row.tuning.*knob.value) == 1);
            CHECK(std::set(candidates.begin(), candidates.end()).size() == candidates.size());
        }
    }
    CHECK(rows.size() == tuning_rows().size());
    CHECK(knobs.size() == tuning_knobs().size());
}

// Nobody reads a knob that nothing is tried for, and what is tried is read.
TEST_CASE("what may be tried changes plans, and nothing else does") {
    for (DeviceTraits traits : {cpu_traits(8), cpu_traits(4), cpu_traits(1), kinds()[5]}) {
        const std::string kind = tuning_row(traits).kind;
        CAPTURE(kind);
        const Tuning usual = traits.tuning;
        for (const TuningKnob& knob : tuning_knobs()) {
            const std::string name = knob.name;
            CAPTURE(name);
            std::set<std::string> plans;
            auto                  values = knob.candidates(traits);
            const std::size_t     wanted = std::max<std::size_t>(values.size(), 1);
            if (values.empty()) values = {8, 16, 32, 64};
            for (const std::uint32_t value : values) {
                traits.tuning             = usual;
                traits.tuning.*knob.value = value;
                std::string text;
                for (const Case& one : cases_for(name))
                    for (const PlannedDispatch& planned : plan_of(one.graph, traits).dispatches) {
                        const Dispatch& dispatch = planned.dispatch;
                        text += std::string(dispatch.kernel->name) + " " + std::to_string(dispatch.groups.x);
                        for (const std::uint32_t constant : dispatch.constants) text += " " + std::to_string(constant);
                    }
                plans.insert(text);
            }
            CHECK(plans.size() == wanted);
            traits.tuning = usual;
        }
    }
}

TEST_CASE("no choice changes a bit") {
    for (const DeviceCaps& caps : {profile_caps(), DeviceCaps{.treat = DeviceCaps::Treat::as_gpu}}) {
        const Device device = opened(caps);
        for (const TuningChoice& choice : tuning_choices(device)) {
            CAPTURE(choice.name);
            for (const Case& one : cases_for(choice.name)) {
                std::map<std::string, Tensor> usual;
                for (const std::uint32_t value : choice.candidates) {
                    CAPTURE(value);
                    set_tuning(device, choice.name, value);
                    SessionRun run(device, one);
                    auto       results = run.results();
                    if (value == choice.usual) {
                        CHECK(differences_from_oracle(one, results).empty());
                        usual = std::move(results);
                    } else {
                        CHECK(same_bits(results, usual));
                    }
                }
            }
            set_tuning(device, choice.name, choice.usual);
        }
    }
}

TEST_CASE("what has been set is kept, exported, and imported where it belongs") {
    const Device device  = opened(profile_caps());
    const auto   choices = tuning_choices(device);
    REQUIRE(choices.size() > 0);
    const TuningChoice& first = choices.front();
    CHECK(first.value == first.usual);
    REQUIRE(first.candidates.size() > 1);
    CHECK(first.candidates[0] == first.usual);
    const std::uint32_t other = first.candidates[1];
    const auto          table = export_tuning(device);
    set_tuning(device, first.name, other);
    CHECK(tuning_choices(device).front().value == other);
    CHECK(device.report().find("\"" + first.name + "\": " + std::to_string(other)) != std::string::npos);
    const auto bytes = export_tuning(device);
    CHECK(bytes != table);

    const Device again = opened(profile_caps());
    CHECK(tuning_choices(again).front().value == first.usual);
    import_tuning(again, bytes);
    CHECK(tuning_choices(again).front().value == other);
    CHECK(export_tuning(again) == bytes);

    const auto unchanged = [&](std::span<const std::byte> wrong, const char* what) {
        expect_error(Status::bad_input, {what}, [&] { import_tuning(again, wrong); });
        CHECK(export_tuning(again) == bytes);
    };
    std::vector<std::byte> changed = table;
    for (std::size_t at = 0; at < table.size(); ++at) {
        CAPTURE(at);
        changed[at] ^= std::byte{4};
        unchanged(changed, "[tuning] is ");
        changed[at] = table[at];
        unchanged(std::span(table).first(at), "[tuning] is ");
    }
    const Device gpu = opened({.treat = DeviceCaps::Treat::as_gpu});
    unchanged(export_tuning(gpu), "opened otherwise");
}

TEST_CASE("what a device cannot be tuned in is said") {
    const Device device = opened(profile_caps());
    const auto   name   = tuning_choices(device).front().name;
    expect_error(Status::usage, {"[rows]", name}, [&] { set_tuning(device, "rows", 1); });
    expect_error(Status::usage, {name, "77", "it may be "}, [&] { set_tuning(device, name, 77); });
}

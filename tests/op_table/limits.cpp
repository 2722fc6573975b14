// Operands beyond what a device may bind or dispatch at once, on devices made small.
#include "checks/attention_case.h"
#include "op_table/table.h"
#include "support/test_devices.h"

#include <doctest/doctest.h>

using namespace attune;
using namespace attune::test;

namespace {

// The profile's device with its limits lowered further, to less than golden cases are there for.
Device smaller(std::uint64_t max_binding, std::uint32_t max_groups, DeviceCaps::Treat treat) {
    DeviceCaps caps = profile_caps();
    caps.max_binding = max_binding;
    caps.max_groups = max_groups;
    caps.offset_alignment = 256;
    if (caps.treat == DeviceCaps::Treat::as_it_is) caps.treat = treat;
    return Device::open({.select = "", .caps = caps, .get_instance_proc = nullptr, .qualify = false});
}

void check(const Device& device, const char* name, const Case& row) {
    for (const std::string& wrong : failures(device, row, {.through_session = true})) FAIL_CHECK(std::string(name) << ": " << wrong);
}

Case product(std::uint64_t rows, std::uint64_t inputs, std::uint64_t outputs, Type type = Type::f32) {
    Case        c;
    Random      random("large linear");
    const Value x = c.input("x", random_tensor({Type::f32, {rows, inputs}}, random)), weight = c.weight("weight", random_tensor({type, {outputs, inputs}}, random));
    c.graph.output("y", linear(c.graph, x, weight, {.bias = c.weight("bias", random_tensor({Type::f32, {outputs}}, random))}));
    return c;
}

Case gather(std::uint64_t tokens, std::uint64_t vocabulary, std::uint64_t width) {
    Case        c;
    Random      random("large table");
    const Value ids = c.input("ids", random_ids({tokens}, random, static_cast<std::uint32_t>(vocabulary)));
    c.graph.output("y", embedding(c.graph, ids, c.weight("table", random_tensor({Type::f32, {vocabulary, width}}, random))));
    return c;
}

// A tied table: gathered and multiplied.
Case tied(std::uint64_t vocabulary, std::uint64_t width, Type type = Type::f32) {
    Case        c;
    Random      random("tied table");
    const Value table = c.weight("table", random_tensor({type, {vocabulary, width}}, random));
    const Value x = embedding(c.graph, c.input("ids", random_ids({3}, random, static_cast<std::uint32_t>(vocabulary))), table);
    c.graph.output("x", x);
    const TopK best = top_k(c.graph, linear(c.graph, x, table), 4);
    c.graph.output("ids", best.ids);
    return c;
}

// A shortlist of a tied table, for two beams of each sentence.
Case shortlist(std::uint64_t sentences, std::uint64_t inputs, std::uint64_t vocabulary, std::uint64_t places) {
    Case        c;
    Random      random("large shortlist");
    const Value table = c.weight("table", random_tensor({Type::f32, {vocabulary, inputs}}, random));
    const Value x = embedding(c.graph, c.input("ids", random_ids({2 * sentences}, random, static_cast<std::uint32_t>(vocabulary + 5))), table, {.beyond = Beyond::zero});
    const Value lists = c.control("chosen", random_ids({sentences, places}, random, static_cast<std::uint32_t>(vocabulary + vocabulary / 8)));
    c.graph.output("y", linear_chosen(c.graph, x, table, lists, c.weight("bias", random_tensor({Type::f32, {vocabulary}}, random))));
    return c;
}

Case recurrent(std::uint64_t sentences, std::uint64_t beams, std::uint64_t width) {
    Case         c;
    Random       random("large cells");
    const Tensor numbers = random_tensor({Type::f32, {sentences * beams, width}}, random);
    const Value  cell = c.graph.exact_state("cell", numbers.desc());
    c.tensors.insert_or_assign("cell", numbers);
    Tensor parents({Type::u32, {sentences * beams}});
    for (std::uint32_t& parent : parents.as<std::uint32_t>()) parent = random.below(static_cast<std::uint32_t>(sentences * beams));
    const Value of = c.control("parents", std::move(parents)), at = c.control("position", random_ids({sentences * beams}, random, 3));
    const Value x = c.input("x", random_tensor(numbers.desc(), random)), z = c.input("z", random_tensor(numbers.desc(), random));
    c.graph.output("y", ssru(c.graph, cell, x, z, {.parents = of, .position = at, .beams = beams}).output);
    return c;
}

Case norm(std::uint64_t rows, std::uint64_t width) {
    Case        c;
    Random      random("many rows");
    const Value x = c.input("x", random_tensor({Type::f32, {rows, width}}, random));
    const Value gain = c.input("gain", random_tensor({Type::f32, {width}}, random)), bias = c.input("bias", random_tensor({Type::f32, {width}}, random));
    c.graph.output("y", softmax(c.graph, layer_norm(c.graph, add(c.graph, x, x), gain, bias)));
    return c;
}

Case attend(const Attend& options) {
    Random random(options.name());
    return attention_case(options, random);
}

}  // namespace

TEST_CASE("operands beyond one binding, of 256 KiB") {
    const Device device = smaller(1u << 18, 0, DeviceCaps::Treat::as_it_is);
    check(device, "linear, weight in chunks", product(5, 130, 2003));
    check(device, "linear, rows in slices", product(1500, 64, 80));
    check(device, "embedding in chunks", gather(50, 3001, 40));
    check(device, "embedding in chunks and slices", gather(3000, 3001, 40));
    check(device, "tied table", tied(2003, 64));
    check(device, "tied table, columns in chunks", tied(130, 5000));
    check(device, "linear, i8 in chunks", product(5, 530, 2003, Type::i8));
    check(device, "tied table, i8, columns in chunks", tied(130, 20'000, Type::i8));
    check(device, "rows in slices", norm(3000, 50));
    check(device, "linear_chosen, weight in chunks", shortlist(3, 130, 2003, 700));
    check(device, "linear_chosen, rows and lists in slices", shortlist(700, 64, 300, 120));
    check(device, "cells in slices", recurrent(300, 6, 130));
    check(device, "cells in windows", recurrent(2, 64, 1501));
    check(device, "staged scores in slices", attend({.batch = 3, .heads = 4, .key_heads = 4, .queries = 70, .keys = 130, .size = 32, .staged = true}));
    check(device, "fused attention in slices", attend({.batch = 6, .heads = 8, .key_heads = 2, .queries = 64, .keys = 64, .size = 32}));
}

TEST_CASE("attention through windows of 8 and 32 KiB, whatever rows see") {
    // Windows are the same for subgroups of any size, and drivers compile them for a minute: where rows are shared out, a third
    // of the cases on one driver and a ninth on the slower one.
    if (takes_few_rows() && profile() != "swiftshader") return;
    const std::size_t every = takes_few_rows() ? 9 : row_share() > 1 ? 3 : 1;
    std::size_t       turn  = profile() == "swiftshader" ? 2 : 0;
    const Attend cases[] = {
        {.batch = 2, .heads = 4, .key_heads = 2, .queries = 70, .keys = 300, .size = 32},
        {.batch = 2, .heads = 4, .key_heads = 2, .queries = 70, .keys = 300, .size = 32, .causal = true, .position = 200, .split = false},
        {.batch = 3, .heads = 4, .key_heads = 4, .queries = 1, .keys = 500, .size = 20, .seen = Seen::lengths, .position = 1},
        {.batch = 6, .heads = 4, .key_heads = 2, .queries = 1, .keys = 150, .size = 64, .seen = Seen::ancestors, .position = 1},
        {.batch = 5, .heads = 4, .key_heads = 2, .queries = 60, .keys = 60, .size = 32, .seen = Seen::blocks, .split = false},
        {.batch = 5, .heads = 2, .key_heads = 2, .queries = 90, .keys = 90, .size = 16, .seen = Seen::blocks, .causal = true},
        {.batch = 7, .heads = 4, .key_heads = 4, .queries = 1, .keys = 90, .size = 32, .seen = Seen::blocks, .split = false, .block_rows = 1},
        {.batch = 2, .heads = 2, .key_heads = 2, .queries = 30, .keys = 400, .size = 64, .storage = Type::f16, .query = Type::f16, .result = Type::f16},
        {.batch = 1, .heads = 1, .key_heads = 1, .queries = 3, .keys = 700, .size = 256},
    };
    for (const std::uint64_t binding : {1u << 13, 1u << 15}) {
        const Device device = smaller(binding, 0, DeviceCaps::Treat::as_it_is);
        for (Attend one : cases)
            for (const bool staged : {false, true}) {
                if (turn++ % every != 0) continue;
                one.staged = staged;
                check(device, one.name().c_str(), attend(one));
            }
        ++turn;
    }
}

TEST_CASE("slices of keys through windows of 32 KiB") {
    const Device device = smaller(1u << 15, 0, DeviceCaps::Treat::as_it_is);
    const Attend cases[] = {
        {.batch = 3, .heads = 2, .key_heads = 1, .queries = 1, .keys = 1400, .size = 16, .seen = Seen::lengths},
        {.batch = 2, .heads = 2, .key_heads = 2, .queries = 1, .keys = 1100, .size = 8, .seen = Seen::lengths, .split = false},
        {.batch = 3, .heads = 2, .key_heads = 2, .queries = 1, .keys = 1100, .size = 16, .seen = Seen::ancestors},
    };
    for (const Attend& one : cases) check(device, one.name().c_str(), attend(one));
}

TEST_CASE("sums and rows beyond one binding, of 4 KiB") {
    for (const auto treat : {DeviceCaps::Treat::as_it_is, DeviceCaps::Treat::as_gpu}) {
        if (treat == DeviceCaps::Treat::as_gpu && profile() != "lavapipe") continue;
        const Device device = smaller(1u << 12, 0, treat);
        check(device, "linear, sums in parts", product(5, 130, 203));
        check(device, "linear, long rows", product(3, 20, 2003));
        check(device, "linear, long sums", product(7, 3001, 20));
        check(device, "tied table, columns in chunks", tied(203, 160));
        check(device, "tied table, i8, columns in chunks", tied(203, 650, Type::i8));
        check(device, "linear, i8, long sums", product(7, 3001, 20, Type::i8));
        check(device, "embedding of long rows", gather(5, 11, 1501));
        check(device, "linear_chosen, sums and the bias in parts", shortlist(2, 130, 2003, 40));
        check(device, "linear_chosen, long lists", shortlist(2, 20, 60, 2003));
        check(device, "cells in windows", recurrent(2, 30, 203));
        check(device, "long rows", norm(3, 5003));
    }
}

TEST_CASE("more work than 64 workgroups along an axis") {
    for (const auto treat : {DeviceCaps::Treat::as_it_is, DeviceCaps::Treat::as_gpu}) {
        if (treat == DeviceCaps::Treat::as_gpu && profile() != "lavapipe") continue;
        const Device device = smaller(0, 64, treat);
        check(device, "linear", product(300, 32, 500));
        check(device, "linear, i8", product(300, 32, 500, Type::i8));
        check(device, "embedding", gather(300, 100, 40));
        check(device, "linear_chosen", shortlist(150, 8, 100, 400));
        check(device, "cells", recurrent(200, 2, 300));
        check(device, "rows", norm(700, 20));
        check(device, "attention", attend({.batch = 40, .heads = 8, .key_heads = 2, .queries = 9, .keys = 20, .size = 32}));
    }
}

TEST_CASE("a table of 70,000 x 512 in f32, larger than 128 MiB") {
    if (row_share() != 1 || profile() == "swiftshader") return;
    if (main_device().info().device_memory < 512u << 20) return;   // tests/faults: it is refused before it is loaded
    check(main_device(), "linear and embedding", tied(70'000, 512));
}

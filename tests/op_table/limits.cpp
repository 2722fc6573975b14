// Operands beyond what a device may bind or dispatch at once, on devices made small.
#include "op_table/attention_case.h"
#include "support/test_devices.h"

#include <doctest/doctest.h>

using namespace attune;
using namespace attune::test;

namespace {

// The profile's device with its limits lowered further.
Device smaller(std::uint64_t max_binding, std::uint32_t max_groups, DeviceCaps::Treat treat) {
    DeviceCaps caps = profile() == "floor" ? floor_caps() : DeviceCaps{};
    caps.max_binding = max_binding;
    caps.max_groups = max_groups;
    caps.offset_alignment = 256;
    if (profile() != "floor") caps.treat = treat;
    return Device::open({.select = "", .caps = caps});
}

void check(const Device& device, const char* name, const Case& row) {
    for (const std::string& wrong : failures(device, row, {.through_session = true})) FAIL_CHECK(std::string(name) << ": " << wrong);
}

Case product(std::uint64_t rows, std::uint64_t inputs, std::uint64_t outputs) {
    Case        c;
    Random      random("large linear");
    const Value x = c.input("x", random_tensor({Type::f32, {rows, inputs}}, random)), weight = c.weight("weight", random_tensor({Type::f32, {outputs, inputs}}, random));
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
Case tied(std::uint64_t vocabulary, std::uint64_t width) {
    Case        c;
    Random      random("tied table");
    const Value table = c.weight("table", random_tensor({Type::f32, {vocabulary, width}}, random));
    const Value x = embedding(c.graph, c.input("ids", random_ids({3}, random, static_cast<std::uint32_t>(vocabulary))), table);
    c.graph.output("x", x);
    const TopK best = top_k(c.graph, linear(c.graph, x, table), 4);
    c.graph.output("ids", best.ids);
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
    check(device, "rows in slices", norm(3000, 50));
    check(device, "staged scores in slices", attend({.batch = 3, .heads = 4, .key_heads = 4, .queries = 70, .keys = 130, .size = 32, .staged = true}));
    check(device, "fused attention in slices", attend({.batch = 6, .heads = 8, .key_heads = 2, .queries = 64, .keys = 64, .size = 32}));
}

TEST_CASE("more work than 64 workgroups along an axis") {
    for (const auto treat : {DeviceCaps::Treat::as_it_is, DeviceCaps::Treat::as_gpu}) {
        if (treat == DeviceCaps::Treat::as_gpu && profile() != "lavapipe") continue;
        const Device device = smaller(0, 64, treat);
        check(device, "linear", product(300, 32, 500));
        check(device, "embedding", gather(300, 100, 40));
        check(device, "rows", norm(700, 20));
        check(device, "attention", attend({.batch = 40, .heads = 8, .key_heads = 2, .queries = 9, .keys = 20, .size = 32}));
    }
}

TEST_CASE("a table of 70,000 x 512 in f32, larger than 128 MiB") {
    if (row_share() != 1 || profile() == "swiftshader") return;
    check(main_device(), "linear and embedding", tied(70'000, 512));
}

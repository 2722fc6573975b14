// What the levels of a trace hold.
#include "support/test_devices.h"

#include <attune/ops.hpp>
#include <attune/session.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace attune;
using namespace attune::test;

namespace {

Graph two_layers() {
    Graph g;
    Value x = g.input("x", {Type::f32, {4, 32}});
    for (const char* name : {"first", "second"}) x = linear(g, x, g.weight(name, {Type::f32, {32, 32}}));
    g.output("y", layer_norm(g, x, g.weight("gain", {Type::f32, {32}}), g.weight("bias", {Type::f32, {32}})));
    return g;
}

std::vector<std::string> lines_of(const Device& device, unsigned level) {
    std::vector<std::string> lines;
    const RunOptions         options{
                .trace = {.level = level, .line = [&](const std::string& line) { lines.push_back(line); }}};
    const Graph graph = two_layers();
    WeightMap   source;
    for (const ValueInfo& info : graph.values())
        if (info.kind == ValueKind::weight) source.set(info.name, Tensor(info.desc));
    const Weights weights(device, source, std::span(&graph, 1), options);
    Session       session(device, weights);
    const Program program = session.prepare(graph, "two layers");
    session.set("x", Tensor({Type::f32, {4, 32}}));
    session.run(program);
    return lines;
}

std::size_t starting(const std::vector<std::string>& lines, const std::string& start) {
    return static_cast<std::size_t>(
        std::count_if(lines.begin(), lines.end(), [&](const std::string& line) { return line.starts_with(start); }));
}

std::size_t holding(const std::vector<std::string>& lines, const std::string& part) {
    return static_cast<std::size_t>(std::count_if(
        lines.begin(), lines.end(), [&](const std::string& line) { return line.find(part) != std::string::npos; }));
}

}  // namespace

TEST_CASE("each level of a trace holds its own and what those below it hold") {
    const Device& device = main_device();
    CHECK(lines_of(device, 0).empty());

    const auto first = lines_of(device, 1);
    CHECK(starting(first, "device: ") == first.size());
    for (const std::string& fact : {device.info().name, device.info().driver, device.info().vulkan_version})
        CHECK(holding(first, fact) == 1);
    CHECK(holding(first, profile() == "floor" ? "kernels for GPUs" : "kernels for CPUs") == 1);

    const auto second = lines_of(device, 2);
    CHECK(std::equal(first.begin(), first.end(), second.begin()));
    CHECK(starting(second, "weights: first f32[32, 32], panels of 16 rows, chunks 1, 4.0 KiB") == 1);
    CHECK(starting(second, "weights: gain f32[32], row by row, chunks 1, 128 bytes") == 1);
    CHECK(starting(second, "weights: ") == 5);  // the sum and four weights
    CHECK(starting(second, "program: two layers: dispatches ") == 1);
    CHECK(starting(second, "plan: ") == 0);
    std::size_t dispatches = 0;  // "program:    2 x linear_registers_4_shared_8 (8, 0, ..)"
    for (const std::string& line : second)
        if (line.starts_with("program: ") && line.find(" x ") != std::string::npos)
            dispatches += std::stoul(line.substr(9));
    CHECK(dispatches == 3);

    const auto third = lines_of(device, 3);
    REQUIRE(third.size() > second.size());
    CHECK(std::equal(second.begin(), second.end(), third.begin()));
    CHECK(starting(third, "plan: two layers") == 1);
    CHECK(starting(third, "plan: arena ") == 1);
    CHECK(holding(third, "reads weight second [0, 4096)") == 1);
    CHECK(holding(third, "reads input x [0, 512)") == 1);
    CHECK(holding(third, " output y [0, 512)") == 1);
    CHECK(starting(third, "plan:    2 | ") == 1);

    CHECK(lines_of(device, 4) == third);  // sessions time when they are asked to
}

TEST_CASE("a session without weights tells of its device itself") {
    std::vector<std::string> lines;
    const Session            session(main_device(),
                                     {.trace = {.level = 1, .line = [&](const std::string& line) { lines.push_back(line); }}});
    CHECK(starting(lines, "device: ") == lines.size());
    CHECK(holding(lines, main_device().info().driver) == 1);
}

TEST_CASE("a level without a function to take the lines tells nothing") { CHECK_FALSE(Trace{.level = 4}.shows(1)); }

// Timing the dispatches of a program, which must change nothing.
#include "support/expect_error.h"
#include "checks/numbers.h"
#include "support/own_device.h"
#include "support/test_devices.h"
#include "support/without_timestamps.h"

#include <attune/ops.hpp>
#include <attune/session.hpp>

#include <chrono>

using namespace attune;
using namespace attune::test;

namespace {

constexpr std::uint64_t batch = 3, width = 64, heads = 4, capacity = 8;

// x [B, 1, E] -> y, with caches that are written in place and a position that the device advances.
Graph step() {
    Graph        g;
    const Value  x        = g.input("x", {Type::f32, {batch, 1, width}});
    const Value  position = g.state("position", {Type::u32, {batch}});
    const Shape  cache{batch, heads, capacity, width / heads};
    const Value  split  = split_heads(g, x, heads);
    const Caches caches = kv_append(g, {g.state("keys", {Type::f32, cache}), g.state("values", {Type::f32, cache})},
                                    split, split, position);
    g.output("y", merge_heads(g, attention(g, split, caches.key, caches.value,
                                           {.heads = heads, .lengths = position, .lengths_offset = 1})));
    advance(g, position);
    return g;
}

Tensor token(int number) {
    Random random("token " + std::to_string(number));
    return random_tensor({Type::f32, {batch, 1, width}}, random);
}

double total(const ProgramTimes& times) {
    double sum = 0;
    for (const ProgramTimes::Dispatch& dispatch : times.dispatches) sum += dispatch.seconds;
    return sum;
}

// Times the program and checks what holds of all times.
void check_times(const Session& session, const Program& program, ProgramTimes::Clock clock) {
    const auto         start   = std::chrono::steady_clock::now();
    const ProgramTimes times   = session.time(program);
    const double       seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    CHECK(times.clock == clock);
    REQUIRE(times.dispatches.size() == program.facts().dispatches);
    for (const ProgramTimes::Dispatch& dispatch : times.dispatches) {
        CHECK(dispatch.seconds >= 0);
        CHECK(program.text().find(std::string(dispatch.kernel)) != std::string::npos);
    }
    CHECK(total(times) > 0);
    CHECK(total(times) <= seconds);
}

// What the whole capacity's steps give, y of each and the states, timed before and after each of them or not.
std::vector<Tensor> walk(const Device& device, const ProgramTimes::Clock* clock) {
    Session             session(device);
    const Program       program = session.prepare(step());
    std::vector<Tensor> results;
    for (std::uint64_t i = 0; i < capacity; ++i) {
        session.set("x", token(static_cast<int>(i)));
        if (clock) check_times(session, program, *clock);
        session.run(program);
        if (clock) check_times(session, program, *clock);  // in the end the caches are full
        results.push_back(session.get("y"));
    }
    for (const char* state : {"keys", "values", "position"}) results.push_back(session.get(state));
    CHECK(session.submissions() == capacity);
    return results;
}

void check_walks(const Device& device, ProgramTimes::Clock clock) {
    const std::vector<Tensor> plain = walk(device, nullptr), timed = walk(device, &clock);
    REQUIRE(plain.size() == timed.size());
    for (std::size_t i = 0; i < plain.size(); ++i) CHECK(bit_difference(plain[i], timed[i]) == "");
}

}  // namespace

TEST_CASE("timing by the device gives each dispatch its time and changes no output and no state") {
    check_walks(main_device(), ProgramTimes::Clock::device);
}

TEST_CASE("without timestamps the host's clock times, and changes nothing either") {
    const OwnDevice own;
    check_walks(Device::import(without_timestamps(own.import(profile_caps()))), ProgramTimes::Clock::host);
}

TEST_CASE("a program of several submissions is timed to its end") {
    if (profile() != "lavapipe") return;  // seconds elsewhere
    Graph g;
    g.output("y", linear(g, g.input("x", {Type::f32, {256, 2048}}), g.weight("w", {Type::f32, {2048, 2048}})));
    WeightMap source;
    source.set("w", Tensor({Type::f32, {2048, 2048}}));
    const Weights weights(main_device(), source, std::span(&g, 1));
    Session       session(main_device(), weights);
    const Program program = session.prepare(g);
    REQUIRE(program.facts().submissions > 1);
    session.set("x", Tensor({Type::f32, {256, 2048}}));
    check_times(session, program, ProgramTimes::Clock::device);
}

TEST_CASE("what cannot run cannot be timed, and the session works on") {
    Session       session(main_device());
    const Program program = session.prepare(step());
    expect_error(Status::usage, {"empty program"}, [&] { session.time(Program()); });
    expect_error(Status::usage, {"x", "was not set"}, [&] { session.time(program); });
    session.set("x", token(0));
    check_times(session, program, ProgramTimes::Clock::device);
    session.run(program);
    const Tensor y = session.get("y");
    CHECK(bit_difference(y, walk(main_device(), nullptr)[0]) == "");
}

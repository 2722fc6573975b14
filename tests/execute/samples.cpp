// Session::sample: so many runs as were asked for, timed, on the session's own states.
#include "checks/numbers.h"
#include "support/expect_error.h"
#include "support/own_device.h"
#include "support/test_devices.h"
#include "support/vulkan_shim.h"
#include "support/without_timestamps.h"

#include <attune/ops.hpp>
#include <attune/session.hpp>

#include <chrono>
#include <numeric>

using namespace attune;
using namespace attune::test;

namespace {

const TensorDesc small{Type::f32, {4, 64}}, large{Type::f32, {256, 2048}}, matrix{Type::f32, {2048, 2048}};
const TensorDesc counters{Type::u32, {3}};

// x -> y, and a state that counts the runs.
Graph counting_runs() {
    Graph g;
    g.output("y", softmax(g, activate(g, g.input("x", small), Activation::silu)));
    advance(g, g.state("runs", counters));
    return g;
}

Tensor numbers(const TensorDesc& desc, const char* name) {
    Random random(name);
    return random_tensor(desc, random);
}

std::uint32_t runs(Session& session) {
    const Tensor tensor = session.get("runs");
    const auto   all    = tensor.as<std::uint32_t>();
    for (const std::uint32_t one : all) CHECK(one == all[0]);
    return all[0];
}

// Samples a program that counts its runs, and checks what holds of all samples.
void check_samples(Session& session, const Program& program, std::uint32_t repeats, std::uint32_t samples,
                   ProgramTimes::Clock clock) {
    CAPTURE(repeats);
    CAPTURE(samples);
    const std::uint32_t before = runs(session);
    const auto          start  = std::chrono::steady_clock::now();
    const RunSamples    found  = session.sample(program, repeats, samples);
    const double        all    = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    CHECK(found.clock == clock);
    REQUIRE(found.seconds.size() == samples);
    for (const double seconds : found.seconds) CHECK(seconds > 0);
    CHECK(std::accumulate(found.seconds.begin(), found.seconds.end(), 0.0) * repeats <= all);
    CHECK(runs(session) == before + repeats * samples);
}

void check_small(const Device& device, ProgramTimes::Clock clock) {
    Session       session(device);
    const Program program = session.prepare(counting_runs());
    session.set("x", numbers(small, "x"));
    session.run(program);
    const Tensor y = session.get("y");
    check_samples(session, program, 1, 1, clock);
    check_samples(session, program, 7, 3, clock);
    expect_error(Status::usage, {"y"}, [&] { session.peek("y"); });
    CHECK(session.submissions() == 1);
    session.run(program);
    CHECK(bit_difference(session.get("y"), y) == "");
    CHECK(runs(session) == 1 + 1 + 7 * 3 + 1);
}

}  // namespace

TEST_CASE("a sample is so many runs, timed by the device, and states move on with each") {
    check_small(main_device(), ProgramTimes::Clock::device);
}

TEST_CASE("without timestamps samples are timed by the host's clock, and say so") {
    const OwnDevice own;
    check_small(Device::import(without_timestamps(own.import(profile_caps()))), ProgramTimes::Clock::host);
}

TEST_CASE("repeats are one submission, but of a plan of several submissions they are all of them") {
    if (profile() != "lavapipe") return;  // seconds elsewhere
    VulkanShim   shim;
    const Device device =
        Device::open({.select = "", .caps = profile_caps(), .get_instance_proc = shim.get_instance_proc()});
    const auto submissions = [&](Session& session, const Program& program, std::uint32_t repeats,
                                 std::uint32_t samples) {
        const std::uint64_t before = shim.calls(Entry::QueueSubmit);
        check_samples(session, program, repeats, samples, ProgramTimes::Clock::device);
        return shim.calls(Entry::QueueSubmit) - before - 2;  // `runs` is read twice
    };
    {
        Session       session(device);
        const Program program = session.prepare(counting_runs());
        session.set("x", numbers(small, "x"));
        session.run(program);
        CHECK(submissions(session, program, 5, 3) == 3);
    }
    Graph g;
    g.output("y", linear(g, g.input("x", large), g.weight("w", matrix)));
    advance(g, g.state("runs", counters));
    WeightMap source;
    source.set("w", Tensor(matrix));
    const Weights weights(device, source, std::span(&g, 1));
    Session       session(device, weights);
    const Program program = session.prepare(g);
    REQUIRE(program.facts().submissions > 1);
    session.set("x", Tensor(large));
    session.run(program);
    CHECK(submissions(session, program, 2, 2) == 2 * 2 * program.facts().submissions);
}

TEST_CASE("what cannot run cannot be sampled, and the session works on") {
    Session       session(main_device());
    const Program program = session.prepare(counting_runs());
    expect_error(Status::usage, {"empty program"}, [&] { session.sample(Program(), 1, 1); });
    expect_error(Status::usage, {"x", "was not set"}, [&] { session.sample(program, 1, 1); });
    session.set("x", numbers(small, "x"));
    expect_error(Status::usage, {"repeat"}, [&] { session.sample(program, 0, 1); });
    expect_error(Status::usage, {"repeat"}, [&] { session.sample(program, 1, 0); });

    session.begin(program);
    while (!session.submit_next({})) {}
    expect_error(Status::usage, {"in flight"}, [&] { session.sample(program, 1, 1); });
    session.wait();
    CHECK(session.get("y").desc() == small);
    check_samples(session, program, 2, 2, ProgramTimes::Clock::device);
}

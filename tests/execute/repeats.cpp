// A program some times over in one submission: states go on from run to run, and a count that has come to 0 ends the work.
#include "support/expect_error.h"
#include "support/test_devices.h"
#include "support/vulkan_shim.h"

#include <attune/ops.hpp>
#include <attune/session.hpp>

#include <doctest/doctest.h>

using namespace attune;
using namespace attune::test;

namespace {

constexpr std::uint64_t down = 0xffffffff;

// Each run takes one of `left`, adds one to `done` and three to the control's numbers in `sum`.
Graph counting_graph() {
    Graph       g;
    const Value left = g.state("left", {Type::u32, {2}});
    advance(g, g.state("done", {Type::u32, {1}}));
    advance(g, left, down);
    store(g, g.state("copy", {Type::f32, {1, 2}}), add(g, g.input("x", {Type::f32, {1, 2}}), g.state("copy", {Type::f32, {1, 2}})));
    return g;
}

Tensor counts(std::vector<std::uint32_t> values) {
    Tensor tensor({Type::u32, {values.size()}});
    std::ranges::copy(values, tensor.as<std::uint32_t>().begin());
    return tensor;
}

Tensor floats(float a, float b) { return Tensor::from_doubles({Type::f32, {1, 2}}, std::vector<double>{a, b}); }

void set_all(Session& session, std::uint32_t left) {
    session.set("left", counts({left, 1000}));
    session.set("done", counts({0}));
    session.set("copy", floats(0, 0));
    session.set("x", floats(1, 2));
}

std::uint32_t first_of(const TensorView& view) { return reinterpret_cast<const std::uint32_t*>(view.bytes.data())[0]; }

}  // namespace

TEST_CASE("runs go on where the one before ended, in one submission") {
    VulkanShim shim;
    Device     device = Device::open({.select = "", .caps = profile_caps(), .get_instance_proc = shim.get_instance_proc(), .qualify = false});
    Session    session(device);
    const Program program = session.prepare(counting_graph());
    for (const std::uint32_t times : {1u, 2u, 7u, 2u}) {
        set_all(session, 100);
        const auto before = shim.calls(Entry::QueueSubmit);
        session.run(program, {.times = times});
        CHECK(shim.calls(Entry::QueueSubmit) - before == 1);
        CHECK(first_of(session.get("done").view()) == times);
        CHECK(session.get("copy").doubles() == std::vector<double>{1.0 * times, 2.0 * times});
    }
    CHECK(session.submissions() == 4);
}

TEST_CASE("once the count is 0 nothing works any more") {
    Session       session(main_device());
    const Program program = session.prepare(counting_graph());
    const char*   seen[]  = {"done", "copy"};
    struct Row {
        std::uint32_t left, times, done;
    };
    for (const Row row : {Row{3, 5, 3}, {1, 8, 1}, {5, 5, 5}, {8, 5, 5}, {2, 64, 2}, {64, 1, 1}}) {
        set_all(session, row.left);
        session.run(program, {.times = row.times, .until = "left", .copied = seen});
        CHECK(first_of(session.peek("done")) == row.done);
        CHECK(session.get("copy").doubles() == std::vector<double>{1.0 * row.done, 2.0 * row.done});
        CHECK(first_of(session.get("left").view()) == row.left - row.done);
    }
    session.run(program);   // by its other commands, which know of no count
    CHECK(first_of(session.get("done").view()) == 2);
}

TEST_CASE("what is repeated makes nothing anew, whatever else runs") {
    Device        device = main_device().share();
    Session       session(device);
    const Program program = session.prepare(counting_graph()), other = session.prepare(counting_graph());
    const char*   seen[]  = {"done"};
    const auto    both    = [&](std::uint32_t times) {
        set_all(session, 9);
        session.run(program, {.times = times, .until = "left", .copied = seen});
        session.run(other, {.times = 1});
        CHECK(first_of(session.get("done").view()) == times + 1);
    };
    both(3);
    const auto objects = device.objects_created();
    both(2);
    both(8);
    CHECK(device.objects_created() == objects);
}

TEST_CASE("what cannot be repeated is said") {
    Session       session(main_device());
    const Program program = session.prepare(counting_graph());
    set_all(session, 9);
    const char* none[] = {"nothing"};
    expect_error(Status::usage, {"no run"}, [&] { session.run(program, {.times = 0}); });
    expect_error(Status::usage, {"nothing", "no state"}, [&] { session.run(program, {.until = "nothing"}); });
    expect_error(Status::usage, {"copy", "count"}, [&] { session.run(program, {.until = "copy"}); });
    expect_error(Status::usage, {"nothing", "no state"}, [&] { session.run(program, {.copied = none}); });
    session.run(program, {.times = 2, .until = "left"});
    expect_error(Status::usage, {"done"}, [&] { session.peek("done"); });   // was not copied
    const std::atomic<bool> cancel{true};
    expect_error(Status::cancelled, {}, [&] { session.run(program, {.times = 2}, &cancel); });
}

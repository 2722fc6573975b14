// Frames in flight: what one reads no other overwrites, and what may be at work is not freed.
#include "checks/numbers.h"
#include "support/decoder_layer.h"
#include "support/expect_error.h"
#include "support/host_frames.h"
#include "support/host_memory.h"
#include "support/test_devices.h"

#include <attune/ops.hpp>
#include <attune/session.hpp>

#include <algorithm>
#include <map>

using namespace attune;
using namespace attune::test;

namespace {

// gain * softmax(x) + table[ids]: an input, a control, and an output to read back.
Graph small_graph(std::uint64_t rows) {
    Graph       g;
    const Value x   = g.input("x", {Type::f32, {rows, 64}});
    const Value ids = g.control("ids", {Type::u32, {rows}});
    const Value row = embedding(g, ids, g.input("table", {Type::f32, {8, 64}}));
    g.output("y", add(g, softmax(g, x), row));
    return g;
}

struct Frame {
    Tensor x, ids;
};

Frame numbers_of(std::uint64_t rows, std::uint32_t seed) {
    Random random{seed};
    Tensor ids({Type::u32, {rows}});
    for (std::uint64_t row = 0; row < rows; ++row) {
        const auto id = static_cast<std::uint32_t>((seed + row) % 8);
        std::copy_n(reinterpret_cast<const std::byte*>(&id), 4, ids.bytes().begin() + static_cast<std::ptrdiff_t>(4 * row));
    }
    return {random_tensor({Type::f32, {rows, 64}}, random), std::move(ids)};
}

Tensor table() {
    Random random{99};
    return random_tensor({Type::f32, {8, 64}}, random);
}

void set(Session& session, const Frame& frame) {
    session.set("x", frame.x);
    session.set("ids", frame.ids);
}

Tensor stand_alone(std::uint64_t rows, std::uint32_t seed) {
    Session session(main_device());
    session.set("table", table());
    set(session, numbers_of(rows, seed));
    session.run(session.prepare(small_graph(rows)));
    return session.get("y");
}

}  // namespace

TEST_CASE("a slot is busy until its frame is retired") {
    Frames     frames(2);
    const auto commands = reinterpret_cast<VkCommandBuffer>(std::uintptr_t{16});   // never looked at
    const auto claim    = [&](std::uint64_t frame, std::uint32_t slot) { frames.claim({commands, frame, slot}); };
    CHECK_FALSE(frames.any_in_flight());
    claim(FrameTarget::uncounted, 7);
    CHECK_FALSE(frames.any_in_flight());
    claim(3, 0);
    claim(3, 0);
    claim(4, 1);
    CHECK(frames.hosts_in_flight());
    expect_error(Status::busy, {"slot 0", "frame 3"}, [&] { claim(5, 0); });
    expect_error(Status::usage, {"slot 2", "2 frames in flight"}, [&] { claim(5, 2); });
    expect_error(Status::usage, {"frame 3", "frame 4"}, [&] { claim(3, 0); });
    int        alive = 0;
    const auto kept  = [&] { return std::shared_ptr<int>(&++alive, [](int* count) { --*count; }); };
    frames.keep(kept());
    CHECK(alive == 1);
    frames.retire(3);
    CHECK(alive == 1);   // frame 4 may use it
    CHECK_FALSE(frames.in_flight(3));
    CHECK(frames.in_flight(4));
    claim(5, 0);
    frames.keep(kept());
    CHECK(alive == 2);
    frames.retire(4);
    CHECK(alive == 1);
    frames.retire(2);   // tells nothing new
    frames.retire(5);
    CHECK(alive == 0);
    frames.keep(kept());
    CHECK(alive == 0);
    expect_error(Status::usage, {"frame 5", "over"}, [&] { claim(5, 0); });
    claim(frames.next_own(), 0);
    CHECK_FALSE(frames.hosts_in_flight());
    expect_error(Status::busy, {"frame 6", "beside"}, [&] { claim(6, 1); });
    frames.keep(kept());
    frames.retire(9);   // the host's frames are over, and attune's own are not
    CHECK(alive == 1);
    frames.retire_all();
    CHECK(alive == 0);
    claim(10, 1);
    expect_error(Status::busy, {"frame 1", "beside"}, [&] { claim(frames.next_own(), 0); });
    frames.retire(10);
    claim(frames.next_own(), 0);
    for (const std::uint32_t slots : {0u, 65u}) expect_error(Status::usage, {"slots"}, [&] { Frames none(slots); });
}

TEST_CASE("1 to 8 frames in flight, retired as late as may be, each with numbers of its own") {
    constexpr std::uint64_t          rows = 5;
    std::map<std::uint32_t, Tensor>  expected;
    for (std::uint32_t seed = 1; seed <= 12; ++seed) expected.emplace(seed, stand_alone(rows, seed));
    const OwnDevice own;
    const Device    device = Device::import(own.import(profile_caps()));
    for (const std::uint32_t slots : {1u, 2u, 3u, 8u}) {
        CAPTURE(slots);
        Session       session(device, RunOptions{}, std::make_shared<Frames>(slots));
        const Program program = session.prepare(small_graph(rows));
        HostFrames    host(own, slots);
        session.set("table", table());
        std::uint64_t               memory = 0;
        std::map<std::uint32_t, int> checked;
        for (std::uint32_t number = 1; number <= 12 + slots; ++number) {
            const std::uint32_t seed = (number - 1) % 12 + 1;
            if (number > slots) {
                const std::uint32_t oldest = number - slots;
                host.wait(oldest);
                session.retire(oldest);
                const std::uint32_t seed_of_oldest = (oldest - 1) % 12 + 1;
                CHECK(bit_difference(session.get("y"), expected.at(seed_of_oldest)) == "");
                ++checked[seed_of_oldest];
            }
            set(session, numbers_of(rows, seed));
            host.frame([&](const FrameTarget& target) { session.record(program, target); });
            if (number == 1) memory = device.memory_used();
            CHECK(device.memory_used() == memory);
        }
        CHECK(checked.size() == 12);
        session.retire(12 + slots);
    }
}

TEST_CASE("frames that are never retired take no more memory, and say so") {
    const OwnDevice own;
    const Device    device = Device::import(own.import(profile_caps()));
    Session         session(device, RunOptions{}, std::make_shared<Frames>(3));
    const Program   program = session.prepare(small_graph(5));
    HostFrames      host(own, 3);
    session.set("table", table());
    set(session, numbers_of(5, 1));
    for (int i = 0; i < 3; ++i) host.frame([&](const FrameTarget& target) { session.record(program, target); });
    const std::uint64_t memory = device.memory_used(), objects = device.objects_created();
    for (int i = 0; i < 20; ++i)
        expect_error(Status::busy, {"retire"}, [&] { host.frame([&](const FrameTarget& target) { session.record(program, target); }); });
    expect_error(Status::usage, {"in flight"}, [&] { session.run(program); });
    CHECK(device.memory_used() == memory);
    CHECK(device.objects_created() == objects);
    host.wait(3);
    session.retire(3);
    CHECK(bit_difference(session.get("y"), stand_alone(5, 1)) == "");
    session.run(program);
    CHECK(bit_difference(session.get("y"), stand_alone(5, 1)) == "");
}

TEST_CASE("larger graphs may be prepared, programs dropped and buffers bound while frames are in flight") {
    const OwnDevice own;
    const Device    device = Device::import(own.import(profile_caps()));
    Session         session(device, RunOptions{}, std::make_shared<Frames>(4));
    HostFrames      host(own, 4);
    session.set("table", table());
    HostMemory host_y(own, 4 * 64 * 40 + 256);
    const auto record = [&](std::uint64_t rows, std::uint32_t seed) {
        const Program program = session.prepare(small_graph(rows));   // dropped at the end, while its frame is in flight
        set(session, numbers_of(rows, seed));
        return host.frame([&](const FrameTarget& target) { session.record(program, target); });
    };
    for (int round = 0; round < 3; ++round) {
        record(3, 1);
        const std::uint64_t second = record(20 + 10 * static_cast<std::uint64_t>(round), 2);
        session.bind("y", {.buffer = host_y.buffer(), .offset = 0, .bytes = host_y.bytes().size()});
        const std::uint64_t third = record(4, 3);
        session.bind("y", {});
        const std::uint64_t last = record(5, 4);
        host.wait(second);
        session.retire(second);
        CHECK(bit_difference(session.get("y"), stand_alone(20 + 10 * static_cast<std::uint64_t>(round), 2)) == "");
        host.wait(third);
        const Tensor bound = stand_alone(4, 3);
        CHECK(std::ranges::equal(host_y.bytes().first(bound.bytes().size()), bound.bytes()));
        host.wait(last);
        session.retire(last);
        CHECK(bit_difference(session.get("y"), stand_alone(5, 4)) == "");
    }
}

TEST_CASE("stated costs are learned from frames that are over, and change no bit") {
    const OwnDevice own;
    const Device    device = Device::import(own.import(profile_caps()));
    const Graph     graph  = decoder_layer_step();
    WeightMap       source = decoder_layer_weights();
    const Weights   weights(device, source, std::span(&graph, 1));
    const auto      walk = [&](const Budget& budget) {
        Session       session(device, weights, std::make_shared<Frames>(2));
        const Program program = session.prepare(graph);
        HostFrames    host(own, 2);
        bool          changed = false;
        double        estimate = 0;
        for (int step = 0; step < 6; ++step) {
            session.set("x", decoder_layer_token(step % 3));
            session.begin(program);
            if (step == 0) estimate = session.next_seconds();
            changed = changed || session.next_seconds() != estimate;
            for (bool done = false; !done;) {
                const std::uint64_t frame = host.frame([&](const FrameTarget& target) { done = session.record_next(target, budget); });
                host.wait(frame);
                session.retire(frame);
            }
        }
        CHECK(session.dispatches_left() == 0);
        return std::pair(session.get("y"), changed);
    };
    const auto whole = walk({}), cut = walk({1e-5, 2});
    CHECK(bit_difference(whole.first, cut.first) == "");
    CHECK(whole.second);
    CHECK(cut.second);
}

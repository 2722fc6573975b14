// Inputs, states and outputs that lie in buffers of the host.
#include "checks/numbers.h"
#include "support/decoder_layer.h"
#include "support/expect_error.h"
#include "support/host_commands.h"
#include "support/host_memory.h"
#include "support/host_plan.h"
#include "support/test_devices.h"

#include <attune/ops.hpp>
#include <attune/session.hpp>

#include <algorithm>
#include <cstring>

using namespace attune;
using namespace attune::test;

namespace {

constexpr std::uint64_t queries = 7, keys = 19, heads = 2, width = 64;
constexpr std::byte     canary{0xCD};

Graph attention_graph() {
    Graph       g;
    const Value query = g.input("query", {Type::f32, {1, queries, width}});
    const Value key   = g.input("key", {Type::f32, {1, keys, width}});
    const Value value = g.input("value", {Type::f32, {1, keys, width}});
    g.output("output", attention(g, query, key, value, {.heads = heads}));
    return g;
}

struct Numbers {
    Random random{7};
    Tensor query = random_tensor({Type::f32, {1, queries, width}}, random), key = random_tensor({Type::f32, {1, keys, width}}, random),
           value = random_tensor({Type::f32, {1, keys, width}}, random);
};

Tensor stand_alone(const Numbers& numbers) {
    Session       session(main_device());
    const Program program = session.prepare(attention_graph());
    session.set("query", numbers.query);
    session.set("key", numbers.key);
    session.set("value", numbers.value);
    session.run(program);
    return session.get("output");
}

// A part of the host's memory, with canaries around it.
struct Part {
    HostMemory memory;
    HostBuffer buffer;

    Part(const OwnDevice& own, const Device& device, std::uint64_t bytes)
        : memory(own, 2 * device.info().offset_alignment + bytes),
          buffer{.buffer = memory.buffer(), .offset = device.info().offset_alignment, .bytes = bytes} {}

    std::span<std::byte> inside() const { return memory.bytes().subspan(buffer.offset, buffer.bytes); }
    void                 fill(const Tensor& tensor) const { std::ranges::copy(tensor.bytes(), inside().begin()); }
    Tensor               tensor(const TensorDesc& desc) const {
                      Tensor result(desc);
                      std::copy_n(inside().begin(), result.bytes().size(), result.bytes().begin());
                      return result;
    }
    bool canaries_live() const {
        const auto bytes = memory.bytes();
        const auto live  = [](std::byte b) { return b == canary; };
        return std::ranges::all_of(bytes.first(buffer.offset), live) &&
               std::ranges::all_of(bytes.subspan(buffer.offset + buffer.bytes), live);
    }
};

}  // namespace

TEST_CASE("fused attention recorded over the host's buffers, by name") {
    const Numbers numbers;
    const Tensor  expected = stand_alone(numbers);
    const OwnDevice own;
    const Device    device = Device::import(own.import(profile_caps()));
    Session         session(device);
    const Part      query(own, device, numbers.query.bytes().size()), key(own, device, numbers.key.bytes().size()),
        value(own, device, numbers.value.bytes().size()), output(own, device, expected.bytes().size());
    session.bind("query", query.buffer);
    session.bind("key", key.buffer);
    session.bind("value", value.buffer);
    session.bind("output", output.buffer);
    const std::uint64_t before  = device.memory_used();
    const Program       program = session.prepare(attention_graph());
    CHECK(device.memory_used() == before);   // nothing of ours beside them
    query.fill(numbers.query);
    key.fill(numbers.key);
    value.fill(numbers.value);

    HostCommands        commands(own);
    const std::uint64_t objects = device.objects_created();
    for (int pass = 0; pass < 3; ++pass) {
        std::ranges::fill(output.inside(), std::byte{0});
        commands.run([&](VkCommandBuffer recording) { session.record(program, recording); });
        CHECK(bit_difference(output.tensor(expected.desc()), expected) == "");
    }
    session.run(program);
    CHECK(bit_difference(output.tensor(expected.desc()), expected) == "");
    CHECK(session.submissions() == 1);
    CHECK(device.objects_created() <= objects + 3);   // descriptor sets to record with; run()'s, and its command buffer
    for (const Part* part : {&query, &key, &value, &output}) CHECK(part->canaries_live());
    expect_error(Status::usage, {"output", "host's buffer"}, [&] { session.get("output"); });
}

TEST_CASE("what the host does before and after waits for its turn") {
    const Numbers   numbers;
    const Tensor    expected = stand_alone(numbers);
    const OwnDevice own;
    const Device    device = Device::import(own.import(profile_caps()));
    Session         session(device);
    const HostMemory source(own, numbers.query.bytes().size()), target(own, expected.bytes().size());
    const Part      query(own, device, numbers.query.bytes().size()), output(own, device, expected.bytes().size());
    std::ranges::copy(numbers.query.bytes(), source.bytes().begin());
    HostBuffer in = query.buffer, out = output.buffer;
    in.before = {VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_WRITE_BIT};
    out.after = {VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_READ_BIT};
    session.bind("query", in);
    session.bind("output", out);
    session.set("key", numbers.key);
    session.set("value", numbers.value);
    const Program program = session.prepare(attention_graph());
    const auto    copy    = own.get<PFN_vkCmdCopyBuffer>("vkCmdCopyBuffer");
    HostCommands  commands(own);
    commands.run([&](VkCommandBuffer recording) {
        const VkBufferCopy first{0, in.offset, in.bytes}, last{out.offset, 0, out.bytes};
        copy(recording, source.buffer(), in.buffer, 1, &first);
        session.record(program, recording);
        copy(recording, out.buffer, target.buffer(), 1, &last);
    });
    CHECK(std::ranges::equal(target.bytes(), expected.bytes()));
}

TEST_CASE("states may lie in the host's buffers") {
    const auto walk = [](const Device& device, const std::function<void(Session&)>& bind, const std::function<Tensor(Session&)>& last) {
        const Graph   graph  = decoder_layer_step();
        WeightMap     source = decoder_layer_weights();
        const Weights weights(device, source, std::span(&graph, 1));
        Session       session(device, weights);
        bind(session);
        const Program program = session.prepare(graph);
        for (int step = 0; step < 3; ++step) {
            session.set("x", decoder_layer_token(step));
            session.run(program);
        }
        return last(session);
    };
    const Tensor expected = walk(main_device(), [](Session&) {}, [](Session& session) { return session.get("keys"); });
    const OwnDevice own;
    const Device    device = Device::import(own.import(profile_caps()));
    const Part      part(own, device, expected.bytes().size());
    std::ranges::fill(part.inside(), std::byte{0});
    const Tensor y = walk(device, [&](Session& session) { session.bind("keys", part.buffer); }, [](Session& session) { return session.get("y"); });
    CHECK(y.bytes().size() > 0);
    CHECK(bit_difference(part.tensor(expected.desc()), expected) == "");
    CHECK(part.canaries_live());
}

TEST_CASE("parts that do not do are refused by name, and the session goes on") {
    const Numbers   numbers;
    const OwnDevice own;
    const Device    device = Device::import(own.import(profile_caps()));
    Session         session(device);
    const Part      small(own, device, numbers.query.bytes().size() - 4);
    HostBuffer      odd = small.buffer;
    odd.offset += 1;
    expect_error(Status::usage, {"query", "multiple of"}, [&] { session.bind("query", odd); });
    session.bind("query", small.buffer);
    expect_error(Status::usage, {"query", "f32[1, 7, 64]"}, [&] { session.prepare(attention_graph()); });
    session.bind("query", {});
    const Program program = session.prepare(attention_graph());
    expect_error(Status::usage, {"query", "not set"}, [&] { session.run(program); });
    session.set("query", numbers.query);
    session.set("key", numbers.key);
    session.set("value", numbers.value);
    session.run(program);
    CHECK(bit_difference(session.get("output"), stand_alone(numbers)) == "");
}

TEST_CASE("a host that records everything by itself gets the same bits") {
    struct Step {
        Tensor y, keys;
    };
    const auto walk = [](const Device& device, const std::function<Tensor(Session&, const Program&)>& step) {
        const Graph   graph  = decoder_layer_step();
        WeightMap     source = decoder_layer_weights();
        const Weights weights(device, source, std::span(&graph, 1));
        Session       session(device, weights);
        const Program program = session.prepare(graph);
        Step          last;
        for (int i = 0; i < 3; ++i) {
            session.set("x", decoder_layer_token(i));
            last.y = step(session, program);
        }
        last.keys = session.get("keys");
        return last;
    };
    const Step expected = walk(main_device(), [](Session& session, const Program& program) {
        session.run(program);
        return session.get("y");
    });
    const OwnDevice own;
    const Device    device = Device::import(own.import(profile_caps()));
    const Part      part(own, device, expected.y.bytes().size());
    HostCommands    commands(own);
    for (const bool bound : {false, true}) {
        const Step found = walk(device, [&](Session& session, const Program& program) {
            if (bound) session.bind("y", part.buffer);
            const std::vector<CommandData> data = session.commands(program);
            CHECK(std::ranges::count(data, CommandData::Kind::dispatch, &CommandData::kind) == static_cast<std::ptrdiff_t>(program.facts().dispatches));
            CHECK(std::ranges::count(data, CommandData::Kind::copy, &CommandData::kind) == (bound ? 0 : 1));
            const HostPlan plan(own, data);
            commands.run([&](VkCommandBuffer recording) { plan.record(recording); });
            CHECK(session.submissions() == 0);
            return bound ? part.tensor(expected.y.desc()) : session.get("y");
        });
        CHECK(bit_difference(found.y, expected.y) == "");
        CHECK(bit_difference(found.keys, expected.keys) == "");
    }
    CHECK(part.canaries_live());
}

TEST_CASE("a run recorded in pieces gives the same bits, wherever it is cut") {
    const auto walk = [](const Device& device, const std::function<void(Session&, const Program&)>& step) {
        const Graph   graph  = decoder_layer_step();
        WeightMap     source = decoder_layer_weights();
        const Weights weights(device, source, std::span(&graph, 1));
        Session       session(device, weights);
        const Program program = session.prepare(graph);
        for (int i = 0; i < 3; ++i) {
            session.set("x", decoder_layer_token(i));
            step(session, program);
        }
        return std::pair(session.get("y"), session.get("keys"));
    };
    const auto      expected = walk(main_device(), [](Session& session, const Program& program) { session.run(program); });
    const OwnDevice own;
    const Device    device = Device::import(own.import(profile_caps()));
    HostCommands    commands(own);
    for (const double seconds : {0.0, 2e-6, 1e-5, 1.0}) {
        CAPTURE(seconds);
        std::size_t pieces = 0, dispatches = 0;
        const auto  found  = walk(device, [&](Session& session, const Program& program) {
            session.begin(program);
            for (bool done = false; !done; ++pieces) {
                CHECK(session.next_seconds() > 0);
                commands.run([&](VkCommandBuffer recording) { done = session.record_next(recording, {seconds}); });
            }
            dispatches = program.facts().dispatches;
            CHECK(session.next_seconds() == 0);
            expect_error(Status::usage, {"begun"}, [&] { commands.run([&](VkCommandBuffer recording) { session.record_next(recording, {seconds}); }); });
        });
        CHECK(bit_difference(found.first, expected.first) == "");
        CHECK(bit_difference(found.second, expected.second) == "");
        if (seconds == 0) CHECK(pieces == 3 * dispatches);
        if (seconds == 1) CHECK(pieces == 3);
    }
}

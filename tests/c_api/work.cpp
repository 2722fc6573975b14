// What the C ABI gives is what the C++ API gives, bit by bit, however it is asked.
#include "c_api/counting_graph.h"
#include "c_api/world.h"
#include "support/example.h"
#include "support/test_devices.h"
#include "support/tiny_model.h"

#include <attune/ops.hpp>
#include <attune/oracle.hpp>
#include <attune/session.hpp>
#include <attune/translator.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <cmath>
#include <thread>

using namespace attune;
using namespace attune::test;

TEST_CASE("lines translated through the C ABI are those of the C++ API") {
    World      world;
    Translator translator(main_device(), world.folder.path());
    for (const std::uint32_t beams : {1u, 3u}) {
        const attune_session session = world.new_session(beams);
        for (std::uint32_t i = 0; i < 3; ++i) {
            const std::string line     = tiny_text(2 + 3 * i, i);
            const std::string expected = translator.translate(line, {.beam_size = beams}).text;
            CHECK(world.finish(line, beams) == expected);
            CHECK(world.translate(session, line, 1) == expected);
            CHECK(world.translate(session, line, 0) == expected);
        }
        attune_session_destroy(session);
    }
    attune_error error = new_error();
    std::size_t  count = 0;
    CHECK(attune_pull(world.session, nullptr, &count, &error) == ATTUNE_NOTHING);
    const std::string line = tiny_text(4, 9);
    require_ok(attune_push(world.session, line.data(), line.size(), &error), error);
    require_ok(attune_finish(world.session, &error), error);
    std::vector<std::uint32_t> tokens(100);
    std::size_t                room = 1;
    CHECK(attune_pull_tokens(world.session, tokens.data(), &room, &error) == ATTUNE_TOO_SMALL);
    const std::size_t needed = room;
    require_ok(attune_pull_tokens(world.session, tokens.data(), &room, &error), error);
    CHECK(room == needed);
    tokens.resize(room);
    CHECK(tokens == translator.translate(line).hypotheses[0].tokens);
}

TEST_CASE("a frame that was not retired keeps its slot, and another that was does not") {
    World             world;
    attune_error      error    = new_error();
    auto              progress = with_head<attune_progress>(ATTUNE_TYPE_PROGRESS);
    const std::string line     = tiny_text(6, 1);
    const std::string expected = world.finish(line);
    require_ok(attune_push(world.session, line.data(), line.size(), &error), error);
    attune_budget budget = budget_of(1);
    const auto    step   = [&](std::uint64_t frame, std::uint32_t slot) {
        attune_status status = ATTUNE_OK;
        world.commands.run([&](VkCommandBuffer recording) {
            const attune_target to = world.target(recording, frame, slot);
            status                 = attune_step(world.session, &to, &budget, &progress, &error);
        });
        return status;
    };
    CHECK(step(1, 0) == ATTUNE_OK);
    CHECK(progress.state == ATTUNE_RECORDED);
    CHECK(step(2, 0) == ATTUNE_BUSY);
    CHECK(std::string(error.message).find("retire") != std::string::npos);
    budget.dispatches = 0;
    CHECK(step(2, 1) == ATTUNE_OK);
    CHECK(progress.state == ATTUNE_RECORDED);
    CHECK(progress.left == 0);
    CHECK(step(3, 2) == ATTUNE_OK);
    CHECK(progress.state == ATTUNE_WAITING);
    std::size_t none = 0;
    CHECK(attune_pull(world.session, nullptr, &none, &error) == ATTUNE_NOTHING);
    CHECK(attune_finish(world.session, &error) == ATTUNE_USAGE);
    require_ok(attune_retire(world.session, 0, &error), error);
    CHECK(step(3, 2) == ATTUNE_OK);
    CHECK(progress.state == ATTUNE_WAITING);
    require_ok(attune_retire(world.session, 2, &error), error);
    for (std::uint64_t frame = 4; progress.state != ATTUNE_IDLE; ++frame) {
        CHECK(step(frame, static_cast<std::uint32_t>(frame % 2)) == ATTUNE_OK);
        require_ok(attune_retire(world.session, frame, &error), error);
    }
    std::string text(none = 1000, '\0');
    require_ok(attune_pull(world.session, text.data(), &none, &error), error);
    CHECK(text.substr(0, none) == expected);
}

TEST_CASE("cancelling forgets the lines and leaves the session usable") {
    World             world;
    const std::string line     = tiny_text(8, 2);
    const std::string expected = world.finish(line);
    attune_error      error    = new_error();
    std::size_t       count    = 0;
    for (int units = 0; units < 12; units += 3) {
        require_ok(attune_push(world.session, line.data(), line.size(), &error), error);
        auto progress = with_head<attune_progress>(ATTUNE_TYPE_PROGRESS);
        auto budget   = with_head<attune_budget>(ATTUNE_TYPE_BUDGET);
        budget.gpu_us = 1;
        for (int i = 0; i < units; ++i) {
            ++world.frame;
            world.commands.run([&](VkCommandBuffer recording) {
                const attune_target to = world.target(recording, world.frame);
                require_ok(attune_step(world.session, &to, &budget, &progress, &error), error);
            });
            require_ok(attune_retire(world.session, world.frame, &error), error);
        }
        attune_cancel(world.session);
        CHECK(attune_pull(world.session, nullptr, &count, &error) == ATTUNE_NOTHING);
        require_ok(attune_so_far(world.session, nullptr, &count, &error), error);
        CHECK(count == 0);
        CHECK(world.translate(world.session, line, 0) == expected);
    }
    // From another thread, while attune_finish() is at work: it ends early, or had ended.
    std::string many;
    for (std::uint32_t i = 0; i < 40; ++i)
        require_ok(attune_push(world.session, line.data(), line.size(), &error), error);
    std::thread         other([&] { attune_cancel(world.session); });
    const attune_status status = attune_finish(world.session, &error);
    other.join();
    CAPTURE(error.message);
    CHECK((status == ATTUNE_CANCELLED || status == ATTUNE_OK));
    attune_cancel(world.session);
    CHECK(world.finish(line) == expected);
}

TEST_CASE("attention by name: recorded whole, in units, and by finish, over the host's buffers or attune's") {
    World                    world;
    const std::vector<float> expected = world.attention();
    oracle::Session          oracle;
    Graph                    g;
    const auto               input = [&](const char* name, std::uint64_t rows, float from) {
        std::vector<float> values(rows * width);
        for (std::size_t i = 0; i < values.size(); ++i) values[i] = from + 0.125f * static_cast<float>(i * 7 % 16);
        oracle.set(name, Tensor::f32({1, rows, width}, values));
        return g.input(name, {Type::f32, {1, rows, width}});
    };
    const Value query = input("query", queries, -1.0f), key = input("key", keys, -0.5f),
                value = input("value", keys, 0.25f);
    g.output("output", attention(g, query, key, value, {.heads = heads}));
    oracle.run(g);
    const std::vector<double> exact = oracle.get("output").values;
    REQUIRE(exact.size() == expected.size());
    for (std::size_t i = 0; i < exact.size(); ++i) CHECK(std::fabs(exact[i] - static_cast<double>(expected[i])) < 1e-5);

    attune_error       error = new_error();
    std::vector<float> found(expected.size());
    std::size_t        bytes = found.size() * sizeof(float);
    const auto         read  = [&] {
        std::fill(found.begin(), found.end(), std::nanf(""));
        require_ok(attune_get(world.running, "output", found.data(), &bytes, &error), error);
        return found;
    };
    world.commands.run([&](VkCommandBuffer recording) {
        const attune_target to = world.target(recording, 1);
        require_ok(attune_record(world.running, &to, &error), error);
    });
    CHECK(attune_get(world.running, "output", found.data(), &bytes, &error) == ATTUNE_BUSY);
    require_ok(attune_retire(world.running, 1, &error), error);
    CHECK(read() == expected);

    auto          progress = with_head<attune_progress>(ATTUNE_TYPE_PROGRESS);
    std::uint64_t number   = 1;
    do {
        ++number;
        world.commands.run([&](VkCommandBuffer recording) {
            const attune_target to     = world.target(recording, number, static_cast<std::uint32_t>(number % 3));
            const attune_budget budget = budget_of(1);
            require_ok(attune_step(world.running, &to, &budget, &progress, &error), error);
            CHECK(progress.done == 1);
            CHECK((progress.next_us > 0) == (progress.left > 0));
        });
        CHECK(progress.state == ATTUNE_RECORDED);
        require_ok(attune_retire(world.running, number - (progress.left > 0), &error), error);
    } while (progress.left > 0);
    CHECK(read() == expected);

    auto span   = with_head<attune_span>(ATTUNE_TYPE_SPAN);
    span.name   = "output";
    span.buffer = world.memory.buffer();
    span.offset = 256;
    span.bytes  = bytes;
    span.after  = {VK_PIPELINE_STAGE_HOST_BIT, VK_ACCESS_HOST_READ_BIT};
    require_ok(attune_bind(world.running, &span, &error), error);
    require_ok(attune_prepare(world.running, nullptr, &error), error);
    world.commands.run([&](VkCommandBuffer recording) {
        const attune_target to = world.target(recording, ++number);
        require_ok(attune_record(world.running, &to, &error), error);
    });
    require_ok(attune_retire(world.running, number, &error), error);
    std::memcpy(found.data(), world.memory.bytes().data() + 256, bytes);
    CHECK(found == expected);
    CHECK(world.memory.bytes()[255] == std::byte{0xCD});
    CHECK(world.memory.bytes()[256 + bytes] == std::byte{0xCD});
    CHECK(attune_get(world.running, "output", found.data(), &bytes, &error) == ATTUNE_USAGE);
}

TEST_CASE("a run as data names its kernels, constants and buffers") {
    World        world;
    attune_error error = new_error();
    auto         span  = with_head<attune_span>(ATTUNE_TYPE_SPAN);
    span.name          = "output";
    span.buffer        = world.memory.buffer();
    span.bytes         = queries * width * sizeof(float);
    require_ok(attune_bind(world.running, &span, &error), error);
    const attune_target data  = world.target(nullptr, 1);
    std::uint32_t       count = 0;
    require_ok(attune_plan_dispatches(world.running, &data, nullptr, &count, &error), error);
    REQUIRE(count > 0);
    std::vector<attune_command> list(count, with_head<attune_command>(ATTUNE_TYPE_COMMAND));
    require_ok(attune_plan_dispatches(world.running, &data, list.data(), &count, &error), error);
    std::size_t dispatches = 0;
    for (const attune_command& one : list) {
        CAPTURE(one.name);
        REQUIRE(one.binding_count > 0);
        CHECK(one.bindings[0].buffer != nullptr);
        if (one.kind == ATTUNE_UPDATE) CHECK(one.data_bytes == one.bindings[0].bytes);
        if (one.kind != ATTUNE_DISPATCH) continue;
        ++dispatches;
        REQUIRE(one.spirv_words > 5);
        CHECK(one.spirv[0] == 0x07230203);
        CHECK(std::string(one.name).find("attention") == 0);
    }
    CHECK(dispatches > 0);
}

TEST_CASE("a graph with weights and a state goes on from run to run") {
    World              world;
    const attune_graph graph   = counting_graph();
    attune_session     session = nullptr;
    attune_error       error   = new_error();
    require_ok(attune_graph_session(world.device, graph, nullptr, &session, &error), error);
    attune_graph_destroy(graph);
    for (std::uint32_t run = 1; run <= 3; ++run) {
        const Counted counted = count_once(session, 1, -8);
        CHECK(counted.y[0] == 0);  // 1 - 16 + 10
        CHECK(counted.y[1] == 0);  // 3 - 32 + 20
        CHECK(counted.position == 3 * run);
    }
    const Counted counted = count_once(session, 1, 1);
    CHECK(counted.y[0] == 13);
    CHECK(counted.y[1] == 27);
    attune_session_destroy(session);
}

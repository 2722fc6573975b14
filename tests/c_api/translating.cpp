// Translating step by step: pipelines that come from elsewhere, tokens instead of text, what a line reads so far.
#include "c_api/world.h"
#include "support/test_devices.h"
#include "support/tiny_model.h"

#include <attune/translator.hpp>

#include <doctest/doctest.h>

#include <set>
#include <thread>

using namespace attune;
using namespace attune::test;

TEST_CASE("pipelines are made on another thread, and a session that may not make any waits for them") {
    TemporaryFolder folder;
    write_tiny_model(folder);
    const OwnDevice      own;
    HostCommands         commands(own);
    const HostImport     given(own);
    Guest                guest(given.import);
    const attune_session session = guest.session(guest.open(folder), 0, ATTUNE_NEVER_COMPILE);
    attune_error         error   = new_error();
    const std::string    line    = tiny_text(5, 1);
    auto                 shapes  = with_head<attune_shapes>(ATTUNE_TYPE_SHAPES);
    shapes.lines                 = 2;
    shapes.source_tokens         = 24;
    require_ok(attune_prepare(session, &shapes, &error), error);
    push(session, line);
    const auto record = [&] {
        attune_status status = ATTUNE_OK;
        commands.run([&](VkCommandBuffer recording) {
            const attune_target to = target_of(recording, 1);
            status                 = attune_record(session, &to, &error);
        });
        return status;
    };
    for (int i = 0; i < 3; ++i) {
        CHECK(record() == ATTUNE_NOT_READY);
        CHECK(std::string(error.message).find("compile_next") != std::string::npos);
        CHECK(attune_submit(session, nullptr, nullptr, &error) == ATTUNE_NOT_READY);
        CHECK(attune_finish(session, &error) == ATTUNE_NOT_READY);
    }

    std::vector<std::uint32_t> lefts;
    attune_status              last = ATTUNE_OK;
    std::thread                elsewhere([&] {
        for (std::uint32_t left = 0; (last = attune_compile_next(guest.device, &left, nullptr)) == ATTUNE_OK;)
            lefts.push_back(left);
    });
    attune_status              status = ATTUNE_NOT_READY;
    while (status == ATTUNE_NOT_READY) status = record();
    elsewhere.join();
    require_ok(status, error);
    CHECK(last == ATTUNE_NOTHING);
    REQUIRE(lefts.size() > 5);
    for (std::size_t i = 0; i < lefts.size(); ++i) CHECK(lefts[i] == lefts.size() - 1 - i);
    require_ok(attune_retire(session, 1, &error), error);
    std::uint64_t frame = 1;
    run_frames(commands, session, frame, 0);
    CHECK(pull(session) == Translator(main_device(), folder.path()).translate(line).text);
}

TEST_CASE("token ids in and out") {
    World      world;
    Translator translator(main_device(), world.folder.path());
    for (const std::uint32_t beams : {1u, 2u}) {
        const attune_session session = world.new_session(beams);
        attune_error         error   = new_error();
        for (std::uint32_t i = 0; i < 3; ++i) {
            const Translation expected = translator.translate(tiny_text(2 + 3 * i, i), {.beam_size = beams});
            const auto&       tokens   = expected.source_tokens;
            require_ok(attune_push_tokens(session, tokens.data(), tokens.size(), &error), error);
            run_frames(world.commands, session, world.frame, 100);
            CHECK(pull_tokens(session) == expected.hypotheses[0].tokens);
            require_ok(attune_push_tokens(session, tokens.data(), tokens.size(), &error), error);
            run_frames(world.commands, session, world.frame, 0);
            CHECK(pull(session) == expected.text);
        }
        const std::uint32_t none_such = 4000000;
        CHECK(attune_push_tokens(session, &none_such, 1, &error) == ATTUNE_BAD_INPUT);
        CHECK(attune_push_tokens(session, nullptr, 0, &error) == ATTUNE_BAD_INPUT);
        CHECK(attune_pull_tokens(session, nullptr, nullptr, &error) == ATTUNE_USAGE);
        attune_session_destroy(session);
    }
}

TEST_CASE("what a line reads so far grows towards its translation, and what was pulled counts no more") {
    World                world;
    const attune_session session = world.new_session(1);
    const std::string    first = tiny_text(7, 1), second = tiny_text(5, 4);
    push(session, first);
    push(session, second);
    CHECK(so_far(session).empty());
    std::vector<std::string> seen = {""};
    run_frames(world.commands, session, world.frame, 1, [&] { seen.push_back(so_far(session)); });
    const std::string whole = seen.back();
    CHECK(whole == world.finish(first, 1));
    for (std::size_t i = 1; i < seen.size(); ++i) {
        CHECK(seen[i].substr(0, seen[i - 1].size()) == seen[i - 1]);
        CHECK(whole.substr(0, seen[i].size()) == seen[i]);
    }
    CHECK(std::set<std::string>(seen.begin(), seen.end()).size() >= 3);
    CHECK(pull(session) == whole);
    CHECK(so_far(session) == world.finish(second, 1));
    pull(session);
    CHECK(so_far(session).empty());
    attune_session_destroy(session);
}

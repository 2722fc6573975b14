// A small engine with attune within: the ways for its commands to the device, and two of everything at once.
#include "c_api/planned.h"
#include "support/test_devices.h"
#include "support/tiny_model.h"
#include "support/tiny_student.h"

#include <attune/translator.hpp>

#include <doctest/doctest.h>

#include <map>
#include <thread>

using namespace attune;
using namespace attune::test;

namespace {

struct Engine {
    Engine() : submit(own.get<PFN_vkQueueSubmit>("vkQueueSubmit")) {}

    static std::int32_t submit_one(void* user, VkQueue queue, const VkSubmitInfo* info, VkFence fence) {
        return static_cast<Engine*>(user)->submit(queue, 1, info, fence);
    }

    OwnDevice         own;
    HostCommands      commands{own};
    HostImport        given{own};
    PFN_vkQueueSubmit submit;
    std::uint64_t     frame = 0;
};

void record_steps(Engine& engine, attune_session session) {
    attune_status status = ATTUNE_OK;
    attune_error  error  = new_error();
    while (status == ATTUNE_OK) {
        ++engine.frame;
        engine.commands.run([&](VkCommandBuffer recording) {
            const attune_target to = target_of(recording, engine.frame, static_cast<std::uint32_t>(engine.frame % 3));
            status                 = attune_record(session, &to, &error);
            attune_error again     = new_error();
            if (status == ATTUNE_OK) CHECK(attune_record(session, &to, &again) == ATTUNE_BUSY);
        });
        require_ok(attune_retire(session, engine.frame, &error), error);
    }
    CHECK(status == ATTUNE_NOTHING);
}

void submit_steps(Engine&, attune_session session) {
    attune_error error    = new_error();
    auto         progress = with_head<attune_progress>(ATTUNE_TYPE_PROGRESS);
    do {
        require_ok(attune_submit(session, nullptr, &progress, &error), error);
        if (progress.state == ATTUNE_WAITING) std::this_thread::yield();
        require_ok(attune_poll(session, nullptr, &error), error);
    } while (progress.state != ATTUNE_IDLE);
}

void plan_steps(Engine& engine, attune_session session) {
    std::map<CommandData::Kind, std::size_t> kinds;
    run_planned(engine.own, session, engine.frame, [&](const std::vector<CommandData>& list) {
        for (const CommandData& one : list) ++kinds[one.kind];
    });
    CHECK(kinds[CommandData::Kind::dispatch] > 20);
    CHECK(kinds[CommandData::Kind::update] > 0);
    CHECK(kinds[CommandData::Kind::copy] > 0);
}

struct Mode {
    const char* name;
    bool        host_submits;
    void (*run)(Engine&, attune_session);
};
constexpr Mode modes[] = {{"record", false, record_steps},
                          {"plan", false, plan_steps},
                          {"submit", false, submit_steps},
                          {"host-submit", true, submit_steps}};

}  // namespace

TEST_CASE("recorded, planned, submitted, submitted by the host: the tokens of a translator alone") {
    TemporaryFolder folder;
    write_tiny_model(folder);
    Translator               translator(main_device(), folder.path());
    std::vector<std::string> lines;
    for (std::uint32_t i = 0; i < 3; ++i) lines.push_back(tiny_text(2 + 3 * i, i));
    for (const Mode& mode : modes) {
        CAPTURE(mode.name);
        Engine engine;
        auto   hooks = with_head<attune_hooks>(ATTUNE_TYPE_HOOKS);
        hooks.user   = &engine;
        if (mode.host_submits) hooks.submit = Engine::submit_one;
        engine.given.import.hooks = &hooks;
        Guest              guest(engine.given.import);
        const attune_model model = guest.open(folder);
        for (const std::uint32_t beams : {1u, 2u}) {
            CAPTURE(beams);
            // A host's own pipelines take long where kernels are for GPUs, or looked at by sanitizers.
            if (mode.run == plan_steps && beams > 1 && row_share() >= 20) continue;
            const attune_session session  = guest.session(model, beams, 0, 6);
            const auto           expected = translator.translate(lines, {.beam_size = beams, .max_length = 6});
            for (const std::string& line : lines) push(session, line);
            mode.run(engine, session);
            for (const Translation& one : expected) CHECK(pull_tokens(session) == one.hypotheses[0].tokens);
        }
    }
}

TEST_CASE("two runtimes on two devices with two models each, all at once") {
    TemporaryFolder folders[2];
    write_tiny_model(folders[0]);
    write_tiny_student(folders[1], {.seed = 40}, StudentFile::int8);
    std::vector<std::string>              lines[2];
    std::vector<std::vector<std::string>> expected;
    for (std::size_t m = 0; m < 2; ++m) {
        for (std::uint32_t i = 0; i < 4; ++i)
            lines[m].push_back(m ? tiny_student_text(2 + 3 * i, i) : tiny_text(2 + 3 * i, i));
        auto& texts = expected.emplace_back();
        for (const auto& one : Translator(main_device(), folders[m].path()).translate(lines[m]))
            texts.push_back(one.text);
    }
    const OwnDevice  first, second;
    const HostImport given[] = {HostImport(first), HostImport(second)};

    std::vector<std::vector<std::string>> found(8);
    std::vector<std::thread>              threads;
    // Two threads for each device and each model, on sessions of one model that they share.
    Guest                       a(given[0].import), b(given[1].import);
    std::vector<attune_session> sessions;
    for (Guest* guest : {&a, &b})
        for (const TemporaryFolder& folder : folders) {
            const attune_model model = guest->open(folder);
            for (int i = 0; i < 2; ++i) sessions.push_back(guest->session(model));
        }
    for (std::size_t t = 0; t < sessions.size(); ++t)
        threads.emplace_back([&, t] {  // no assertions here, for they are for one thread
            char text[4000];
            for (const std::string& line : lines[t / 2 % 2]) {
                std::size_t count = sizeof(text);
                if (attune_push(sessions[t], line.data(), line.size(), nullptr) == ATTUNE_OK &&
                    attune_finish(sessions[t], nullptr) == ATTUNE_OK &&
                    attune_pull(sessions[t], text, &count, nullptr) == ATTUNE_OK)
                    found[t].emplace_back(text, count);
            }
        });
    for (std::thread& one : threads) one.join();
    for (std::size_t t = 0; t < sessions.size(); ++t) CHECK(found[t] == expected[t / 2 % 2]);
}

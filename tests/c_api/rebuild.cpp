// A device that is lost, and the same handles on another one.
#include "c_api/counting_graph.h"
#include "c_api/planned.h"
#include "support/test_devices.h"
#include "support/tiny_model.h"
#include "support/vulkan_shim.h"

#include <attune/translator.hpp>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <optional>

using namespace attune;
using namespace attune::test;

namespace {

constexpr std::uint32_t most = 5;  // tokens of a line: a host's own pipelines take long

// A host's device through the shim, with everything made on it, and work begun in each way.
struct Host {
    Host() : given(own) {
        given.import.get_instance_proc = shim.get_instance_proc();
        write_tiny_model(folder);
        for (std::uint32_t i = 0; i < 3; ++i) lines.push_back(tiny_text(3 + 3 * i, i));
        for (const auto& one : Translator(main_device(), folder.path()).translate(lines, {.max_length = most}))
            expected.push_back(one.text);
        guest.emplace(given.import);
        model    = guest->open(folder);
        recorded = guest->session(model, 0, 0, most);
        planned  = guest->session(model, 0, 0, most);
        sent     = guest->session(model, 0, 0, most);
        later    = guest->open(folder, ATTUNE_LOAD_LATER);
        graph    = counting_graph();
        counting = guest->session(graph);
        attune_graph_destroy(graph);
    }

    void begin() {
        attune_error error = new_error();
        for (const std::string& line : lines)
            for (const attune_session session : {recorded, planned, sent}) push(session, line);
        HostCommands commands(own);
        auto         budget = with_head<attune_budget>(ATTUNE_TYPE_BUDGET);
        budget.dispatches   = 9;
        for (frame = 0; frame < 12; ++frame) {
            commands.run([&](VkCommandBuffer recording) {
                const attune_target to = target_of(recording, frame, static_cast<std::uint32_t>(frame % 2));
                require_ok(attune_step(recorded, &to, &budget, nullptr, &error), error);
            });
            if (frame < 11) require_ok(attune_retire(recorded, frame, &error), error);  // the last one is lost
        }
        const attune_target to    = target_of(nullptr, 1);
        std::uint32_t       count = 0;
        require_ok(attune_plan_dispatches(planned, &to, nullptr, &count, &error), error);  // and never handed out
        require_ok(attune_submit(sent, nullptr, nullptr, &error), error);
        CHECK(count_once(counting, 1, 1).position == 3);
        CHECK(count_once(counting, 1, 1).position == 6);
        require_ok(attune_model_load(later, nullptr, nullptr, nullptr, &error), error);
    }

    // All of them on another device give what they would have given.
    void check_on(const OwnDevice& other) {
        attune_error error = new_error();
        HostCommands commands(other);
        frame = 0;  // frames are numbered anew
        run_frames(commands, recorded, frame, 200);
        check_lines(recorded);
        std::uint64_t number = 0;
        run_planned(other, planned, number);
        check_lines(planned);
        require_ok(attune_finish(sent, &error), error);
        check_lines(sent);
        const Counted counted = count_once(counting, 1, 1);
        CHECK(counted.y[0] == 13);
        CHECK(counted.y[1] == 27);
        CHECK(counted.position == 3);  // from zeros

        const attune_session session = guest->session(later, 0, 0, most);
        push(session, lines[0]);
        CHECK(attune_finish(session, &error) == ATTUNE_USAGE);
        require_ok(attune_model_load(later, nullptr, nullptr, nullptr, &error), error);
        require_ok(attune_finish(session, &error), error);
        CHECK(pull(session) == expected[0]);
    }
    void check_lines(attune_session session) {
        for (const std::string& text : expected) CHECK(pull(session) == text);
    }

    VulkanShim               shim;
    TemporaryFolder          folder;
    OwnDevice                own;
    HostImport               given;
    std::vector<std::string> lines, expected;
    std::optional<Guest>     guest;
    attune_model             model = nullptr, later = nullptr;
    attune_session           recorded = nullptr, planned = nullptr, sent = nullptr, counting = nullptr;
    attune_graph             graph = nullptr;
    std::uint64_t            frame = 0;
};

// Everything that uses the device.
struct LostCall {
    std::string                                 name;
    std::function<attune_status(attune_error*)> call;
};
std::vector<LostCall> calls_of(Host& host, VkCommandBuffer recording) {
    const auto to = [recording](bool with) { return target_of(with ? recording : nullptr, 100); };
    return {
        {"step",
         [&, to](auto* e) {
             const auto t = to(true);
             return attune_step(host.recorded, &t, nullptr, nullptr, e);
         }},
        {"record",
         [&, to](auto* e) {
             const auto t = to(true);
             return attune_record(host.recorded, &t, e);
         }},
        {"submit", [&](auto* e) { return attune_submit(host.sent, nullptr, nullptr, e); }},
        {"finish", [&](auto* e) { return attune_finish(host.sent, e); }},
        {"poll", [&](auto* e) { return attune_poll(host.sent, nullptr, e); }},
        {"prepare",
         [&](auto* e) {
             auto shapes          = with_head<attune_shapes>(ATTUNE_TYPE_SHAPES);
             shapes.source_tokens = 200;
             return attune_prepare(host.recorded, &shapes, e);
         }},
        {"run a graph", [&](auto* e) { return attune_finish(host.counting, e); }},
        {"record a graph",
         [&, to](auto* e) {
             const auto t = to(true);
             return attune_record(host.counting, &t, e);
         }},
        {"read a state",
         [&](auto* e) {
             std::uint32_t position[2];
             std::size_t   bytes = sizeof(position);
             return attune_get(host.counting, "position", position, &bytes, e);
         }},
        {"open",
         [&](auto* e) {
             auto              source = with_head<attune_source>(ATTUNE_TYPE_SOURCE);
             const std::string path   = host.folder.path().string();
             source.folder            = path.c_str();
             attune_model model       = nullptr;
             return attune_model_open(host.guest->device, &source, nullptr, &model, e);
         }},
        {"session of a graph",
         [&](auto* e) {
             attune_session     session = nullptr;
             const attune_graph graph   = counting_graph();
             const auto         status  = attune_graph_session(host.guest->device, graph, nullptr, &session, e);
             attune_graph_destroy(graph);
             return status;
         }},
        {"query",
         [&](auto* e) {
             auto needs = with_head<attune_memory_needs>(ATTUNE_TYPE_MEMORY_NEEDS);
             return attune_memory_query(host.guest->device, ATTUNE_MEMORY_STATE, 1000, &needs, e);
         }},
    };
}

void check_lost(Host& host, VkCommandBuffer recording) {
    const std::uint64_t calls = host.shim.calls();
    const auto          start = std::chrono::steady_clock::now();
    for (const LostCall& one : calls_of(host, recording)) {
        CAPTURE(one.name);
        attune_error error  = new_error();
        const auto   status = attune_status_string(one.call(&error));
        CAPTURE(error.message);
        CHECK(std::string(status) == "ATTUNE_DEVICE_LOST");
    }
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(1));
    CHECK(host.shim.calls() == calls);
}

std::string names(const std::map<std::string, std::uint64_t>& alive) {
    std::string text;
    for (const auto& one : alive) text += one.first + " " + std::to_string(one.second) + ", ";
    return text;
}

}  // namespace

TEST_CASE("a lost device refuses all work at once, and rebuilt all handles go on, the lines of before included") {
    const OwnDevice other, refused;
    Host            host;
    attune_error    error = new_error();
    host.begin();
    host.shim.fail({.code = VK_ERROR_DEVICE_LOST, .only = Entry::QueueSubmit});
    CHECK(attune_finish(host.counting, &error) == ATTUNE_DEVICE_LOST);
    CHECK(std::string(error.message).find("vkQueueSubmit") != std::string::npos);
    HostCommands(host.own).run([&](VkCommandBuffer recording) { check_lost(host, recording); });
    CHECK(nlohmann::json::parse(report(host.guest->device))["lost_in"] == "vkQueueSubmit");
    // What needs no device, and destroying.
    push(host.recorded, host.lines[0]);
    host.expected.push_back(host.expected[0]);
    push(host.planned, host.lines[0]);
    push(host.sent, host.lines[0]);
    attune_session gone = nullptr;
    require_ok(attune_session_create(host.model, nullptr, &gone, &error), error);
    attune_session_destroy(gone);

    // A device that does not take all of it: as before, and that device is left alone.
    HostImport small(refused);
    small.import.get_instance_proc = host.shim.get_instance_proc();
    const auto alive               = host.shim.alive();
    for (const std::uint64_t room : {100u, 20000u, 40000u}) {
        CAPTURE(room);
        small.overrides.device_memory = room;
        CHECK(attune_device_rebuild(host.guest->device, &small.import, &error) == ATTUNE_OUT_OF_DEVICE_MEMORY);
        for (const auto& now : host.shim.alive()) {
            CAPTURE(now.first);
            const auto before = alive.find(now.first);
            CHECK(now.second <= (before == alive.end() ? 0 : before->second));
        }
        HostCommands(host.own).run([&](VkCommandBuffer recording) { check_lost(host, recording); });
    }

    const HostImport given(other);
    require_ok(attune_device_rebuild(host.guest->device, &given.import, &error), error);
    CHECK(names(host.shim.alive()) == "");  // nothing is left on the old one
    CHECK(host.shim.violation() == "");
    host.own.get<PFN_vkDeviceWaitIdle>("vkDeviceWaitIdle")(host.own.device());
    host.own.end_device();
    CHECK(nlohmann::json::parse(report(host.guest->device))["lost_in"].is_null());
    host.check_on(other);
    host.guest.reset();
}

TEST_CASE("all ends after a loss, with frames that nobody retires") {
    Host         host;
    attune_error error = new_error();
    host.begin();
    host.shim.fail({.code = VK_ERROR_DEVICE_LOST, .only = Entry::QueueSubmit});
    CHECK(attune_finish(host.counting, &error) == ATTUNE_DEVICE_LOST);
    CHECK(attune_finish(host.sent, &error) == ATTUNE_DEVICE_LOST);
    host.guest.reset();
    CHECK(names(host.shim.alive()) == "");
    CHECK(host.shim.violation() == "");
}

TEST_CASE("a loss that the host alone has seen") {
    const OwnDevice other;
    Host            host;
    attune_error    error = new_error();
    host.begin();
    const HostImport given(other);
    require_ok(attune_device_rebuild(host.guest->device, &given.import, &error), error);
    CHECK(names(host.shim.alive()) == "");
    CHECK(host.shim.violation() == "");
    host.own.get<PFN_vkDeviceWaitIdle>("vkDeviceWaitIdle")(host.own.device());
    host.own.end_device();
    host.check_on(other);
    host.guest.reset();
}

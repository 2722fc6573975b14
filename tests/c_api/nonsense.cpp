// A host that passes nonsense gets a status and a message for each, and everything works afterwards.
#include "c_api/nonsense.h"

#include <doctest/doctest.h>

#include <cstdio>
#include <cstring>

using namespace attune::test;

namespace {

// Every function that takes a handle, with everything else as it should be.
struct Handles {
    attune_device  device;
    attune_model   model;
    attune_session session, running;
    attune_graph   graph;
};
struct HandleCall {
    const char*                                                 name;
    char                                                        kind;  // of the handle that is replaced: d m s r g
    std::function<attune_status(const Handles&, attune_error*)> call;
};
std::vector<HandleCall> handle_calls(Sound& s) {
    return {
        {"compile_next", 'd', [&](auto& h, auto* e) { return attune_compile_next(h.device, &s.count32, e); }},
        {"cache_export", 'd', [&](auto& h, auto* e) { return attune_cache_export(h.device, s.text, &s.count, e); }},
        {"cache_import", 'd', [&](auto& h, auto* e) { return attune_cache_import(h.device, s.text, 8, e); }},
        {"verdicts_export", 'd', [&](auto& h, auto* e) { return attune_verdicts_export(h.device, s.text, &s.count, e); }},
        {"verdicts_import", 'd', [&](auto& h, auto* e) { return attune_verdicts_import(h.device, s.text, 8, e); }},
        {"tuning_export", 'd', [&](auto& h, auto* e) { return attune_tuning_export(h.device, s.text, &s.count, e); }},
        {"tuning_import", 'd', [&](auto& h, auto* e) { return attune_tuning_import(h.device, s.text, 8, e); }},
        {"trim", 'd', [&](auto& h, auto* e) { return attune_trim(h.device, 1, e); }},
        {"memory_used", 'd', [&](auto& h, auto* e) { return attune_memory_used(h.device, 0, &s.use, e); }},
        {"memory_query", 'd', [&](auto& h, auto* e) { return attune_memory_query(h.device, 0, 64, &s.needs, e); }},
        {"memory_give", 'd', [&](auto& h, auto* e) { return attune_memory_give(h.device, 0, &s.block, e); }},
        {"device_report", 'd', [&](auto& h, auto* e) { return attune_device_report(h.device, s.text, &s.count, e); }},
        {"device_rebuild", 'd', [&](auto& h, auto* e) { return attune_device_rebuild(h.device, &s.import, e); }},
        {"model_open", 'd', [&](auto& h, auto* e) { return attune_model_open(h.device, &s.source, nullptr, &s.made_model, e); }},
        {"graph_session device", 'd', [&](auto& h, auto* e) { return attune_graph_session(h.device, h.graph, nullptr, &s.made, e); }},
        {"graph_session graph", 'g', [&](auto& h, auto* e) { return attune_graph_session(h.device, h.graph, nullptr, &s.made, e); }},
        {"graph_tensor", 'g', [&](auto& h, auto* e) { return attune_graph_tensor(h.graph, &s.tensor, &s.value, e); }},
        {"graph_node", 'g', [&](auto& h, auto* e) { return attune_graph_node(h.graph, &s.node, &s.value, 1, e); }},
        {"graph_output", 'g', [&](auto& h, auto* e) { return attune_graph_output(h.graph, "more", 0, e); }},
        {"model_load", 'm', [&](auto& h, auto* e) { return attune_model_load(h.model, nullptr, nullptr, nullptr, e); }},
        {"session_create", 'm', [&](auto& h, auto* e) { return attune_session_create(h.model, nullptr, &s.made, e); }},
        {"prepare", 's', [&](auto& h, auto* e) { return attune_prepare(h.session, &s.shapes, e); }},
        {"push", 's', [&](auto& h, auto* e) { return attune_push(h.session, "a", 1, e); }},
        {"push_tokens", 's', [&](auto& h, auto* e) { return attune_push_tokens(h.session, s.tokens, 1, e); }},
        {"pull", 's', [&](auto& h, auto* e) { return attune_pull(h.session, s.text, &s.count, e); }},
        {"pull_tokens", 's', [&](auto& h, auto* e) { return attune_pull_tokens(h.session, s.tokens, &s.count, e); }},
        {"so_far", 's', [&](auto& h, auto* e) { return attune_so_far(h.session, s.text, &s.count, e); }},
        {"finish", 's', [&](auto& h, auto* e) { return attune_finish(h.session, e); }},
        {"poll", 's', [&](auto& h, auto* e) { return attune_poll(h.session, &s.progress, e); }},
        {"retire", 's', [&](auto& h, auto* e) { return attune_retire(h.session, 0, e); }},
        {"step", 's', [&](auto& h, auto* e) { return attune_step(h.session, &s.target, &s.budget, &s.progress, e); }},
        {"record", 's', [&](auto& h, auto* e) { return attune_record(h.session, &s.target, e); }},
        {"submit", 's', [&](auto& h, auto* e) { return attune_submit(h.session, nullptr, nullptr, e); }},
        {"plan_dispatches", 'r', [&](auto& h, auto* e) { return attune_plan_dispatches(h.running, &s.target, nullptr, &s.count32, e); }},
        {"bind", 'r', [&](auto& h, auto* e) { return attune_bind(h.running, &s.span, e); }},
        {"set", 'r', [&](auto& h, auto* e) { return attune_set(h.running, "query", s.numbers, 96, e); }},
        {"get", 'r', [&](auto& h, auto* e) { return attune_get(h.running, "output", s.numbers, &s.count, e); }},
    };
}

// Each of them with each handle that is none.
Rows handle_rows(World& world, const std::vector<HandleCall>& calls, const void* zeros, attune_model ended) {
    const Handles sound{world.device, world.model, world.session, world.running, world.graph};
    struct Bad {
        const char* name;
        void*       handle;
        const char* word;
    };
    Rows rows;
    for (const HandleCall& one : calls) {
        const bool other_is_device = one.kind != 'd';
        const Bad  all[]           = {{"null", nullptr, "null"},
                                      {"a small number", reinterpret_cast<void*>(16), "not a handle"},
                                      {"an odd one", reinterpret_cast<char*>(world.device) + 1, "not a handle"},
                                      {"zeros", const_cast<void*>(zeros), "another kind"},
                                      {"another kind", other_is_device ? static_cast<void*>(world.device) : world.graph, "another kind"},
                                      {"one that was destroyed", ended, "destroyed"}};
        for (const Bad& bad : all) {
            Handles handles = sound;
            switch (one.kind) {
            case 'd': handles.device = static_cast<attune_device>(bad.handle); break;
            case 'm': handles.model = static_cast<attune_model>(bad.handle); break;
            case 'g': handles.graph = static_cast<attune_graph>(bad.handle); break;
            default: handles.session = handles.running = static_cast<attune_session>(bad.handle); break;
            }
            rows.push_back({std::string(one.name) + " of " + bad.name, ATTUNE_USAGE, [&one, handles](attune_error* e) { return one.call(handles, e); }, bad.word});
        }
    }
    return rows;
}

// A struct of every kind of unsoundness, through the call that reads or fills it.
}  // namespace

TEST_CASE("nonsense gets a status and a message, and everything works afterwards") {
    World                    world;
    const std::string        line     = "a b c";
    const std::string        expected = world.finish(line);
    const std::vector<float> numbers  = world.attention();
    Sound                    sound(world);

    // A handle that was destroyed while something made of it lives.
    attune_error error = new_error();
    attune_model ended = nullptr;
    require_ok(attune_model_open(world.device, &sound.source, nullptr, &ended, &error), error);
    attune_session keeps = nullptr;
    require_ok(attune_session_create(ended, nullptr, &keeps, &error), error);
    attune_model_destroy(ended);
    alignas(16) const std::byte zeros[256] = {};

    const auto calls = handle_calls(sound);
    Rows       rows  = handle_rows(world, calls, zeros, ended);
    for (const Rows& more : {struct_rows(world, sound), import_rows(sound), model_rows(world, sound), session_rows(world, sound), target_rows(world, sound),
                             span_rows(world, sound), tensor_rows(world, sound), node_rows(world, sound), graph_rows(world, sound)})
        rows.insert(rows.end(), more.begin(), more.end());
    CHECK(rows.size() >= 200);
    for (const Row& row : rows) {
        CAPTURE(row.name);
        attune_error        told   = new_error();
        const attune_status status = row.call(&told);
        CAPTURE(told.message);
        CHECK(std::string(attune_status_string(status)) == attune_status_string(row.expected));
        CHECK(told.status == status);
        CHECK(std::strlen(told.message) > 8);
        CHECK(std::string(told.message).find(row.word) != std::string::npos);
        CHECK(std::string(told.message).find("not there yet") == std::string::npos);
        CHECK(sound.made_device == nullptr);
        CHECK(sound.made_model == nullptr);
        CHECK(sound.made == nullptr);
        CHECK(row.call(nullptr) == status);
    }
    std::printf("%zu rows of nonsense\n", rows.size());
    attune_session_destroy(keeps);
    CHECK(world.finish(line) == expected);
    CHECK(world.translate(world.session, line, 1) == expected);
    CHECK(world.attention() == numbers);
}

TEST_CASE("an error that cannot be written is refused, and nothing is done") {
    World      world;
    const auto refused = [&](const std::function<void(attune_error&)>& change) {
        attune_error error = new_error();
        std::memset(error.message, 'x', sizeof(error.message));
        change(error);
        const attune_error before = error;
        CHECK(attune_push(world.session, "a", 1, &error) == ATTUNE_USAGE);
        CHECK(std::memcmp(&before, &error, sizeof(error)) == 0);
    };
    refused([](attune_error& e) { e.size = 0; });
    refused([](attune_error& e) { e.size = 20; });
    refused([](attune_error& e) { e.size = 0xffffff00; });
    refused([](attune_error& e) { e.type = 0; });
    refused([](attune_error& e) { e.next = &e; });
    attune_error error = new_error();
    std::size_t  count = 0;
    CHECK(attune_pull(world.session, nullptr, &count, &error) == ATTUNE_NOTHING);  // none of them was pushed
    require_ok(attune_finish(world.session, &error), error);
    CHECK(attune_pull(world.session, nullptr, &count, &error) == ATTUNE_NOTHING);
    attune_device_destroy(nullptr);
    attune_model_destroy(nullptr);
    attune_session_destroy(nullptr);
    attune_graph_destroy(nullptr);
    attune_requirements_release(nullptr);
    attune_cancel(nullptr);
    attune_model_cancel(nullptr);
}

// Work that makes no sense: wrong sessions, targets, parts of buffers, names.
#include "c_api/nonsense.h"

#include <limits>

namespace attune::test {

Rows session_rows(World& w, Sound& s) {
    Rows rows = {
        {"push null", ATTUNE_USAGE, [&](auto* e) { return attune_push(w.session, nullptr, 3, e); }, "null"},
        {"push to a graph", ATTUNE_USAGE, [&](auto* e) { return attune_push(w.running, "a", 1, e); }, "graph"},
        {"push tokens to a graph", ATTUNE_USAGE, [&](auto* e) { return attune_push_tokens(w.running, s.tokens, 1, e); }, "graph"},
        {"push tokens at null", ATTUNE_USAGE, [&](auto* e) { return attune_push_tokens(w.session, nullptr, 1, e); }, "null"},
        {"pull without a count", ATTUNE_USAGE, [&](auto* e) { return attune_pull(w.session, s.text, nullptr, e); }, "count"},
        {"pull tokens without a count", ATTUNE_USAGE, [&](auto* e) { return attune_pull_tokens(w.session, s.tokens, nullptr, e); }, "count"},
        {"pull where nothing is", ATTUNE_NOTHING, [&](auto* e) { return attune_pull(w.session, s.text, &s.count, e); }, "ready"},
        {"pull from a graph", ATTUNE_USAGE, [&](auto* e) { return attune_pull(w.running, s.text, &s.count, e); }, "graph"},
        {"so far of a graph", ATTUNE_USAGE, [&](auto* e) { return attune_so_far(w.running, s.text, &s.count, e); }, "graph"},
        {"so far without a count", ATTUNE_USAGE, [&](auto* e) { return attune_so_far(w.session, s.text, nullptr, e); }, "count"},
        {"report without a count", ATTUNE_USAGE, [&](auto* e) { return attune_device_report(w.device, s.text, nullptr, e); }, "count"},
        {"report without room", ATTUNE_TOO_SMALL,
         [&](auto* e) {
             s.count = 3;
             return attune_device_report(w.device, s.text, &s.count, e);
         },
         "small"},
        {"set of a translation", ATTUNE_USAGE, [&](auto* e) { return attune_set(w.session, "query", s.numbers, 4, e); }, "translates"},
        {"bind of a translation", ATTUNE_USAGE, [&](auto* e) { return attune_bind(w.session, &s.span, e); }, "translates"},
        {"get of a translation", ATTUNE_USAGE, [&](auto* e) { return attune_get(w.session, "output", s.numbers, &s.count, e); }, "translates"},
        {"data of a translation", ATTUNE_NOTHING,
         [&](auto* e) {
             const auto to = w.target(nullptr, 1);
             return attune_plan_dispatches(w.session, &to, nullptr, &s.count32, e);
         }},
    };
    return rows;
}

Rows target_rows(World& w, Sound& s) {
    const auto big  = std::numeric_limits<std::uint64_t>::max();
    Rows       rows = {
              {"shapes of a graph", ATTUNE_USAGE, [&](auto* e) { return attune_prepare(w.running, &s.shapes, e); }, "shapes"},
              {"record nothing", ATTUNE_NOTHING,
               [&](auto* e) {
             const auto to = w.target(s.target.commands, w.frame);
             return attune_record(w.session, &to, e);
         },
               "nothing"},
              {"record to slot 3", ATTUNE_USAGE,
               [&](auto* e) {
             const auto to = w.target(s.target.commands, big, 3);
             return attune_record(w.session, &to, e);
         },
               "slot"},
              {"record to an absurd slot", ATTUNE_USAGE,
               [&](auto* e) {
             const auto to = w.target(s.target.commands, big, 0xffffffff);
             return attune_record(w.session, &to, e);
         },
               "slot"},
              {"step to slot 3", ATTUNE_USAGE,
               [&](auto* e) {
             const auto to = w.target(s.target.commands, big, 3);
             return attune_step(w.running, &to, nullptr, nullptr, e);
         },
               "slot"},
              {"record to a reserved number", ATTUNE_USAGE,
               [&](auto* e) {
             auto to     = w.target(s.target.commands, big);
             to.reserved = 1;
             return attune_record(w.session, &to, e);
         },
               "reserved"},
              {"data with commands", ATTUNE_USAGE, [&](auto* e) { return attune_plan_dispatches(w.running, &s.target, nullptr, &s.count32, e); }, "commands"},
              {"data without a count", ATTUNE_USAGE,
               [&](auto* e) {
             const auto to = w.target(nullptr, 1);
             return attune_plan_dispatches(w.running, &to, nullptr, nullptr, e);
         },
               "count"},
              {"waits at null", ATTUNE_USAGE,
               [&](auto* e) {
             auto batch       = s.batch;
             batch.wait_count = 2;
             return attune_submit(w.session, &batch, nullptr, e);
         },
               "waits"},
              {"signals at null", ATTUNE_USAGE,
               [&](auto* e) {
             auto batch         = s.batch;
             batch.signal_count = 2;
             return attune_submit(w.session, &batch, nullptr, e);
         },
               "signals"},
              {"a memory class that there is not", ATTUNE_USAGE, [&](auto* e) { return attune_memory_used(w.device, 5, &s.use, e); }, "memory_class"},
              {"memory of no class", ATTUNE_USAGE, [&](auto* e) { return attune_memory_query(w.device, 0xffffffff, 1, &s.needs, e); }, "memory_class"},
              {"a block for no class", ATTUNE_USAGE, [&](auto* e) { return attune_memory_give(w.device, 77, &s.block, e); }, "memory_class"},
              {"a cache at null", ATTUNE_USAGE, [&](auto* e) { return attune_cache_import(w.device, nullptr, 9, e); }, "null"},
              {"a cache to nowhere", ATTUNE_USAGE, [&](auto* e) { return attune_cache_export(w.device, nullptr, nullptr, e); }, "count"},
              {"verdicts at null", ATTUNE_USAGE, [&](auto* e) { return attune_verdicts_import(w.device, nullptr, 9, e); }, "null"},
              {"verdicts to nowhere", ATTUNE_USAGE, [&](auto* e) { return attune_verdicts_export(w.device, nullptr, nullptr, e); }, "count"},
              {"verdicts of no bytes", ATTUNE_BAD_INPUT, [&](auto* e) { return attune_verdicts_import(w.device, nullptr, 0, e); }, "verdicts"},
              {"tuning at null", ATTUNE_USAGE, [&](auto* e) { return attune_tuning_import(w.device, nullptr, 9, e); }, "null"},
              {"tuning to nowhere", ATTUNE_USAGE, [&](auto* e) { return attune_tuning_export(w.device, nullptr, nullptr, e); }, "count"},
              {"tuning of no bytes", ATTUNE_BAD_INPUT, [&](auto* e) { return attune_tuning_import(w.device, nullptr, 0, e); }, "tuning"},
              {"compile without left", ATTUNE_USAGE, [&](auto* e) { return attune_compile_next(w.device, nullptr, e); }, "left"},
              {"merge into null", ATTUNE_USAGE, [&](auto* e) { return attune_requirements_merge(&s.query, nullptr, &s.added, e); }, "features"},
    };
    return rows;
}

Rows span_rows(World& w, Sound& s) {
    const auto big = std::numeric_limits<std::uint64_t>::max();
    Rows       rows;
    const auto span = [&](const char* name, const char* word, const std::function<void(attune_span&)>& change) {
        rows.push_back({std::string("span ") + name, ATTUNE_USAGE,
                        [&w, &s, change](attune_error* e) {
                            const auto part = changed<attune_span>(s.span, change);
                            return attune_bind(w.running, &part, e);
                        },
                        word});
    };
    span("without a name", "name", [](auto& x) { x.name = nullptr; });
    span("of another name", "nobody", [](auto& x) { x.name = "nobody"; });
    span("that is too small", "bytes", [](auto& x) { x.bytes -= 4; });
    span("of no bytes", "bytes", [](auto& x) { x.bytes = 0; });
    span("at an odd offset", "multiple", [](auto& x) { x.offset = 1; });
    span("beyond 2^64", "2^64", [big](auto& x) { x.offset = big - 63; });
    span("without a buffer", "buffer", [](auto& x) { x.buffer = nullptr; });
    const auto set = [&](const char* name, const char* what, const void* data, std::size_t bytes, const char* word) {
        rows.push_back({std::string("set ") + name, ATTUNE_USAGE, [=, &w](attune_error* e) { return attune_set(w.running, what, data, bytes, e); }, word});
    };
    set("nothing", nullptr, s.numbers, 96, "name");
    set("what is not there", "nobody", s.numbers, 96, "query");
    set("an output", "output", s.numbers, 96, "output");
    set("from null", "query", nullptr, 96, "data");
    set("too little", "query", s.numbers, 92, "96");
    set("too much", "query", s.numbers, 100, "96");
    rows.push_back({"get nothing", ATTUNE_USAGE, [&](auto* e) { return attune_get(w.running, nullptr, s.numbers, &s.count, e); }, "name"});
    rows.push_back({"get what is not there", ATTUNE_USAGE, [&](auto* e) { return attune_get(w.running, "nobody", s.numbers, &s.count, e); }, "output"});
    rows.push_back({"get without room", ATTUNE_TOO_SMALL,
                    [&](auto* e) {
                        s.count = 4;
                        return attune_get(w.running, "output", s.numbers, &s.count, e);
                    },
                    "small"});
    rows.push_back({"get without a count", ATTUNE_USAGE, [&](auto* e) { return attune_get(w.running, "output", s.numbers, nullptr, e); }, "count"});
    return rows;
}

}  // namespace attune::test

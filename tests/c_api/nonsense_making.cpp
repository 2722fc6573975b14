// Devices, models and sessions that cannot be made.
#include "c_api/nonsense.h"

#include <limits>

namespace attune::test {

Rows import_rows(Sound& s) {
    using Import = attune_import;
    Rows       rows;
    const auto add = [&](const char* name, const char* word, const std::function<void(Import&)>& change, attune_status expected = ATTUNE_USAGE) {
        rows.push_back({std::string("import ") + name, expected,
                        [&s, change](attune_error* e) {
                            const Import import = changed<Import>(s.import, change);
                            return attune_device_import(&import, &s.made_device, e);
                        },
                        word});
    };
    add("without get_instance_proc", "", [](Import& i) { i.get_instance_proc = nullptr; });
    add("without an instance", "", [](Import& i) { i.instance = nullptr; });
    add("without a physical device", "", [](Import& i) { i.physical = nullptr; });
    add("without a device", "", [](Import& i) { i.device = nullptr; });
    add("without queues", "queue_count", [](Import& i) { i.queue_count = 0; });
    add("with queues at null", "null", [](Import& i) { i.queues = nullptr; });
    add("with a reserved number", "reserved", [](Import& i) { i.reserved = 1; });
    static attune_queue none = with_head<attune_queue>(ATTUNE_TYPE_QUEUE);
    add("with a queue that is null", "queue", [](Import& i) { i.queues = &none; });
    static attune_queue roles = with_head<attune_queue>(ATTUNE_TYPE_QUEUE);
    roles.roles               = 64;
    add("with a role that there is not", "role", [](Import& i) { i.queues = &roles; });
    static attune_hooks lock = with_head<attune_hooks>(ATTUNE_TYPE_HOOKS);
    lock.lock                = [](void*, std::uint32_t, std::uint32_t) {};
    add("with lock and no unlock", "unlock", [](Import& i) { i.hooks = &lock; });
    static attune_overrides treat = with_head<attune_overrides>(ATTUNE_TYPE_OVERRIDES);
    treat.treat                   = 3;
    add("with an unknown treatment", "treat", [](Import& i) { i.overrides = &treat; });
    rows.push_back({"import to null", ATTUNE_USAGE, [&s](attune_error* e) { return attune_device_import(&s.import, nullptr, e); }, "null"});
    rows.push_back({"open to null", ATTUNE_USAGE, [&s](attune_error* e) { return attune_device_open(&s.open, nullptr, e); }, "null"});
    rows.push_back({"open what is not there", ATTUNE_NO_DEVICE,
                    [&s](attune_error* e) {
                        attune_open open = s.open;
                        open.select      = "no device has this name";
                        return attune_device_open(&open, &s.made_device, e);
                    },
                    "no device has this name"});
    return rows;
}

Rows model_rows(World& w, Sound& s) {
    Rows       rows;
    const auto source = [&](const char* name, attune_status expected, const char* word, const std::function<void(attune_source&)>& change) {
        rows.push_back({std::string("source ") + name, expected,
                        [&w, &s, change](attune_error* e) {
                            const auto from = changed<attune_source>(s.source, change);
                            return attune_model_open(w.device, &from, nullptr, &s.made_model, e);
                        },
                        word});
    };
    source("of nothing", ATTUNE_USAGE, "neither", [](auto& x) { x.folder = nullptr; });
    source("of a folder that is not there", ATTUNE_BAD_INPUT, "nowhere", [](auto& x) { x.folder = "/nowhere/at/all"; });
    source("of an empty name", ATTUNE_BAD_INPUT, "", [](auto& x) { x.folder = ""; });
    source("of both", ATTUNE_USAGE, "both", [&](auto& x) {
        x.files      = &s.file;
        x.file_count = 1;
    });
    source("of files at null", ATTUNE_USAGE, "null", [](auto& x) {
        x.folder     = nullptr;
        x.file_count = 3;
    });
    source("of a file without a name", ATTUNE_USAGE, "name", [&](auto& x) {
        x.folder     = nullptr;
        x.files      = &s.file;
        x.file_count = 1;
    });
    source("with a reserved number", ATTUNE_USAGE, "reserved", [](auto& x) { x.reserved = 7; });
    const auto options = [&](const char* name, attune_status expected, const std::function<void(attune_model_options&)>& change) {
        rows.push_back({std::string("model options ") + name, expected, [&w, &s, change](attune_error* e) {
                            const auto how = changed<attune_model_options>(s.how, change);
                            return attune_model_open(w.device, &s.source, &how, &s.made_model, e);
                        }});
    };
    options("of no precision", ATTUNE_USAGE, [](auto& x) { x.precision = 3; });
    options("of unknown flags", ATTUNE_USAGE, [](auto& x) { x.flags = 128; });
    options("of a shortlist that there is not", ATTUNE_BAD_INPUT, [](auto& x) { x.flags = ATTUNE_SHORTLIST; });
    rows.push_back({"model to null", ATTUNE_USAGE, [&](attune_error* e) { return attune_model_open(w.device, &s.source, nullptr, nullptr, e); }});
    const auto session = [&](const char* name, attune_status expected, const std::function<void(attune_options&)>& change) {
        rows.push_back({std::string("options ") + name, expected, [&w, &s, change](attune_error* e) {
                            const auto          how    = changed<attune_options>(s.options, change);
                            attune_session      made   = nullptr;
                            const attune_status status = attune_session_create(w.model, &how, &made, e);
                            if (status != ATTUNE_OK) return status;
                            const attune_status pushed = attune_push(made, "a", 1, e);  // a language is looked up here
                            attune_session_destroy(made);
                            return pushed;
                        }});
    };
    session("of 9 slots", ATTUNE_USAGE, [](auto& x) { x.slots = 9; });
    session("of unknown flags", ATTUNE_USAGE, [](auto& x) { x.flags = 2; });
    session("of a language that there is not", ATTUNE_BAD_INPUT, [](auto& x) { x.target_language = "xx"; });
    session("of 1,000 beams", ATTUNE_USAGE, [](auto& x) { x.beam_size = 1000; });
    rows.push_back({"session to null", ATTUNE_USAGE, [&](attune_error* e) { return attune_session_create(w.model, nullptr, nullptr, e); }});
    (void)s;
    return rows;
}

}  // namespace attune::test

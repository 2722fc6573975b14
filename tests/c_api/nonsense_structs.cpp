// Structs of wrong sizes and types, with chains and tails, through the calls that read or fill them.
#include "c_api/nonsense.h"

#include <cstring>
#include <memory>

namespace attune::test {
namespace {

template <class Struct>
void unsound(Rows& rows, const std::string& name, const Struct& sound, const std::function<attune_status(Struct*, attune_error*)>& call, bool null_too = true, bool read = true) {
    struct Room {
        Struct    first;
        std::byte tail[64];
    };
    const auto add = [&](const std::string& what, const std::function<void(Room&)>& change) {
        rows.push_back({name + " " + what, ATTUNE_USAGE, [=](attune_error* e) {
                            const auto room = std::make_unique<Room>();
                            room->first     = sound;
                            std::memset(room->tail, 0, sizeof(room->tail));
                            change(*room);
                            return call(&room->first, e);
                        }});
    };
    static const attune_shapes unknown = with_head<attune_shapes>(999);
    if (null_too) rows.push_back({name + " null", ATTUNE_USAGE, [=](attune_error* e) { return call(nullptr, e); }});
    add("of size 0", [](Room& room) { room.first.size = 0; });
    add("of size 8", [](Room& room) { room.first.size = 8; });
    add("of an odd size", [](Room& room) { room.first.size -= 3; });
    add("of an absurd size", [](Room& room) { room.first.size = 0xfffffff8; });
    add("without a type", [](Room& room) { room.first.type = 0; });
    add("of another type", [](Room& room) { room.first.type = ATTUNE_TYPE_ERROR; });
    add("with an unknown chain", [](Room& room) { room.first.next = &unknown; });
    if (read)
        add("with a tail of garbage", [](Room& room) {
            room.first.size = sizeof(Struct) + 64;
            room.tail[40]   = std::byte{1};
        });
}

}  // namespace

Rows struct_rows(World& w, Sound& s) {
    Rows rows;
    unsound<attune_open>(
        rows, "open", s.open, [&](auto* x, auto* e) { return attune_device_open(x, &s.made_device, e); }, false);
    unsound<attune_import>(rows, "import", s.import, [&](auto* x, auto* e) { return attune_device_import(x, &s.made_device, e); });
    const auto imported = [&s](const attune_import& import, attune_error* e) { return attune_device_import(&import, &s.made_device, e); };
    unsound<attune_queue>(rows, "queue", s.queue, [&s, imported](auto* x, auto* e) {
        attune_import import = s.import;
        import.queues        = x;
        return imported(import, e);
    });
    unsound<attune_hooks>(
        rows, "hooks", s.hooks,
        [&s, imported](auto* x, auto* e) {
            attune_import import = s.import;
            import.hooks         = x;
            return imported(import, e);
        },
        false);
    unsound<attune_overrides>(
        rows, "overrides", s.overrides,
        [&s, imported](auto* x, auto* e) {
            attune_import import = s.import;
            import.overrides     = x;
            return imported(import, e);
        },
        false);
    unsound<attune_needs>(rows, "needs", s.query, [&](auto* x, auto* e) { return attune_requirements(x, nullptr, &s.count32, e); });
    unsound<attune_need>(
        rows, "need", s.need,
        [&](auto* x, auto* e) {
            s.count32 = 1;
            return attune_requirements(&s.query, x, &s.count32, e);
        },
        false, false);
    unsound<attune_source>(rows, "source", s.source, [&](auto* x, auto* e) { return attune_model_open(w.device, x, nullptr, &s.made_model, e); });
    unsound<attune_model_options>(
        rows, "model options", s.how, [&](auto* x, auto* e) { return attune_model_open(w.device, &s.source, x, &s.made_model, e); }, false);
    unsound<attune_options>(
        rows, "options", s.options, [&](auto* x, auto* e) { return attune_session_create(w.model, x, &s.made, e); }, false);
    unsound<attune_options>(
        rows, "graph options", s.options, [&](auto* x, auto* e) { return attune_graph_session(w.device, w.graph, x, &s.made, e); }, false);
    unsound<attune_shapes>(rows, "shapes", s.shapes, [&](auto* x, auto* e) { return attune_prepare(w.session, x, e); });
    unsound<attune_tensor>(rows, "tensor", s.tensor, [&](auto* x, auto* e) { return attune_graph_tensor(w.graph, x, &s.value, e); });
    unsound<attune_node>(rows, "node", s.node, [&](auto* x, auto* e) { return attune_graph_node(w.graph, x, &s.value, 1, e); });
    unsound<attune_span>(rows, "span", s.span, [&](auto* x, auto* e) { return attune_bind(w.running, x, e); });
    unsound<attune_target>(rows, "target", s.target, [&](auto* x, auto* e) { return attune_record(w.session, x, e); });
    unsound<attune_budget>(
        rows, "budget", s.budget, [&](auto* x, auto* e) { return attune_step(w.session, &s.target, x, nullptr, e); }, false);
    unsound<attune_progress>(
        rows, "progress", s.progress, [&](auto* x, auto* e) { return attune_poll(w.session, x, e); }, false, false);
    unsound<attune_batch>(
        rows, "batch", s.batch, [&](auto* x, auto* e) { return attune_submit(w.session, x, nullptr, e); }, false);
    unsound<attune_block>(rows, "block", s.block, [&](auto* x, auto* e) { return attune_memory_give(w.device, 0, x, e); });
    unsound<attune_memory_use>(
        rows, "memory use", s.use, [&](auto* x, auto* e) { return attune_memory_used(w.device, 0, x, e); }, true, false);
    return rows;
}

}  // namespace attune::test

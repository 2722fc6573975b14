// What hosts do with attune in their frames.
#include "checks/numbers.h"
#include "execute/hazards.h"
#include "support/decoder_layer.h"
#include "support/host_frames.h"
#include "support/host_memory.h"
#include "support/host_plan.h"
#include "support/tiny_model.h"
#include "support/tiny_student.h"

#include <attune/ops.hpp>
#include <attune/stream.hpp>

namespace attune::test {
namespace {

constexpr std::uint64_t rows = 5, width = 64, tensor_bytes = 4 * rows * width;
constexpr std::uint32_t frames_played = 5;

constexpr BufferUse copied_to{VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_WRITE_BIT};
constexpr BufferUse copied_from{VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_READ_BIT};
constexpr BufferUse shader_writes{VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_SHADER_WRITE_BIT};
constexpr BufferUse shader_reads{VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_SHADER_READ_BIT};

// softmax(x) + table[ids]: inputs, a control, an output.
Graph small_graph() {
    Graph       g;
    const Value x   = g.input("x", {Type::f32, {rows, width}});
    const Value ids = g.control("ids", {Type::u32, {rows}});
    const Value row = embedding(g, ids, g.input("table", {Type::f32, {8, width}}));
    g.output("y", add(g, softmax(g, x), row));
    return g;
}

Graph softmax_graph() {
    Graph g;
    g.output("to", softmax(g, g.input("from", {Type::f32, {rows, width}})));
    return g;
}

Tensor numbers(const Shape& shape, std::uint32_t seed) {
    Random random{seed};
    return random_tensor({Type::f32, shape}, random);
}

void set_constants(Session& session) {
    session.set("table", numbers({8, width}, 99));
    session.set("ids", Tensor({Type::u32, {rows}}));
}

HostBuffer whole(const HostMemory& memory, const BufferUse& before, const BufferUse& after) {
    return {.buffer = memory.buffer(), .offset = 0, .bytes = tensor_bytes, .before = before, .after = after};
}

void copy(const Guest& guest, VkCommandBuffer commands, const HostMemory& from, const HostMemory& to) {
    const VkBufferCopy all{0, 0, tensor_bytes};
    guest.own.get<PFN_vkCmdCopyBuffer>("vkCmdCopyBuffer")(commands, from.buffer(), to.buffer(), 1, &all);
}

// ---- buffers of the host ------------------------------------------------------------------------

// Two inputs and two outputs in turn: what a frame uses, the one before the last has used.
struct Around {
    explicit Around(const Guest& guest)
        : x{{guest.own, tensor_bytes}, {guest.own, tensor_bytes}}, y{{guest.own, tensor_bytes},
                                                                     {guest.own, tensor_bytes}} {}

    HostMemory x[2], y[2];
};

void copies_around(Guest& guest, std::uint32_t slots) {
    Session                                  session(guest.device, RunOptions{}, std::make_shared<Frames>(slots));
    const HostMemory                         source(guest.own, tensor_bytes);
    const Around                             around(guest);
    std::vector<std::unique_ptr<HostMemory>> results;
    for (std::uint32_t i = 0; i < slots; ++i) results.push_back(std::make_unique<HostMemory>(guest.own, tensor_bytes));
    const auto bind = [&](std::uint32_t frame) {
        session.bind("x", whole(around.x[frame % 2], copied_to, copied_to));
        session.bind("y", whole(around.y[frame % 2], copied_from, copied_from));
    };
    bind(0);
    const Program program = session.prepare(small_graph());
    set_constants(session);
    HostFrames host(guest.own, slots);
    for (std::uint32_t frame = 1; frame <= frames_played; ++frame)
        host.frame([&](const FrameTarget& target) {
            session.retire(host.over());
            bind(frame);
            copy(guest, target.commands, source, around.x[frame % 2]);
            session.record(program, target);
            copy(guest, target.commands, around.y[frame % 2], *results[target.slot]);
        });
}

// One dispatch of attune's over buffers that the host writes and reads by copies, in all frames the same ones: nothing but
// the barriers that the host asked for stands between them.
void one_dispatch(Guest& guest, std::uint32_t slots) {
    Session          session(guest.device, RunOptions{}, std::make_shared<Frames>(slots));
    const HostMemory source(guest.own, tensor_bytes), x(guest.own, tensor_bytes), y(guest.own, tensor_bytes),
        last(guest.own, tensor_bytes);
    const BufferUse copies{VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_READ_BIT | VK_ACCESS_TRANSFER_WRITE_BIT};
    session.bind("from", whole(x, copies, copies));
    session.bind("to", whole(y, copies, {}));
    const Program program = session.prepare(softmax_graph());
    HostFrames    host(guest.own, slots);
    for (std::uint32_t frame = 1; frame <= frames_played; ++frame)
        host.frame([&](const FrameTarget& target) {
            session.retire(host.over());
            copy(guest, target.commands, source, x);
            if (frame == 1) copy(guest, target.commands, y, last);
            session.record(program, target);
        });
}

// A dispatch of the host's own.
class HostDispatch {
public:
    HostDispatch(const Guest& guest, const HostMemory& from, const HostMemory& to) : session_(guest.device) {
        session_.bind("from", whole(from, {}, {}));
        session_.bind("to", whole(to, {}, {}));
        list_ = session_.commands(session_.prepare(softmax_graph()));
        plan_ = std::make_unique<HostPlan>(guest.own, list_);
    }

    void record(VkCommandBuffer commands) const { plan_->record_bare(commands); }

private:
    Session                   session_;
    std::vector<CommandData>  list_;
    std::unique_ptr<HostPlan> plan_;
};

void dispatches_around(Guest& guest, std::uint32_t slots) {
    Session          session(guest.device, RunOptions{}, std::make_shared<Frames>(slots));
    const HostMemory source(guest.own, tensor_bytes), x(guest.own, tensor_bytes), y(guest.own, tensor_bytes);
    session.bind("from", whole(x, shader_writes, shader_writes));
    session.bind("to", whole(y, shader_reads, shader_reads));
    const Program                              program = session.prepare(softmax_graph());
    const HostDispatch                         before(guest, source, x);
    std::vector<std::unique_ptr<HostMemory>>   results;
    std::vector<std::unique_ptr<HostDispatch>> after;
    for (std::uint32_t i = 0; i < slots; ++i) {
        results.push_back(std::make_unique<HostMemory>(guest.own, tensor_bytes));
        after.push_back(std::make_unique<HostDispatch>(guest, y, *results.back()));
    }
    HostFrames host(guest.own, slots);
    for (std::uint32_t frame = 1; frame <= frames_played; ++frame)
        host.frame([&](const FrameTarget& target) {
            session.retire(host.over());
            before.record(target.commands);
            session.record(program, target);
            after[target.slot]->record(target.commands);
        });
}

// ---- values, states, pieces ---------------------------------------------------------------------

// Values that are set anew for each frame, outputs that are read back, and runs in between.
void values_and_runs(Guest& guest, std::uint32_t slots) {
    Session       session(guest.device, RunOptions{}, std::make_shared<Frames>(slots));
    const Program program = session.prepare(small_graph());
    set_constants(session);
    HostFrames host(guest.own, slots);
    for (std::uint32_t frame = 1; frame <= 2 * slots; ++frame) {
        session.set("x", numbers({rows, width}, frame));
        const std::uint64_t number = host.frame([&](const FrameTarget& target) {
            session.retire(host.over());
            session.record(program, target);
        });
        if (frame != slots) continue;
        host.wait(number);
        session.retire(number);
        session.get("y");
        session.run(program);
        session.set("x", numbers({rows, width}, 77));
        session.run(program);
        session.get("y");
    }
}

struct Layer {
    explicit Layer(const Guest& guest) : weights(guest.device, source, std::span(&graph, 1)) {}

    Graph     graph  = decoder_layer_step();
    WeightMap source = decoder_layer_weights();
    Weights   weights;
};

// States that get larger memory while frames are in flight, and keep what they hold.
void growth(Guest& guest, std::uint32_t slots) {
    const Layer          layer(guest);
    Session              session(guest.device, layer.weights, std::make_shared<Frames>(slots));
    HostFrames           host(guest.own, slots);
    std::vector<Program> programs;
    for (const std::uint64_t capacity : {16u, 24u, 40u}) {
        programs.push_back(session.prepare(decoder_layer_step(capacity)));
        // The smaller one again, for which states move; then as zeros of another description.
        for (const std::size_t which : {programs.size() < 2 ? 0 : programs.size() - 2, programs.size() - 1}) {
            session.set("x", decoder_layer_token(static_cast<int>(capacity)));
            host.frame([&](const FrameTarget& target) {
                session.retire(host.over());
                session.record(programs[which], target);
            });
        }
    }
}

// Runs back to back, behind a gate that closes; the states are copied, and set again in between.
void repeats(Guest& guest, std::uint32_t) {
    const Layer   layer(guest);
    Session       session(guest.device, layer.weights);
    Graph         counting = layer.graph;
    const Value   left     = counting.state("left", {Type::u32, {1}});
    advance(counting, left, 0xffffffff);
    const Program program  = session.prepare(counting);
    const char*   copied[] = {"left"};
    for (int pass = 0; pass < 2; ++pass) {
        Tensor three({Type::u32, {1}});
        three.as<std::uint32_t>()[0] = 3;
        session.set("left", three);
        session.set("x", decoder_layer_token(pass));
        session.run(program, {.times = 5, .until = "left", .copied = copied});
        session.peek("left");
        session.run(program);
    }
}

// A frame for each dispatch.
void pieces(Guest& guest, std::uint32_t slots) {
    const Layer   layer(guest);
    Session       session(guest.device, layer.weights, std::make_shared<Frames>(slots));
    const Program program = session.prepare(layer.graph);
    HostFrames    host(guest.own, slots);
    for (int step = 0; step < 2; ++step) {
        session.set("x", decoder_layer_token(step));
        session.begin(program);
        for (bool done = false; !done;)
            host.frame([&](const FrameTarget& target) {
                session.retire(host.over());
                done = session.record_next(target, Budget(1, 1));
            });
    }
}

void own_submissions(Guest& guest, std::uint32_t slots) {
    const Layer   layer(guest);
    Session       session(guest.device, layer.weights, std::make_shared<Frames>(slots));
    const Program program = session.prepare(layer.graph);
    for (int step = 0; step < 3; ++step) {
        session.set("x", decoder_layer_token(step));
        session.begin(program);
        for (std::uint32_t piece = 1; !session.submit_next(Budget(1, 2)); ++piece)
            if (piece % slots == 0) session.wait();
        session.wait();
    }
    session.get("y");
    session.run(program);
}

// The host records what attune lists, with barriers of its own.
void as_data(Guest& guest, std::uint32_t slots) {
    const Layer                            layer(guest);
    Session                                session(guest.device, layer.weights, std::make_shared<Frames>(slots));
    const Program                          program = session.prepare(layer.graph);
    std::vector<std::unique_ptr<HostPlan>> plans;  // end behind the frames
    HostFrames                             host(guest.own, slots);
    for (int step = 0; step < 4; ++step) {
        session.set("x", decoder_layer_token(step));
        host.frame([&](const FrameTarget& target) {
            session.retire(host.over());
            if (step == 2) {  // and one that attune records, amid them
                session.record(program, target);
                return;
            }
            const auto list = session.commands(program, {nullptr, target.frame, target.slot});
            plans.push_back(std::make_unique<HostPlan>(guest.own, list));
            plans.back()->record(target.commands);
        });
    }
}

// Weights that are copied in pieces, and a run right behind the last of them; its input is not set but bound, so that
// it has no other commands.
void weights_in_pieces(Guest& guest, std::uint32_t slots) {
    Graph       graph;
    const Value x = graph.input("x", {Type::f32, {rows, width}});
    graph.output("y", linear(graph, x, graph.weight("w", {Type::f32, {width, width}}),
                             {.bias = graph.weight("b", {Type::f32, {width}})}));
    WeightMap source;
    source.set("w", numbers({width, width}, 3));
    source.set("b", numbers({width}, 4));
    WeightsUpload    upload(guest.device, source, std::span(&graph, 1), RunOptions{}, slots);
    Session          session(guest.device, upload.weights(), std::make_shared<Frames>(slots));
    const HostMemory in(guest.own, tensor_bytes), out(guest.own, tensor_bytes);
    session.bind("x", whole(in, {}, {}));
    session.bind("y", whole(out, {}, {}));
    const Program program = session.prepare(graph);
    HostFrames    host(guest.own, slots);
    for (bool done = false; !done;) host.frame([&](const FrameTarget& target) { done = upload.next(target, 8000); });
    std::uint64_t last = 0;
    for (std::uint32_t frame = 0; frame < frames_played; ++frame)
        last = host.frame([&](const FrameTarget& target) {
            session.retire(host.over());
            session.record(program, target);
        });
    host.wait(last);
    session.retire(last);
    session.bind("x", {});
    session.bind("y", {});
    session.set("x", numbers({rows, width}, 4));
    session.run(program);
    session.get("y");
}

// ---- translation --------------------------------------------------------------------------------

enum class Way : std::uint8_t { frames, submissions };

// Pieces of three dispatches.
template <bool student, Way way> void translation(Guest& guest, std::uint32_t slots) {
    TemporaryFolder folder;
    if (student)
        write_tiny_student(folder, {.seed = 40}, StudentFile::int8);
    else
        write_tiny_model(folder);
    Translator translator(guest.device, folder.path(), {.batch_rows = 2, .load_later = true, .load_slots = slots});
    TranslationStream stream(translator, {}, {.slots = slots});
    HostFrames        host(guest.own, slots);
    bool              loaded = false;
    while (!loaded) host.frame([&](const FrameTarget& target) { loaded = translator.load_next(target, 4000); });
    for (std::uint32_t i = 0; i < 3; ++i) stream.push(student ? tiny_student_text(3 + i, i) : tiny_text(3 + i, i));
    const Budget three(1, 3);
    std::size_t  translated = 0;
    while (translated < 3) {
        if (way == Way::submissions) {
            stream.submit(three);
            stream.poll();
        } else {
            host.frame([&](const FrameTarget& target) {
                stream.retire(host.over());
                stream.step(target, three);
            });
        }
        while (stream.pull()) ++translated;
    }
    translator.translate(std::vector<std::string>{student ? tiny_student_text(4, 9) : tiny_text(4, 9)});
}

const Scenario all_scenarios[] = {
    {"copies around", copies_around},
    {"one dispatch", one_dispatch},
    {"dispatches around", dispatches_around},
    {"values and runs", values_and_runs},
    {"growth", growth},
    {"pieces", pieces},
    {"repeats", repeats},
    {"own submissions", own_submissions},
    {"as data", as_data},
    {"weights in pieces", weights_in_pieces, true},
    {"student in frames", translation<true, Way::frames>, true},
    {"student, own submissions", translation<true, Way::submissions>},
    {"model in frames", translation<false, Way::frames>},
    {"model, own submissions", translation<false, Way::submissions>, true},
};

}  // namespace

std::span<const Scenario> scenarios() { return all_scenarios; }

}  // namespace attune::test

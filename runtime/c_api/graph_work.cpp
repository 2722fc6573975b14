#include "c_api/graph_work.h"

#include "c_api/call.h"
#include "c_api/microseconds.h"

#include <algorithm>

namespace attune::c_api {
namespace {

bool has_weights(const Graph& graph) {
    return std::ranges::any_of(graph.values(), [](const ValueInfo& one) { return one.kind == ValueKind::weight; });
}

}  // namespace

GraphWork::GraphWork(const Device& device, const Graph& graph, std::shared_ptr<WeightMap> weights,
                     const RunOptions& how, const attune_options& options)
    : Work(options.slots), graph_(graph), weights_(std::move(weights)), how_(how),
      compile_(options.flags & ATTUNE_NEVER_COMPILE ? Compile::elsewhere : Compile::later), running_(on(device)) {
    if (graph.outputs().empty())
        throw Error(Status::usage, "attune_graph_session", "the graph has no output",
                    "name one by attune_graph_output()");
    for (const ValueInfo& one : graph_.values())
        if (one.kind == ValueKind::input || one.kind == ValueKind::state || one.kind == ValueKind::control)
            settable_.emplace(one.name, one);
}

std::unique_ptr<GraphWork::Running> GraphWork::on(const Device& device) {
    auto frames = std::make_shared<Frames>(slots());
    if (!has_weights(graph_)) return std::make_unique<Running>(Running{frames, Session(device, how_, frames)});
    const Weights uploaded(device, *weights_, std::span(&graph_, 1), how_);
    return std::make_unique<Running>(Running{frames, Session(device, uploaded, frames)});
}

void GraphWork::prepare_move(const Device& to) { moved_ = on(to); }

void GraphWork::move() noexcept { running_ = std::move(moved_); }

const TensorDesc& GraphWork::known(const Call& call, const std::string& name, bool results) const {
    if (const auto found = settable_.find(name); found != settable_.end()) return found->second.desc;
    const auto output = graph_.outputs().find(name);
    if (results && output != graph_.outputs().end()) return graph_.desc(output->second);
    std::string there;
    for (const auto& one : settable_) there += (there.empty() ? "" : ", ") + one.first;
    if (results)
        for (const auto& one : graph_.outputs()) there += (there.empty() ? "" : ", ") + one.first;
    call.refuse("the graph has no tensor \"" + name + "\" for it", "it has " + there);
}

const Program& GraphWork::program() {
    Program& made = running_->program;
    if (!made) made = session().prepare(graph_, "graph", compile_);
    return made;
}

void GraphWork::set(const Call& call, const std::string& name, const void* data, std::size_t bytes) {
    const TensorDesc& desc = known(call, name, false);
    call.need(data, "the data");
    if (bytes != desc.bytes())
        call.refuse("\"" + name + "\" is " + desc.text() + " of " + std::to_string(desc.bytes()) + " bytes, and " +
                    std::to_string(bytes) + " were given");
    session().set(name, TensorView{desc, {static_cast<const std::byte*>(data), bytes}, {}});
}

void GraphWork::bind(const Call& call, const attune_span& span) {
    const TensorDesc& desc = known(call, span.name, true);
    if (const auto found = settable_.find(span.name);
        found != settable_.end() && found->second.kind == ValueKind::control)
        call.refuse("\"" + std::string(span.name) + "\" is a control", "attune_set() gives it its numbers");
    if (span.buffer && span.bytes < desc.bytes())
        call.refuse("\"" + std::string(span.name) + "\" is " + desc.text() + " of " + std::to_string(desc.bytes()) +
                    " bytes, and the part has " + std::to_string(span.bytes));
    session().bind(span.name, {.buffer = span.buffer,
                               .offset = span.offset,
                               .bytes  = span.bytes,
                               .before = {span.before.stages, span.before.accesses},
                               .after  = {span.after.stages, span.after.accesses}});
}

Tensor GraphWork::get(const Call& call, const std::string& name) {
    known(call, name, true);
    return session().get(name);
}

void GraphWork::prepare(const Call& call, const attune_shapes* shapes) {
    if (shapes) call.refuse("shapes are for translating; a graph has its own");
    program();
}

void GraphWork::begin() {
    if (running_->begun) return;
    session().begin(program());
    running_->begun = true;
}

attune_progress GraphWork::progress(std::uint64_t left_before, bool ended) {
    running_->begun        = !ended;
    attune_progress result = {};
    result.state           = ATTUNE_RECORDED;
    result.left            = session().dispatches_left();
    result.done            = left_before - result.left;
    result.gpu_us          = microseconds(session().recorded_seconds());
    result.next_us         = microseconds(session().next_seconds());
    return result;
}

void GraphWork::step(const attune_target& target, const Budget& budget, attune_progress& done) {
    if (!target.commands) return submit(budget, {}, done);
    begin();
    const std::uint64_t before = session().dispatches_left();
    done                       = progress(before, session().record_next(frame_target(target), budget));
}

void GraphWork::submit(const Budget& budget, const SubmitSync& sync, attune_progress& done) {
    begin();
    const std::uint64_t before = session().dispatches_left();
    done                       = progress(before, session().submit_next(budget, sync));
}

Answer GraphWork::plan(const attune_target& target, CommandList& into) {
    if (running_->begun)
        throw Error(Status::usage, "attune_plan_dispatches", "a run is recorded in part",
                    "record it to its end, or attune_cancel() it");
    into.hold(session().commands(program(), frame_target(target)));
    return {};
}

void GraphWork::finish(const Call& call) {
    if (running_->frames->hosts_in_flight() || running_->begun)
        call.refuse("frames that were recorded have not been retired", "attune_retire() them first");
    session().wait();
    session().run(program(), &cancelled_);
}

attune_progress GraphWork::poll() {
    const bool      over   = session().poll();
    attune_progress result = {};
    result.state           = over ? ATTUNE_IDLE : ATTUNE_WAITING;
    result.left            = session().dispatches_left();
    result.next_us         = microseconds(session().next_seconds());
    return result;
}

void GraphWork::retire(std::uint64_t frame) { session().retire(frame); }

}  // namespace attune::c_api

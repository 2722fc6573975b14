#include "base/trace.h"
#include "execute/dispatch_times.h"
#include "execute/loop.h"
#include "execute/own_frames.h"
#include "execute/program.h"
#include "execute/qualification.h"
#include "execute/run_samples.h"
#include "plan/rewrite.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace attune {

class Session::Impl {
public:
    Impl(const Device& device, const RunOptions& run_options, std::shared_ptr<Weights::Impl> with,
         std::shared_ptr<Frames> hosts_frames)
        : context(device.context()), options(run_options), weights(std::move(with)), records(hosts_frames != nullptr),
          frames(hosts_frames ? std::move(hosts_frames) : std::make_shared<Frames>()), commands(context),
          memory(commands, frames) {
        on_their_way.reserve(frames->slots() + 1);
    }

    // A run that was recorded: where its outputs are.
    struct Recorded {
        std::shared_ptr<Program::Impl> program;
        std::uint64_t                  frame    = FrameTarget::uncounted;
        std::uint32_t                  slot     = 0;
        bool                           repeated = false;  // by its loop
    };

    std::shared_ptr<Device::Context> context;
    RunOptions                       options;
    std::shared_ptr<Weights::Impl>   weights;
    bool                             records;  // for a host with frames
    std::shared_ptr<Frames>          frames;
    Commands                         commands;
    SessionMemory                    memory;
    Recorded                         last;  // what was run or recorded last without failing: its outputs can be read
    std::vector<Recorded>            on_their_way;  // frames that were recorded and not retired, by frame
    std::shared_ptr<Program::Impl>   begun;         // what is being recorded in pieces
    std::uint64_t                    begun_frame = FrameTarget::uncounted;  // that it was recorded into last
    std::size_t                      next        = 0;                       // its first dispatch that is not recorded
    double                           seconds     = 0;                       // stated cost of what was recorded last
    std::uint64_t                    submissions = 0;
    std::optional<OwnFrames>         own;  // once something is submitted. Ends first: it waits for what uses the rest

    // Memory for one run of a program, which from here on is the last one if it succeeds.
    Program::Impl& begin(const Program& program) {
        program.impl()->make_ready();
        if (begun && next > 0) {
            memory.forget_fill();
            begun->costs().end_run(begun_frame);
            frames->keep(std::move(begun));
        }
        begun.reset();
        memory.reserve(program.impl()->plan());
        return *program.impl();
    }

    // The same for one that is not recorded for anybody, but submitted and waited for. Afterwards there is no last run.
    Program::Impl& begin_alone(const char* where, const Program& program) {
        if (!program) throw Error(Status::usage, where, "was given an empty program");
        if (frames->any_in_flight())
            throw Error(Status::usage, where, "may not run beside frames in flight", "retire them first");
        last = {};
        return begin(program);
    }

    void recorded(std::shared_ptr<Program::Impl> program, const FrameTarget& target) {
        if (!target.counted()) {
            last = {.program = std::move(program)};
            return;
        }
        std::erase_if(on_their_way, [&](const Recorded& one) {
            if (one.slot == target.slot) frames->keep(one.program);
            return one.slot == target.slot;
        });
        on_their_way.push_back({.program = std::move(program), .frame = target.frame, .slot = target.slot});
    }

    // What is over becomes the last run.
    void collect() {
        while (!on_their_way.empty() && !frames->in_flight(on_their_way.front().frame)) {
            last = std::move(on_their_way.front());
            on_their_way.erase(on_their_way.begin());
            last.program->costs().learn(*frames);
        }
    }

    // An output of the last run; null: it has none of that name.
    const NamedTensor* output(const std::string& name) const {
        if (!last.program) return nullptr;
        const auto& outputs = last.program->plan().outputs;
        const auto  found   = std::ranges::find(outputs, name, &NamedTensor::name);
        return found == outputs.end() ? nullptr : &*found;
    }

    // An output that is a state goes by the state's name in memory.
    std::string stored_name(const std::string& name) const {
        if (!last.program) return name;
        const Graph& graph  = last.program->plan().graph;
        const auto   output = graph.outputs().find(name);
        if (output == graph.outputs().end() || graph.info(output->second).kind != ValueKind::state) return name;
        return graph.info(output->second).name;
    }
};

namespace {

// What was made of a graph, level 2 in short and 3 in full.
void tell_program(const Trace& trace, const std::string& name, const Program& program, const Plan& plan) {
    const Program::Facts facts = program.facts();
    tell(trace, 2, "program",
         name + ": dispatches " + std::to_string(facts.dispatches) + ", barriers " + std::to_string(facts.barriers) +
             ", submissions " + std::to_string(facts.submissions) + ", arena " + byte_count(facts.arena_bytes) +
             "; kernels with their constants:");
    tell(trace, 2, "program", plan.kernels());
    if (trace.shows(3)) tell(trace, 3, "plan", name + "\n" + plan.listing());
}

}  // namespace

Session::Session(const Device& device, const RunOptions& options) : Session(device, options, nullptr) {}
Session::Session(const Device& device, const RunOptions& options, std::shared_ptr<Frames> frames)
    : impl_(std::make_unique<Impl>(device, options, nullptr, std::move(frames))) {
    if (options.trace.shows(1)) tell(options.trace, 1, "device", vulkan::device_text(*impl_->context));
}
Session::Session(const Device& device, const Weights& weights, std::shared_ptr<Frames> frames)
    : impl_(std::make_unique<Impl>(device, weights.options(), weights.impl(), std::move(frames))) {}
Session::Session(Session&&) noexcept = default;
Session::~Session()                  = default;

Program Session::prepare(const Graph& graph, const std::string& name, Compile compile) {
    const WeightLayouts none;
    Plan                plan =
        qualified_plan(impl_->context, rewrite(graph, impl_->options), impl_->weights ? impl_->weights->layouts : none);
    impl_->memory.let_go();
    impl_->memory.reserve(plan);
    Program program;
    program.impl_ = std::make_shared<Program::Impl>(impl_->context, std::move(plan), impl_->weights,
                                                    impl_->frames->slots(), compile);
    if (impl_->records) program.impl_->prepare_frames();
    if (impl_->options.trace.shows(2)) tell_program(impl_->options.trace, name, program, program.impl()->plan());
    return program;
}

void Session::bind(const std::string& name, const HostBuffer& buffer) { impl_->memory.bind(name, buffer); }
void Session::set(const std::string& name, const TensorView& view) { impl_->memory.set(name, view); }

void Session::run(const Program& program, const std::atomic<bool>* cancel) {
    Program::Impl& to_run   = impl_->begin_alone("Session::run", program);
    const auto     commands = to_run.commands(impl_->memory);
    impl_->memory.fill(to_run.plan(), impl_->commands);
    impl_->memory.let_go();
    for (const VkCommandBuffer one : commands) {
        if (cancel && cancel->load(std::memory_order_relaxed))
            throw Error(Status::cancelled, "Session::run", "was cancelled");
        impl_->commands.run(one);
        ++impl_->submissions;
    }
    impl_->last = {.program = program.impl()};
}

void Session::run(const Program& program, const Repeats& repeats, const std::atomic<bool>* cancel) {
    Program::Impl& to_run = impl_->begin_alone("Session::run", program);
    if (repeats.times == 0) throw Error(Status::usage, "Session::run", "was asked for no run");
    if (program.facts().submissions > 1)
        throw Error(Status::usage, "Session::run", "repeats programs of one submission alone", "run it once at a time");
    if (cancel && cancel->load(std::memory_order_relaxed))
        throw Error(Status::cancelled, "Session::run", "was cancelled");
    try {
        to_run.loop().run(impl_->memory, repeats);
    } catch (...) {
        impl_->memory.forget_fill();
        throw;
    }
    ++impl_->submissions;
    impl_->memory.let_go();
    impl_->last = {.program = program.impl(), .repeated = true};
}

std::uint32_t Session::most_repeats(const Program& program) const {
    if (!program) throw Error(Status::usage, "Session::most_repeats", "was given an empty program");
    if (program.facts().submissions > 1) return 1;
    const double seconds = program.impl()->seconds();
    const double limit = impl_->context->traits().submission_seconds;
    return seconds * UINT32_MAX <= limit ? UINT32_MAX : std::max(static_cast<std::uint32_t>(limit / seconds), 1u);
}

void Session::record(const Program& program, const FrameTarget& target) {
    if (!program || !target.commands)
        throw Error(Status::usage, "Session::record", "needs a program and a command buffer");
    begin(program);
    record_next(target, {});
}

void Session::begin(const Program& program) {
    if (!program) throw Error(Status::usage, "Session::begin", "was given an empty program");
    impl_->begin(program);
    impl_->begun = program.impl();
    impl_->next  = 0;
}

bool Session::record_next(const FrameTarget& target, const Budget& budget) {
    if (!impl_->begun || !target.commands)
        throw Error(Status::usage, "Session::record_next", "needs a run that was begun and a command buffer");
    impl_->frames->claim(target);
    if (!target.counted()) impl_->last = {};
    impl_->begun_frame  = target.frame;
    const auto recorded = impl_->begun->record(impl_->memory, target, impl_->next, budget);
    impl_->next         = recorded.next;
    impl_->seconds      = recorded.seconds;
    if (impl_->next < impl_->begun->plan().dispatches.size()) return false;
    impl_->recorded(std::exchange(impl_->begun, nullptr), target);
    return true;
}

bool Session::submit_next(const Budget& budget, const SubmitSync& sync) {
    if (!impl_->begun) throw Error(Status::usage, "Session::submit_next", "needs a run that was begun");
    if (!impl_->own) impl_->own.emplace(impl_->context, impl_->frames);
    const auto target = impl_->own->begin();
    if (!target)
        throw Error(Status::busy, "Session::submit_next", "has all of its command buffers at work", "poll first");
    bool done = false;
    impl_->own->submit(*target, sync, [&] { done = record_next(*target, budget); });
    return done;
}

bool Session::poll() {
    if (impl_->own) impl_->own->poll();
    impl_->collect();
    return !impl_->frames->any_in_flight();
}

void Session::wait() {
    if (impl_->own) impl_->own->wait();
    impl_->collect();
}

double Session::next_seconds() const noexcept {
    return dispatches_left() ? impl_->begun->costs().seconds(impl_->next) : 0;
}

std::uint64_t Session::dispatches_left() const noexcept {
    return impl_->begun ? impl_->begun->plan().dispatches.size() - impl_->next : 0;
}

double Session::recorded_seconds() const noexcept { return impl_->seconds; }

void Session::retire(std::uint64_t frame) {
    impl_->frames->retire(frame);
    impl_->collect();
}

std::vector<CommandData> Session::commands(const Program& program, const FrameTarget& target) {
    if (!program) throw Error(Status::usage, "Session::commands", "was given an empty program");
    program.impl()->make_ready();  // before the slot is taken
    impl_->frames->claim(target);
    std::vector<CommandData> all = impl_->begin(program).list(impl_->memory, slot_of(target));
    impl_->recorded(program.impl(), target);
    return all;
}

Tensor Session::get(const std::string& name) {
    impl_->context->vk();  // throws if the device is lost, and the numbers with it
    if (!impl_->output(name)) return impl_->memory.read_state(impl_->stored_name(name));
    const TensorView view = peek(name);
    Tensor           tensor(view.desc);
    std::memcpy(tensor.bytes().data(), view.bytes.data(), view.bytes.size());
    return tensor;
}

TensorView Session::peek(const std::string& name) {
    impl_->context->vk();  // as in get()
    const NamedTensor* output = impl_->output(name);
    if (!output && impl_->last.repeated && impl_->last.program->loop().copies(name)) return impl_->memory.copied(name);
    if (!output) throw Error(Status::usage, name, "is not an output of the last run");
    return impl_->memory.output(*output, impl_->last.slot);
}

ProgramTimes Session::time(const Program& program) const {
    if (!program) throw Error(Status::usage, "Session::time", "was given an empty program");
    const Plan&   plan = program.impl()->plan();
    Commands      commands(impl_->context);
    SessionMemory memory(commands, std::make_shared<Frames>());
    Program::Impl copy(impl_->context, plan, program.impl()->weights(), 1, Compile::now);
    memory.reserve(plan);
    ProgramTimes times;
    for (int pass = 0; pass < 2; ++pass) {  // drivers compile, and devices wake up, in the first
        memory.copy_from(impl_->memory, plan);
        memory.fill(plan, commands);
        times = time_dispatches(copy, memory, commands);
    }
    return times;
}

RunSamples Session::sample(const Program& program, std::uint32_t repeats, std::uint32_t samples) {
    if (repeats == 0 || samples == 0)
        throw Error(Status::usage, "Session::sample", "needs at least one repeat and one sample");
    Program::Impl& to_run = impl_->begin_alone("Session::sample", program);
    impl_->memory.fill(to_run.plan(), impl_->commands);
    impl_->memory.let_go();
    Commands commands(impl_->context);
    return sample_runs(to_run, impl_->memory, commands, repeats, samples);
}

std::uint64_t Session::submissions() const noexcept { return impl_->submissions; }

}  // namespace attune

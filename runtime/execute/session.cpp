#include "base/trace.h"
#include "execute/dispatch_times.h"
#include "execute/program.h"
#include "plan/rewrite.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace attune {

class Session::Impl {
public:
    Impl(const Device& device, const RunOptions& run_options, std::shared_ptr<Weights::Impl> with)
        : context(device.context()), options(run_options), weights(std::move(with)), commands(context),
          memory(commands) {}

    std::shared_ptr<Device::Context> context;
    RunOptions                       options;
    std::shared_ptr<Weights::Impl>   weights;
    Commands                         commands;
    SessionMemory                    memory;
    std::shared_ptr<Program::Impl>   last;   // what was run or recorded last without failing: its outputs can be read
    std::shared_ptr<Program::Impl>   begun;  // what is being recorded in pieces
    std::size_t                      next        = 0;  // its first dispatch that is not recorded
    std::uint64_t                    submissions = 0;

    // Memory and control for one run of a program, which from here on is the last one if it succeeds.
    Program::Impl& begin(const Program& program) {
        last.reset();
        begun.reset();
        memory.reserve(program.impl()->plan());
        memory.fill(program.impl()->plan());
        return *program.impl();
    }

    bool is_output(const std::string& name) const {
        if (!last) return false;
        const auto& outputs = last->plan().outputs;
        return std::any_of(outputs.begin(), outputs.end(), [&](const auto& output) { return output.name == name; });
    }

    // An output that is a state goes by the state's name in memory.
    std::string stored_name(const std::string& name) const {
        if (!last) return name;
        const Graph& graph  = last->plan().graph;
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

Session::Session(const Device& device, const RunOptions& options)
    : impl_(std::make_unique<Impl>(device, options, nullptr)) {
    if (options.trace.shows(1)) tell(options.trace, 1, "device", vulkan::device_text(*impl_->context));
}
Session::Session(const Device& device, const Weights& weights)
    : impl_(std::make_unique<Impl>(device, weights.options(), weights.impl())) {}
Session::Session(Session&&) noexcept = default;
Session::~Session()                  = default;

Program Session::prepare(const Graph& graph, const std::string& name) {
    static const WeightLayouts none;
    Plan                       plan = make_plan(rewrite(graph, impl_->options), impl_->context->traits(),
                          impl_->weights ? impl_->weights->layouts : none);
    impl_->memory.reserve(plan);
    Program program;
    program.impl_ = std::make_shared<Program::Impl>(impl_->context, std::move(plan), impl_->weights);
    if (impl_->options.trace.shows(2)) tell_program(impl_->options.trace, name, program, program.impl()->plan());
    return program;
}

void Session::bind(const std::string& name, const HostBuffer& buffer) { impl_->memory.bind(name, buffer); }
void Session::set(const std::string& name, const TensorView& view) { impl_->memory.set(name, view); }

void Session::run(const Program& program, const std::atomic<bool>* cancel) {
    if (!program) throw Error(Status::usage, "Session::run", "was given an empty program");
    for (const VkCommandBuffer commands : impl_->begin(program).commands(impl_->memory)) {
        if (cancel && cancel->load(std::memory_order_relaxed))
            throw Error(Status::cancelled, "Session::run", "was cancelled");
        impl_->commands.run(commands);
        ++impl_->submissions;
    }
    impl_->last = program.impl();
}

void Session::record(const Program& program, VkCommandBuffer_T* commands) {
    if (!program || !commands) throw Error(Status::usage, "Session::record", "needs a program and a command buffer");
    begin(program);
    record_next(commands, std::numeric_limits<double>::infinity());
}

void Session::begin(const Program& program) {
    if (!program) throw Error(Status::usage, "Session::begin", "was given an empty program");
    impl_->begin(program);
    impl_->begun = program.impl();
    impl_->next  = 0;
}

bool Session::record_next(VkCommandBuffer_T* commands, double seconds) {
    if (!impl_->begun || !commands)
        throw Error(Status::usage, "Session::record_next", "needs a run that was begun and a command buffer");
    impl_->next = impl_->begun->record(impl_->memory, commands, impl_->next, seconds);
    if (impl_->next < impl_->begun->plan().dispatches.size()) return false;
    impl_->last = std::exchange(impl_->begun, nullptr);
    return true;
}

double Session::next_seconds() const noexcept {
    if (!impl_->begun || impl_->next >= impl_->begun->plan().dispatches.size()) return 0;
    return impl_->begun->plan().dispatches[impl_->next].seconds;
}

std::vector<DispatchData> Session::dispatches(const Program& program) {
    if (!program) throw Error(Status::usage, "Session::dispatches", "was given an empty program");
    for (const NamedTensor& output : program.impl()->plan().outputs)
        if (!impl_->memory.is_bound(output.name))
            throw Error(Status::usage, output.name, "is an output that lies in no buffer of the host's",
                        "bind it first");
    std::vector<DispatchData> all = impl_->begin(program).dispatches(impl_->memory);
    impl_->last                   = program.impl();
    return all;
}

Tensor Session::get(const std::string& name) {
    impl_->context->vk();  // throws if the device is lost, and the numbers with it
    if (!impl_->is_output(name)) return impl_->memory.read_state(impl_->stored_name(name));
    const TensorView view = peek(name);
    Tensor           tensor(view.desc);
    std::memcpy(tensor.bytes().data(), view.bytes.data(), view.bytes.size());
    return tensor;
}

TensorView Session::peek(const std::string& name) {
    impl_->context->vk();  // as in get()
    if (!impl_->is_output(name)) throw Error(Status::usage, name, "is not an output of the last run");
    return impl_->memory.output(name);
}

ProgramTimes Session::time(const Program& program) const {
    if (!program) throw Error(Status::usage, "Session::time", "was given an empty program");
    const Plan&   plan = program.impl()->plan();
    Commands      commands(impl_->context);
    SessionMemory memory(commands);
    Program::Impl copy(impl_->context, plan, program.impl()->weights());
    memory.reserve(plan);
    ProgramTimes times;
    for (int pass = 0; pass < 2; ++pass) {  // drivers compile, and devices wake up, in the first
        memory.copy_from(impl_->memory, plan);
        memory.fill(plan);
        times = time_dispatches(copy, memory, commands);
    }
    return times;
}

std::uint64_t Session::submissions() const noexcept { return impl_->submissions; }

}  // namespace attune

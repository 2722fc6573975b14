#include "execute/program.h"
#include "plan/rewrite.h"

#include <cstring>

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
    std::shared_ptr<Program::Impl>   last;  // what was run or recorded last: its outputs can be read
    std::uint64_t                    submissions = 0;

    // An output that is a state goes by the state's name in memory.
    std::string stored_name(const std::string& name) const {
        if (!last) return name;
        const Graph& graph  = last->plan().graph;
        const auto   output = graph.outputs().find(name);
        if (output == graph.outputs().end() || graph.info(output->second).kind != ValueKind::state) return name;
        return graph.info(output->second).name;
    }
};

Session::Session(const Device& device, const RunOptions& options)
    : impl_(std::make_unique<Impl>(device, options, nullptr)) {}
Session::Session(const Device& device, const Weights& weights)
    : impl_(std::make_unique<Impl>(device, weights.options(), weights.impl())) {}
Session::Session(Session&&) noexcept = default;
Session::~Session()                  = default;

Program Session::prepare(const Graph& graph) {
    static const WeightLayouts none;
    Plan                       plan = make_plan(rewrite(graph, impl_->options), impl_->context->traits(),
                          impl_->weights ? impl_->weights->layouts : none);
    impl_->memory.reserve(plan);
    Program program;
    program.impl_ = std::make_shared<Program::Impl>(impl_->context, std::move(plan), impl_->weights);
    return program;
}

void Session::set(const std::string& name, const TensorView& view) { impl_->memory.set(name, view); }

void Session::run(const Program& program, const std::atomic<bool>* cancel) {
    if (!program) throw Error(Status::usage, "Session::run", "was given an empty program");
    impl_->last = program.impl();
    impl_->memory.reserve(program.impl()->plan());
    impl_->memory.fill(program.impl()->plan());
    for (const VkCommandBuffer commands : program.impl()->commands(impl_->memory)) {
        if (cancel && cancel->load(std::memory_order_relaxed))
            throw Error(Status::cancelled, "Session::run", "was cancelled");
        impl_->commands.run(commands);
        ++impl_->submissions;
    }
}

void Session::record(const Program& program, VkCommandBuffer_T* commands) {
    if (!program || !commands) throw Error(Status::usage, "Session::record", "needs a program and a command buffer");
    impl_->last = program.impl();
    impl_->memory.reserve(program.impl()->plan());
    impl_->memory.fill(program.impl()->plan());
    program.impl()->record(impl_->memory, commands);
}

Tensor Session::get(const std::string& name) {
    const TensorDesc* desc = impl_->memory.output_desc(name);
    if (!desc) return impl_->memory.read_state(impl_->stored_name(name));
    Tensor tensor(*desc);
    std::memcpy(tensor.bytes().data(), impl_->memory.output(name).data(), tensor.bytes().size());
    return tensor;
}

TensorView Session::peek(const std::string& name) {
    const TensorDesc* desc = impl_->memory.output_desc(name);
    if (!desc) throw Error(Status::usage, name, "is not an output of the last run");
    return {*desc, impl_->memory.output(name)};
}

std::uint64_t Session::submissions() const noexcept { return impl_->submissions; }

}  // namespace attune

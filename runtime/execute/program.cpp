#include "execute/program.h"

#include "execute/loop.h"
#include "execute/slots.h"
#include "graph/op.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace attune {
namespace {

// A name for the host's tools, ended behind the dispatch. Kernels' names are literals.
void label(const vulkan::DeviceFunctions& vk, VkCommandBuffer commands, std::string_view kernel) {
    if (!vk.CmdBeginDebugUtilsLabelEXT) return;
    const VkDebugUtilsLabelEXT name{
        .sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_LABEL_EXT, .pNext = nullptr, .pLabelName = kernel.data(), .color = {}};
    vk.CmdBeginDebugUtilsLabelEXT(commands, &name);
}

Program::Facts facts_of(const Plan& plan) {
    Program::Facts facts{.dispatches  = plan.dispatches.size(),
                         .barriers    = plan.barriers(),
                         .submissions = plan.dispatches.empty() ? 0 : plan.submissions().size(),
                         .arena_bytes = plan.arena_bytes,
                         .flops       = 0};
    for (const PlannedDispatch& planned : plan.dispatches) facts.flops += planned.dispatch.cost.flops;
    return facts;
}

double seconds_of(const Plan& plan) {
    double seconds = 0;
    for (const PlannedDispatch& planned : plan.dispatches) seconds += planned.seconds;
    return seconds;
}

}  // namespace

Program::Impl::Impl(std::shared_ptr<Device::Context> context, Plan plan, std::shared_ptr<Weights::Impl> weights,
                    std::uint32_t slots, Compile compile)
    : pool_(std::move(context)), plan_(std::move(plan)), facts_(facts_of(plan_)), seconds_(seconds_of(plan_)),
      weights_(std::move(weights)), costs_(plan_), compile_(compile), frame_sets_(slots) {
    for (const PlannedDispatch& planned : plan_.dispatches)
        pipelines_.push_back(&pool_.context().pipelines().want(*planned.dispatch.kernel, planned.dispatch.constants,
                                                               slots_of(planned.dispatch)));
    if (compile == Compile::now) make_ready();
}

Program::Impl::~Impl() = default;

Loop& Program::Impl::loop() {
    if (!loop_) loop_ = std::make_unique<Loop>(*this, pool_);
    return *loop_;
}

bool Program::Impl::ready() const noexcept {
    return made_ || std::ranges::all_of(pipelines_, [](const auto* wanted) { return wanted->ready() != nullptr; });
}

void Program::Impl::make_ready() {
    if (made_) return;
    if (compile_ == Compile::elsewhere && !ready())
        throw Error(Status::not_ready, "pipelines", "of this program are not all there yet",
                    "call Device::compile_next() until nothing is left");
    for (std::size_t i = 0; i < pipelines_.size(); ++i) {
        const PlannedDispatch& planned = plan_.dispatches[i];
        if (!pipelines_[i]->ready())
            pool_.context().pipelines().get(*planned.dispatch.kernel, planned.dispatch.constants,
                                            slots_of(planned.dispatch));
    }
    made_ = true;
}

// ---- descriptor sets ----------------------------------------------------------------------------

Program::Impl::Sets Program::Impl::make_sets() const {
    if (plan_.dispatches.empty()) return {};
    std::uint32_t                      buffers = 0;
    std::vector<VkDescriptorSetLayout> layouts;
    for (std::size_t i = 0; i < plan_.dispatches.size(); ++i) {
        buffers += static_cast<std::uint32_t>(plan_.dispatches[i].locations.size());
        layouts.push_back(pipelines_[i]->layout().set);
    }
    return {.sets = vulkan::DescriptorSets(pool_.context(), layouts, buffers)};
}

void Program::Impl::prepare_frames() {
    costs_.measure(pool_.context());
    for (Sets& sets : frame_sets_)
        if (!sets.sets) sets = make_sets();
}

void Program::Impl::bind(const SessionMemory& memory, Sets& sets) {
    if (sets.generation == memory.generation()) return;
    if (memory.frames().in_flight(sets.frame)) {  // commands that may be at work use them as they are
        struct Kept {
            std::shared_ptr<Device::Context> context;  // which the sets need
            vulkan::DescriptorSets           sets;
        };
        memory.frames().keep(std::make_shared<Kept>(pool_.shared_context(), std::move(sets.sets)));
        sets = {};
    }
    if (!sets.sets) sets = make_sets();
    write(memory, sets);
}

void Program::Impl::write(const SessionMemory& memory, Sets& sets) const {
    std::vector<vulkan::BoundBuffer> buffers;
    for (std::size_t i = 0; i < plan_.dispatches.size(); ++i) {
        const PlannedDispatch& planned = plan_.dispatches[i];
        buffers.clear();
        for (std::size_t b = 0; b < planned.locations.size(); ++b) {
            const Place at = place(memory, planned.locations[b]);
            buffers.push_back({at.buffer, at.offset, at.bytes, planned.dispatch.bindings[b].texel_bytes, at.block});
        }
        sets.sets.write(i, buffers);
    }
    sets.generation = memory.generation();
}

Place Program::Impl::place(const SessionMemory& memory, const Location& location) const {
    if (location.region != Region::weight) return memory.place(plan_, location);
    const vulkan::Span& span = weights_->chunk(plan_.weights[location.index], location.chunk);
    return {span.buffer(), span.offset() + location.offset, location.bytes, span.block()};
}

// ---- recording ----------------------------------------------------------------------------------

void Program::Impl::launch(std::size_t index, VkCommandBuffer commands, const Sets& sets,
                           const vulkan::Span* counts) const {
    const auto&             vk       = pool_.context().vk();
    const Dispatch&         dispatch = plan_.dispatches[index].dispatch;
    const vulkan::Pipeline& pipeline = *pipelines_[index]->ready();
    const VkDescriptorSet   set      = sets.sets[index];
    label(vk, commands, dispatch.kernel->name);
    vk.CmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline.handle);
    vk.CmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline.layout.layout, 0, 1, &set, 0, nullptr);
    if (dispatch.push.size())
        vk.CmdPushConstants(commands, pipeline.layout.layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, dispatch.push.size(),
                            dispatch.push.data());
    if (counts)
        vk.CmdDispatchIndirect(commands, counts->buffer(),
                               counts->offset() + index * sizeof(VkDispatchIndirectCommand));
    else
        vk.CmdDispatch(commands, dispatch.groups.x, dispatch.groups.y, dispatch.groups.z);
    if (vk.CmdEndDebugUtilsLabelEXT) vk.CmdEndDebugUtilsLabelEXT(commands);
    pool_.context().note_unit(dispatch.kernel->name);
}

void Program::Impl::record_dispatch(std::size_t index, VkCommandBuffer commands, const Sets& sets) const {
    if (plan_.dispatches[index].barrier) full_barrier(pool_.context().vk(), commands);
    launch(index, commands, sets);
}

Program::Impl::Sets& Program::Impl::sets_of(const SessionMemory& memory, const FrameTarget& target) {
    Sets& sets = frame_sets_.at(slot_of(target));
    bind(memory, sets);
    sets.frame = target.frame;
    return sets;
}

Program::Impl::Recorded Program::Impl::record_units(VkCommandBuffer commands, const Sets& sets, std::size_t first,
                                                    const Budget& budget) {
    using Clock         = std::chrono::steady_clock;
    const bool by_clock = std::isfinite(budget.cpu_seconds);
    const auto start    = by_clock ? Clock::now() : Clock::time_point{};
    const auto spent    = [&] { return std::chrono::duration<double>(Clock::now() - start).count(); };
    Recorded   done{.next = first, .seconds = 0};
    for (; done.next < plan_.dispatches.size(); ++done.next) {
        const double cost = costs_.seconds(done.next);
        if (done.next > first && (done.seconds + cost > budget.seconds || done.next - first >= budget.dispatches ||
                                  (by_clock && spent() >= budget.cpu_seconds)))
            break;
        if (done.next == first) costs_.begin_piece(commands, first);
        record_dispatch(done.next, commands, sets);
        costs_.end_unit(commands, done.next);
        done.seconds += cost;
    }
    return done;
}

Program::Impl::Recorded Program::Impl::record(SessionMemory& memory, const FrameTarget& target, std::size_t first,
                                              const Budget& budget) {
    const Sets&      sets = sets_of(memory, target);
    const auto&      vk   = pool_.context().vk();
    RecordedCommands writes(vk, target.commands);
    if (first == 0) {
        barrier_after(vk, target.commands, memory.use_before(plan_));
        memory.fill(plan_, writes);
        if (target.counted()) memory.let_go();
        costs_.begin_run(target.commands, target.frame);
    }
    full_barrier(vk, target.commands);
    const Recorded done = record_units(target.commands, sets, first, budget);
    if (done.next < plan_.dispatches.size()) return done;
    costs_.end_run(target.frame);
    memory.read_back(plan_, slot_of(target), writes);
    host_barrier(vk, target.commands);
    barrier_before(vk, target.commands, memory.use_after(plan_));
    return done;
}

std::span<const VkCommandBuffer> Program::Impl::commands(SessionMemory& memory) {
    if (recorded_ == memory.generation()) return commands_;
    bind(memory);
    const auto submissions = plan_.submissions();
    while (commands_.size() < submissions.size()) commands_.push_back(pool_.allocate());
    for (std::size_t n = 0; n < submissions.size(); ++n) {
        const VkCommandBuffer commands = commands_[n];
        const auto&           vk       = pool_.context().vk();
        pool_.begin(commands);
        full_barrier(vk, commands);
        for (std::size_t i = submissions[n].first; i < submissions[n].end; ++i) record_dispatch(i, commands, own_sets_);
        if (n + 1 == submissions.size()) {
            RecordedCommands writes(vk, commands);
            memory.read_back(plan_, 0, writes);
            host_barrier(vk, commands);
        }
        pool_.end(commands);
    }
    recorded_ = memory.generation();
    return commands_;
}

std::vector<CommandData> Program::Impl::list(SessionMemory& memory, std::uint32_t slot) const {
    std::vector<CommandData> all;
    ListedCommands           writes(all);
    memory.fill(plan_, writes);
    const std::size_t before = all.size();
    for (const PlannedDispatch& planned : plan_.dispatches) {
        const Dispatch& dispatch = planned.dispatch;
        CommandData&    data     = all.emplace_back();
        data.op                  = plan_.graph.nodes()[planned.node].op->name;
        data.kernel              = dispatch.kernel->name;
        data.spirv               = dispatch.kernel->spirv;
        data.constants           = dispatch.constants;
        data.data                = {dispatch.push.data(), dispatch.push.size()};
        data.groups              = {dispatch.groups.x, dispatch.groups.y, dispatch.groups.z};
        data.barrier             = planned.barrier || all.size() == before + 1;
        for (const Location& location : planned.locations) {
            const Place at = place(memory, location);
            data.bindings.push_back(
                {at.buffer, at.offset, at.bytes, static_cast<CommandData::Access>(location.access)});
        }
    }
    memory.read_back(plan_, slot, writes);
    return all;
}

Program::Facts Program::facts() const { return impl_->facts(); }

bool Program::ready() const { return impl_->ready(); }

std::string Program::text() const { return impl_->plan().text(); }

}  // namespace attune

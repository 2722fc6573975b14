// All of attune in this engine: a session on the engine's device, through the C ABI.
#include "guest.h"
#include <attune/attune_vulkan.h>
#define HEAD(name, NAME) .size = sizeof(attune_##name), .type = ATTUNE_TYPE_##NAME, .next = nullptr

namespace host {
struct Translator final : Guest {
    Translator(PlanRecorder& recorder, Mode wanted) : plans(recorder), mode(wanted) {}
    Translator(Engine& engine, PlanRecorder& recorder, const GuestOptions& options) : Translator(recorder, options.mode) {
        const attune_queue queue{HEAD(queue, QUEUE), .queue = engine.queue(), .family = engine.family()};
        const attune_hooks hooks{HEAD(hooks, HOOKS), .user = &engine, .lock = Engine::lock, .unlock = Engine::unlock,
                                 .submit = mode == Mode::host_submit ? Engine::submit_locked : nullptr};
        const attune_import import{HEAD(import, IMPORT), .get_instance_proc = vkGetInstanceProcAddr,
                                   .instance = engine.instance(), .physical = engine.physical(), .device = engine.device(),
                                   .queues = &queue, .queue_count = 1, .hooks = &hooks};
        const attune_source  source{HEAD(source, SOURCE), .folder = options.model.c_str()};
        const attune_options greedy{HEAD(options, OPTIONS), .beam_size = 1, .slots = options.frames_in_flight};
        const attune_shapes  shapes{HEAD(shapes, SHAPES), .source_tokens = 32, .lines = 1};
        check(attune_device_import(&import, &device, &error));
        check(attune_model_open(device, &source, nullptr, &model, &error));
        check(attune_session_create(model, &greedy, &session, &error));
        check(attune_prepare(session, &shapes, &error));
        budget.gpu_us = options.budget_us;
    }
    ~Translator() override { attune_session_destroy(session), attune_model_destroy(model), attune_device_destroy(device); }

    void frame(VkCommandBuffer commands, std::uint64_t number, std::uint32_t slot) override {
        const bool          plan = mode == Mode::plan;   // the commands as data, and the engine records them
        const attune_target target{HEAD(target, TARGET), .commands = plan ? nullptr : commands, .frame = number, .slot = slot};
        const attune_batch  batch{HEAD(batch, BATCH), .budget = &budget};
        auto                count = static_cast<std::uint32_t>(list.size());
        check(attune_poll(session, nullptr, &error));
        if (mode == Mode::record) check(attune_step(session, &target, &budget, nullptr, &error));
        if (mode >= Mode::submit) check(attune_submit(session, &batch, nullptr, &error));
        if (plan && check(attune_plan_dispatches(session, &target, list.data(), &count, &error)))
            plans.record(commands, slot, plan_of<attune_command>({list.data(), count}));
    }
    void push(const std::string& line) override { check(attune_push(session, line.data(), line.size(), &error)); }
    void retire(std::uint64_t number) override { check(attune_retire(session, number, &error)); }
    bool pull(Text& to) override { return check(attune_pull(session, to.bytes, &(to.count = sizeof to.bytes), &error)); }
    void so_far(Text& to) override { check(attune_so_far(session, to.bytes, &(to.count = sizeof to.bytes), &error)); }

    bool check(attune_status status) const {
        if (status == ATTUNE_OK || status == ATTUNE_NOTHING || status == ATTUNE_BUSY) return status == ATTUNE_OK;
        throw std::runtime_error(error.message);
    }
    PlanRecorder&               plans;
    Mode                        mode;
    attune_device               device   = nullptr;
    attune_model                model    = nullptr;
    attune_session              session  = nullptr;
    attune_error                error    = {HEAD(error, ERROR)};
    attune_budget               budget   = {HEAD(budget, BUDGET)};
    std::vector<attune_command> list{4096, {HEAD(command, COMMAND)}};
};
std::unique_ptr<Guest> make_guest(Engine& engine, PlanRecorder& plans, const GuestOptions& options) {
    return std::make_unique<Translator>(engine, plans, options);
}
}  // namespace host

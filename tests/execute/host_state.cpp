// A host binds, attune records, the host dispatches: each gets what it would get alone, in primary and in secondary
// command buffers.
#include "checks/numbers.h"
#include "support/decoder_layer.h"
#include "support/host_commands.h"
#include "support/host_memory.h"
#include "support/host_plan.h"
#include "support/test_devices.h"

#include <attune/ops.hpp>
#include <attune/session.hpp>

#include <doctest/doctest.h>

#include <algorithm>

using namespace attune;
using namespace attune::test;

namespace {

const TensorDesc desc{Type::f32, {5, 64}};

// The host's own dispatch, with push constants.
class HostWork {
public:
    explicit HostWork(const OwnDevice& own, const Device& device)
        : session_(device), from_(own, desc.bytes()), to_(own, desc.bytes()) {
        Random random("what the host computes from");
        std::ranges::copy(random_tensor(desc, random).bytes(), from_.bytes().begin());
        Graph graph;
        graph.output("to", softmax(graph, graph.input("from", desc)));
        session_.bind("from", {.buffer = from_.buffer(), .offset = 0, .bytes = desc.bytes()});
        session_.bind("to", {.buffer = to_.buffer(), .offset = 0, .bytes = desc.bytes()});
        list_ = session_.commands(session_.prepare(graph));
        plan_ = std::make_unique<HostPlan>(own, list_);
    }

    const std::vector<CommandData>& list() const noexcept { return list_; }
    void                            bind(VkCommandBuffer commands) const { plan_->bind_first(commands); }
    void                            dispatch(VkCommandBuffer commands) const { plan_->record(commands); }
    // What it gave; poisoned for the next time.
    std::vector<std::byte> take() {
        std::vector<std::byte> taken(to_.bytes().begin(), to_.bytes().end());
        std::ranges::fill(to_.bytes(), std::byte{0xFF});
        return taken;
    }

private:
    Session                   session_;
    HostMemory                from_, to_;
    std::vector<CommandData>  list_;
    std::unique_ptr<HostPlan> plan_;
};

// Records into a command buffer of its own and has that executed.
class Secondary {
public:
    explicit Secondary(const OwnDevice& own) : own_(own) {
        const VkCommandPoolCreateInfo pool{.sType            = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                           .pNext            = nullptr,
                                           .flags            = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT,
                                           .queueFamilyIndex = own.queue_family()};
        vulkan::check(own.get<PFN_vkCreateCommandPool>("vkCreateCommandPool")(own.device(), &pool, nullptr, &pool_),
                      "vkCreateCommandPool");
        const VkCommandBufferAllocateInfo allocate{.sType              = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                                   .pNext              = nullptr,
                                                   .commandPool        = pool_,
                                                   .level              = VK_COMMAND_BUFFER_LEVEL_SECONDARY,
                                                   .commandBufferCount = 1};
        vulkan::check(
            own.get<PFN_vkAllocateCommandBuffers>("vkAllocateCommandBuffers")(own.device(), &allocate, &commands_),
            "vkAllocateCommandBuffers");
    }
    ~Secondary() { own_.get<PFN_vkDestroyCommandPool>("vkDestroyCommandPool")(own_.device(), pool_, nullptr); }
    Secondary(const Secondary&)            = delete;
    Secondary& operator=(const Secondary&) = delete;

    template <class Record> void execute(VkCommandBuffer primary, Record&& record) const {
        VkCommandBufferInheritanceInfo inheritance{};
        inheritance.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_INHERITANCE_INFO;
        const VkCommandBufferBeginInfo begin{.sType            = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
                                             .pNext            = nullptr,
                                             .flags            = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT,
                                             .pInheritanceInfo = &inheritance};
        vulkan::check(own_.get<PFN_vkBeginCommandBuffer>("vkBeginCommandBuffer")(commands_, &begin),
                      "vkBeginCommandBuffer");
        record(commands_);
        vulkan::check(own_.get<PFN_vkEndCommandBuffer>("vkEndCommandBuffer")(commands_), "vkEndCommandBuffer");
        own_.get<PFN_vkCmdExecuteCommands>("vkCmdExecuteCommands")(primary, 1, &commands_);
    }

private:
    const OwnDevice& own_;
    VkCommandPool    pool_     = VK_NULL_HANDLE;
    VkCommandBuffer  commands_ = VK_NULL_HANDLE;
};

}  // namespace

TEST_CASE("a host binds, attune records, the host binds again and dispatches") {
    const OwnDevice own;
    const Device    device = Device::import(own.import(profile_caps()));
    HostWork        work(own, device);
    REQUIRE(work.list().size() == 1);
    REQUIRE_FALSE(work.list()[0].data.empty());
    HostCommands commands(own);
    work.take();
    commands.run([&](VkCommandBuffer recording) { work.dispatch(recording); });
    const auto expected = work.take();
    CHECK(expected != work.take());

    const Graph     graph  = decoder_layer_step();
    WeightMap       source = decoder_layer_weights();
    const Weights   weights(device, source, std::span(&graph, 1));
    Session         alone(device, weights), session(device, weights);
    const Program   program_alone = alone.prepare(graph), program = session.prepare(graph);
    const Secondary secondary(own);
    for (int step = 0; step < 4; ++step) {
        CAPTURE(step);
        for (Session* one : {&alone, &session}) one->set("x", decoder_layer_token(step));
        alone.run(program_alone);
        commands.run([&](VkCommandBuffer recording) {
            work.bind(recording);  // what attune has to do without
            if (step % 2 == 0)
                session.record(program, recording);
            else
                secondary.execute(recording, [&](VkCommandBuffer inner) { session.record(program, inner); });
            work.dispatch(recording);
        });
        CHECK(work.take() == expected);
        CHECK(bit_difference(session.get("y"), alone.get("y")) == "");
    }
}

// The seam to a host program: a device that somebody else made, and commands that somebody else submits.
#include "support/numbers.h"
#include "support/own_device.h"
#include "support/test_devices.h"

#include <attune/ops.hpp>
#include <attune/session.hpp>

#include <doctest/doctest.h>

using namespace attune;
using namespace attune::test;

namespace {

constexpr std::uint64_t batch = 3, width = 64, heads = 4, capacity = 16;
constexpr int           steps = 4;

// One step of a decoder layer: x [B, 1, E] -> y, with a cache and a position that the device advances.
Graph decoder_step() {
    Graph      g;
    const auto project = [&](const std::string& name, Value x) {
        return linear(g, x, g.weight(name, {Type::f32, {width, width}}),
                      {.bias = g.weight(name + ".bias", {Type::f32, {width}})});
    };
    const Value  x        = g.input("x", {Type::f32, {batch, 1, width}});
    const Value  position = g.state("position", {Type::u32, {batch}});
    const Shape  cache{batch, heads, capacity, width / heads};
    const auto   split = [&](const char* name) { return split_heads(g, project(name, x), heads); };
    const Value  query = split("q");
    const Value  key = split("k"), value = split("v");
    const Caches caches = kv_append(g, {g.state("keys", {Type::f32, cache}), g.state("values", {Type::f32, cache})},
                                    key, value, position);
    const Value  mixed  = merge_heads(
          g, attention(g, query, caches.key, caches.value, {.heads = heads, .lengths = position, .lengths_offset = 1}));
    g.output("y", layer_norm(g, project("out", mixed), g.weight("gain", {Type::f32, {width}}),
                             g.weight("norm.bias", {Type::f32, {width}}), {.residual = x}));
    advance(g, position);
    return g;
}

WeightMap weights_of(const Graph& graph) {
    WeightMap map;
    Random    random("weights of a decoder layer");
    for (const ValueInfo& info : graph.values())
        if (info.kind == ValueKind::weight) map.set(info.name, random_tensor(info.desc, random, 0.2));
    return map;
}

Tensor token(int step) {
    Random random("token " + std::to_string(step));
    return random_tensor({Type::f32, {batch, 1, width}}, random);
}

// What the steps give: y of each, and the states in the end.
using Results = std::vector<Tensor>;

template <class Run> Results walk(const Device& device, Run&& run) {
    const Graph   graph  = decoder_step();
    WeightMap     source = weights_of(graph);
    const Weights weights(device, source, std::span(&graph, 1));
    Session       session(device, weights);
    const Program program = session.prepare(graph);
    Results       results;
    for (int step = 0; step < steps; ++step) {
        session.set("x", token(step));
        run(session, program);
        results.push_back(session.get("y"));
    }
    for (const char* state : {"keys", "values", "position"}) results.push_back(session.get(state));
    return results;
}

Results stand_alone() {
    static const Results results =
        walk(main_device(), [](Session& session, const Program& program) { session.run(program); });
    return results;
}

void check_equal(const Results& a, const Results& b) {
    REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) CHECK(bit_difference(a[i], b[i]) == "");
}

Device::Import import_of(const OwnDevice& own) {
    Device::Import import = own.import();
    if (profile() == "floor") import.caps = floor_caps();
    return import;
}

// The host's own command buffer and fence.
class HostCommands {
public:
    explicit HostCommands(const OwnDevice& own) : own_(own) {
        const VkCommandPoolCreateInfo pool{.sType            = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                           .pNext            = nullptr,
                                           .flags            = 0,
                                           .queueFamilyIndex = own.queue_family()};
        vulkan::check(own.get<PFN_vkCreateCommandPool>("vkCreateCommandPool")(own.device(), &pool, nullptr, &pool_),
                      "vkCreateCommandPool");
        const VkFenceCreateInfo fence{.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO, .pNext = nullptr, .flags = 0};
        vulkan::check(own.get<PFN_vkCreateFence>("vkCreateFence")(own.device(), &fence, nullptr, &fence_),
                      "vkCreateFence");
    }
    ~HostCommands() {
        own_.get<PFN_vkDestroyFence>("vkDestroyFence")(own_.device(), fence_, nullptr);
        own_.get<PFN_vkDestroyCommandPool>("vkDestroyCommandPool")(own_.device(), pool_, nullptr);
    }
    HostCommands(const HostCommands&)            = delete;
    HostCommands& operator=(const HostCommands&) = delete;

    template <class Record> void run(Record&& record) {
        VkCommandBuffer                   commands = VK_NULL_HANDLE;
        const VkCommandBufferAllocateInfo allocate{.sType              = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                                   .pNext              = nullptr,
                                                   .commandPool        = pool_,
                                                   .level              = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
                                                   .commandBufferCount = 1};
        vulkan::check(
            own_.get<PFN_vkAllocateCommandBuffers>("vkAllocateCommandBuffers")(own_.device(), &allocate, &commands),
            "vkAllocateCommandBuffers");
        const VkCommandBufferBeginInfo begin{.sType            = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
                                             .pNext            = nullptr,
                                             .flags            = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT,
                                             .pInheritanceInfo = nullptr};
        vulkan::check(own_.get<PFN_vkBeginCommandBuffer>("vkBeginCommandBuffer")(commands, &begin),
                      "vkBeginCommandBuffer");
        record(commands);
        vulkan::check(own_.get<PFN_vkEndCommandBuffer>("vkEndCommandBuffer")(commands), "vkEndCommandBuffer");
        const VkSubmitInfo submit{.sType                = VK_STRUCTURE_TYPE_SUBMIT_INFO,
                                  .pNext                = nullptr,
                                  .waitSemaphoreCount   = 0,
                                  .pWaitSemaphores      = nullptr,
                                  .pWaitDstStageMask    = nullptr,
                                  .commandBufferCount   = 1,
                                  .pCommandBuffers      = &commands,
                                  .signalSemaphoreCount = 0,
                                  .pSignalSemaphores    = nullptr};
        vulkan::check(own_.get<PFN_vkQueueSubmit>("vkQueueSubmit")(own_.queue(), 1, &submit, fence_), "vkQueueSubmit");
        vulkan::check(own_.get<PFN_vkWaitForFences>("vkWaitForFences")(own_.device(), 1, &fence_, VK_TRUE, UINT64_MAX),
                      "vkWaitForFences");
        vulkan::check(own_.get<PFN_vkResetFences>("vkResetFences")(own_.device(), 1, &fence_), "vkResetFences");
    }

private:
    const OwnDevice& own_;
    VkCommandPool    pool_  = VK_NULL_HANDLE;
    VkFence          fence_ = VK_NULL_HANDLE;
};

}  // namespace

TEST_CASE("an imported device with no feature and no extension computes the same bits") {
    const OwnDevice own;
    Device::Import  import = import_of(own);
    int             locks = 0, unlocks = 0;
    bool            nested = false;
    import.lock            = [&] { nested = nested || locks++ != unlocks;
};
import.unlock = [&] { ++unlocks;
}
;
const Device  device       = Device::import(import);
std::uint64_t submissions  = 0;
const int     locks_before = locks;
check_equal(stand_alone(), walk(device, [&](Session& session, const Program& program) {
                const int before = locks;
                session.run(program);
                CHECK(locks > before);
                submissions = session.submissions();
            }));
CHECK(submissions == steps);  // one per step
CHECK(locks - locks_before >= steps);
CHECK(locks == unlocks);
CHECK_FALSE(nested);
}

TEST_CASE("a step recorded into the host's command buffer computes the same bits") {
    const OwnDevice own;
    Device::Import  import = import_of(own);
    int             locks  = 0;
    import.lock            = [&] { ++locks;
};
const Device device = Device::import(import);
HostCommands commands(own);
check_equal(stand_alone(), walk(device, [&](Session& session, const Program& program) {
                commands.run([&](VkCommandBuffer recording) { session.record(program, recording); });
                CHECK(session.submissions() == 0);  // run() made none
            }));
}

TEST_CASE("recorded and run steps can alternate") {
    const OwnDevice own;
    const Device    device = Device::import(import_of(own));
    HostCommands    commands(own);
    int             turn = 0;
    check_equal(stand_alone(), walk(device, [&](Session& session, const Program& program) {
                    if (turn++ % 2)
                        session.run(program);
                    else
                        commands.run([&](VkCommandBuffer recording) { session.record(program, recording); });
                }));
}

TEST_CASE("a second pass makes no Vulkan object and allocates nothing") {
    const Graph   graph  = decoder_step();
    WeightMap     source = weights_of(graph);
    const Device& device = main_device();
    const Weights weights(device, source, std::span(&graph, 1));
    Session       session(device, weights);
    const Program program = session.prepare(graph);
    const auto    pass    = [&] {
        session.set("position", Tensor({Type::u32, {batch}}));
        for (int step = 0; step < steps; ++step) {
            session.set("x", token(step));
            session.run(program);
            session.get("y");
            session.get("keys");
        }
    };
    pass();
    const std::uint64_t objects = device.objects_created(), bytes = device.memory_used();
    pass();
    CHECK(device.objects_created() == objects);
    CHECK(device.memory_used() == bytes);
}

TEST_CASE("an output that is a state is read by the output's name") {
    Graph       g;
    const Value x = g.input("x", {Type::f32, {2, 3}});
    g.output("kept", store(g, g.state("memory", {Type::f32, {4, 3}}), x));
    Session       session(main_device());
    const Program program   = session.prepare(g);
    const float   numbers[] = {1, 2, 3, 4, 5, 6};
    session.set("x", Tensor::f32({2, 3}, numbers));
    session.run(program);
    const Tensor kept = session.get("kept");
    REQUIRE(kept.desc().shape == Shape{4, 3});
    for (std::size_t i = 0; i < 12; ++i) CHECK(kept.as<float>()[i] == (i < 6 ? numbers[i] : 0.0f));
}

TEST_CASE("an import without a handle is refused") {
    const OwnDevice own;
    for (const int missing : {0, 1, 2, 3, 4}) {
        Device::Import import = own.import();
        if (missing == 0) import.get_instance_proc = nullptr;
        if (missing == 1) import.instance = nullptr;
        if (missing == 2) import.physical_device = nullptr;
        if (missing == 3) import.device = nullptr;
        if (missing == 4) import.queue = nullptr;
        CHECK_THROWS_AS(Device::import(import), Error);
    }
}

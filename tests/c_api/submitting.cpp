// attune's own submissions among a host's: semaphores of both kinds, fences, hooks.
#include "c_api/world.h"
#include "support/tiny_model.h"

#include <doctest/doctest.h>

#include <atomic>
#include <cstring>
#include <thread>

using namespace attune;
using namespace attune::test;

namespace {

constexpr std::uint32_t any_use  = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT;
constexpr std::uint64_t patience = 20'000'000'000;  // ns

class HostSemaphore {
public:
    HostSemaphore(const OwnDevice& own, bool timeline) : own_(own) {
        const VkSemaphoreTypeCreateInfo type{.sType         = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
                                             .pNext         = nullptr,
                                             .semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE,
                                             .initialValue  = 0};
        const VkSemaphoreCreateInfo     create{
                .sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO, .pNext = timeline ? &type : nullptr, .flags = 0};
        REQUIRE(own.get<PFN_vkCreateSemaphore>("vkCreateSemaphore")(own.device(), &create, nullptr, &handle) ==
                VK_SUCCESS);
    }
    ~HostSemaphore() { own_.get<PFN_vkDestroySemaphore>("vkDestroySemaphore")(own_.device(), handle, nullptr); }
    HostSemaphore(const HostSemaphore&)            = delete;
    HostSemaphore& operator=(const HostSemaphore&) = delete;

    void signal(std::uint64_t value) const {
        const VkSemaphoreSignalInfo info{
            .sType = VK_STRUCTURE_TYPE_SEMAPHORE_SIGNAL_INFO, .pNext = nullptr, .semaphore = handle, .value = value};
        REQUIRE(own_.get<PFN_vkSignalSemaphore>("vkSignalSemaphore")(own_.device(), &info) == VK_SUCCESS);
    }
    void wait(std::uint64_t value) const {
        const VkSemaphoreWaitInfo info{.sType          = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
                                       .pNext          = nullptr,
                                       .flags          = 0,
                                       .semaphoreCount = 1,
                                       .pSemaphores    = &handle,
                                       .pValues        = &value};
        REQUIRE(own_.get<PFN_vkWaitSemaphores>("vkWaitSemaphores")(own_.device(), &info, patience) == VK_SUCCESS);
    }

    VkSemaphore handle = VK_NULL_HANDLE;

private:
    const OwnDevice& own_;
};

class HostFence {
public:
    explicit HostFence(const OwnDevice& own) : own_(own) {
        const VkFenceCreateInfo create{.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO, .pNext = nullptr, .flags = 0};
        REQUIRE(own.get<PFN_vkCreateFence>("vkCreateFence")(own.device(), &create, nullptr, &handle) == VK_SUCCESS);
    }
    ~HostFence() { own_.get<PFN_vkDestroyFence>("vkDestroyFence")(own_.device(), handle, nullptr); }
    HostFence(const HostFence&)            = delete;
    HostFence& operator=(const HostFence&) = delete;

    void wait() const {
        REQUIRE(own_.get<PFN_vkWaitForFences>("vkWaitForFences")(own_.device(), 1, &handle, VK_TRUE, patience) ==
                VK_SUCCESS);
    }
    void reset() const {
        REQUIRE(own_.get<PFN_vkResetFences>("vkResetFences")(own_.device(), 1, &handle) == VK_SUCCESS);
    }

    VkFence handle = VK_NULL_HANDLE;

private:
    const OwnDevice& own_;
};

// Work of the host's on the queue: a copy within its buffer, between two binary semaphores; done before it ends.
class HostCopy {
public:
    explicit HostCopy(const World& world) : own_(world.own), buffer_(world.memory.buffer()) {
        const VkCommandPoolCreateInfo create{.sType            = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                             .pNext            = nullptr,
                                             .flags            = 0,
                                             .queueFamilyIndex = own_.queue_family()};
        REQUIRE(own_.get<PFN_vkCreateCommandPool>("vkCreateCommandPool")(own_.device(), &create, nullptr, &pool_) ==
                VK_SUCCESS);
    }
    ~HostCopy() {
        own_.get<PFN_vkQueueWaitIdle>("vkQueueWaitIdle")(own_.queue());
        own_.get<PFN_vkDestroyCommandPool>("vkDestroyCommandPool")(own_.device(), pool_, nullptr);
    }
    HostCopy(const HostCopy&)            = delete;
    HostCopy& operator=(const HostCopy&) = delete;

    void submit(const VkBufferCopy& copy, VkSemaphore waits, VkSemaphore signals, VkFence fence) const {
        const VkCommandBufferAllocateInfo allocate{.sType              = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                                   .pNext              = nullptr,
                                                   .commandPool        = pool_,
                                                   .level              = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
                                                   .commandBufferCount = 1};
        VkCommandBuffer                   commands = VK_NULL_HANDLE;
        REQUIRE(own_.get<PFN_vkAllocateCommandBuffers>("vkAllocateCommandBuffers")(own_.device(), &allocate,
                                                                                   &commands) == VK_SUCCESS);
        VkCommandBufferBeginInfo begin{};
        begin.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
        own_.get<PFN_vkBeginCommandBuffer>("vkBeginCommandBuffer")(commands, &begin);
        own_.get<PFN_vkCmdCopyBuffer>("vkCmdCopyBuffer")(commands, buffer_, buffer_, 1, &copy);
        REQUIRE(own_.get<PFN_vkEndCommandBuffer>("vkEndCommandBuffer")(commands) == VK_SUCCESS);
        const VkPipelineStageFlags stage = VK_PIPELINE_STAGE_TRANSFER_BIT;
        const VkSubmitInfo         info{.sType                = VK_STRUCTURE_TYPE_SUBMIT_INFO,
                                        .pNext                = nullptr,
                                        .waitSemaphoreCount   = waits ? 1u : 0u,
                                        .pWaitSemaphores      = &waits,
                                        .pWaitDstStageMask    = &stage,
                                        .commandBufferCount   = 1,
                                        .pCommandBuffers      = &commands,
                                        .signalSemaphoreCount = signals ? 1u : 0u,
                                        .pSignalSemaphores    = &signals};
        REQUIRE(own_.get<PFN_vkQueueSubmit>("vkQueueSubmit")(own_.queue(), 1, &info, fence) == VK_SUCCESS);
    }

private:
    const OwnDevice& own_;
    VkBuffer         buffer_;
    VkCommandPool    pool_ = VK_NULL_HANDLE;
};

attune_wait wait_of(const HostSemaphore& semaphore, std::uint64_t value, std::uint32_t stage) {
    return {.semaphore = semaphore.handle, .value = value, .stage = stage, .reserved = 0};
}

attune_batch batch_of(const attune_wait* waits, const attune_wait* signals) {
    auto batch         = with_head<attune_batch>(ATTUNE_TYPE_BATCH);
    batch.waits        = waits;
    batch.wait_count   = waits ? 1 : 0;
    batch.signals      = signals;
    batch.signal_count = signals ? 1 : 0;
    return batch;
}

void bind(const World& world, const char* name, std::uint64_t offset, std::uint64_t bytes, attune_use before,
          attune_use after) {
    auto span          = with_head<attune_span>(ATTUNE_TYPE_SPAN);
    span.name          = name;
    span.buffer        = world.memory.buffer();
    span.offset        = offset;
    span.bytes         = bytes;
    span.before        = before;
    span.after         = after;
    attune_error error = new_error();
    require_ok(attune_bind(world.running, &span, &error), error);
}

constexpr std::size_t query_bytes = queries * width * sizeof(float);

// Until attune has learned of the end, which may be a moment after the host did.
void settle(attune_session session) {
    const auto   end      = std::chrono::steady_clock::now() + std::chrono::nanoseconds(patience);
    auto         progress = with_head<attune_progress>(ATTUNE_TYPE_PROGRESS);
    attune_error error    = new_error();
    do {
        std::this_thread::yield();
        require_ok(attune_poll(session, &progress, &error), error);
    } while (progress.state == ATTUNE_WAITING && std::chrono::steady_clock::now() < end);
    CHECK(progress.state != ATTUNE_WAITING);
}

}  // namespace

TEST_CASE("a submission waits for a value of a host's timeline, and signals one") {
    World         world(true);
    const auto    expected = world.attention();
    HostSemaphore timeline(world.own, true);
    attune_error  error    = new_error();
    auto          progress = with_head<attune_progress>(ATTUNE_TYPE_PROGRESS);
    bind(world, "query", 0, query_bytes, {VK_PIPELINE_STAGE_HOST_BIT, VK_ACCESS_HOST_WRITE_BIT}, {});
    const auto waits = wait_of(timeline, 1, any_use), signals = wait_of(timeline, 2, 0);
    const auto batch = batch_of(&waits, &signals);
    require_ok(attune_submit(world.running, &batch, &progress, &error), error);
    CHECK(progress.state == ATTUNE_RECORDED);
    CHECK(progress.left == 0);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    require_ok(attune_poll(world.running, &progress, &error), error);
    CHECK(progress.state == ATTUNE_WAITING);
    std::vector<float> found(expected.size());
    std::size_t        bytes = found.size() * sizeof(float);
    CHECK(attune_get(world.running, "output", found.data(), &bytes, &error) == ATTUNE_BUSY);
    // What it reads comes only now.
    const auto query = graph_numbers(queries * width, -1.0f);
    std::memcpy(world.memory.bytes().data(), query.data(), query_bytes);
    timeline.signal(1);
    timeline.wait(2);
    settle(world.running);
    bytes = found.size() * sizeof(float);
    require_ok(attune_get(world.running, "output", found.data(), &bytes, &error), error);
    CHECK(found == expected);

    const std::string line = tiny_text(4, 5), text = world.finish(line);
    push(world.session, line);
    std::uint64_t value = 2;
    for (; value < 2000; ++value) {
        const auto before = wait_of(timeline, value, any_use), after = wait_of(timeline, value + 1, 0);
        const auto step = batch_of(&before, &after);
        require_ok(attune_submit(world.session, &step, &progress, &error), error);
        if (progress.state == ATTUNE_IDLE) break;
        REQUIRE(progress.state == ATTUNE_RECORDED);
        timeline.wait(value + 1);
        settle(world.session);
    }
    CHECK(value > 4);
    CHECK(pull(world.session) == text);
}

TEST_CASE("a submission waits for a host's binary semaphore, signals another and a fence") {
    for (const bool timeline : {false, true}) {  // attune's own way to learn of the end
        CAPTURE(timeline);
        World         world(timeline);
        const auto    expected = world.attention();
        HostSemaphore before(world.own, false), after(world.own, false);
        HostFence     fence(world.own), last(world.own);
        HostCopy      host(world);
        attune_error  error = new_error();
        const auto    query = graph_numbers(queries * width, -1.0f);
        bind(world, "query", 0, query_bytes, {VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_WRITE_BIT}, {});
        bind(world, "output", 1024, query_bytes, {}, {VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_READ_BIT});
        std::memcpy(world.memory.bytes().data() + 2048, query.data(), query_bytes);

        const auto waits = wait_of(before, 0, any_use), signals = wait_of(after, 0, 0);
        auto       batch = batch_of(&waits, &signals);
        batch.fence      = fence.handle;
        host.submit({2048, 0, query_bytes}, VK_NULL_HANDLE, before.handle, VK_NULL_HANDLE);
        require_ok(attune_submit(world.running, &batch, nullptr, &error), error);
        host.submit({1024, 4096, query_bytes}, after.handle, VK_NULL_HANDLE, last.handle);
        fence.wait();
        settle(world.running);
        last.wait();
        CHECK(std::memcmp(world.memory.bytes().data() + 4096, expected.data(), query_bytes) == 0);

        const std::string line = tiny_text(4, 5), text = world.finish(line);
        push(world.session, line);
        auto progress    = with_head<attune_progress>(ATTUNE_TYPE_PROGRESS);
        auto each        = batch_of(nullptr, nullptr);
        each.fence       = fence.handle;
        std::size_t step = 0;
        for (; step < 2000; ++step) {
            fence.reset();
            require_ok(attune_submit(world.session, &each, &progress, &error), error);
            if (progress.state == ATTUNE_IDLE) break;
            REQUIRE(progress.state == ATTUNE_RECORDED);
            fence.wait();
            settle(world.session);
        }
        CHECK(step > 2);
        CHECK(pull(world.session) == text);
    }
}

TEST_CASE("values need a device with timelines, and submissions need room") {
    World         world;
    HostSemaphore semaphore(world.own, false);
    attune_error  error = new_error();
    const auto    waits = wait_of(semaphore, 3, any_use);
    const auto    batch = batch_of(&waits, nullptr);
    push(world.session, tiny_text(4, 5));
    CHECK(attune_submit(world.session, &batch, nullptr, &error) == ATTUNE_USAGE);
    CHECK(std::string(error.message).find("timeline") != std::string::npos);
    require_ok(attune_finish(world.session, &error), error);
    CHECK(pull(world.session) == world.finish(tiny_text(4, 5)));
}

namespace {

struct Hooked {
    PFN_vkQueueSubmit submit = nullptr;
    std::atomic<int>  locks{0}, unlocks{0}, submissions{0}, lines{0}, mistakes{0};
    std::string       text;
    std::uint32_t     family = 0;

    static void lock(void* user, std::uint32_t of, std::uint32_t index) {
        auto& self = *static_cast<Hooked*>(user);
        if (self.locks++ != self.unlocks || of != self.family || index != 0) ++self.mistakes;
    }
    static void unlock(void* user, std::uint32_t of, std::uint32_t index) {
        auto& self = *static_cast<Hooked*>(user);
        if (++self.unlocks != self.locks || of != self.family || index != 0) ++self.mistakes;
    }
    static std::int32_t submit_one(void* user, VkQueue queue, const VkSubmitInfo* info, VkFence fence) {
        auto& self = *static_cast<Hooked*>(user);
        ++self.submissions;
        return self.submit(queue, 1, info, fence);
    }
    static void log(void* user, std::uint32_t level, const char* line) {
        auto& self = *static_cast<Hooked*>(user);
        if (level < 1 || level > 3) ++self.mistakes;
        ++self.lines;
        self.text += line;
    }
};

}  // namespace

TEST_CASE("a host's lock stands around every submission, its submit in the place of all, its log gets lines") {
    TemporaryFolder folder;
    write_tiny_model(folder);
    const OwnDevice   own;
    const std::string line = tiny_text(4, 2);
    std::string       expected;
    for (const bool submits : {false, true}) {
        Hooked hooked;
        hooked.submit = own.get<PFN_vkQueueSubmit>("vkQueueSubmit");
        hooked.family = own.queue_family();
        HostImport given(own);
        auto       hooks = with_head<attune_hooks>(ATTUNE_TYPE_HOOKS);
        hooks.user       = &hooked;
        hooks.lock       = Hooked::lock;
        hooks.unlock     = Hooked::unlock;
        hooks.log        = Hooked::log;
        if (submits) hooks.submit = Hooked::submit_one;
        given.import.hooks = &hooks;
        Guest guest(given.import);
        hooks                  = {};  // it was copied
        const std::string text = guest.translate(guest.open(folder), line);
        if (expected.empty()) expected = text;
        CHECK(text == expected);
        CHECK(hooked.mistakes == 0);
        CHECK(hooked.locks == hooked.unlocks);
        CHECK((hooked.locks > 3) == !submits);
        CHECK((hooked.submissions > 3) == submits);
        CHECK(hooked.lines > 0);
        CHECK(report(guest.device).find(submits ? "by the host" : "under the host's lock") != std::string::npos);
    }
}

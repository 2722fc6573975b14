// Submissions: under the host's lock and no longer, with semaphores of both kinds, and known to have finished when
// they have.
#include "vulkan/completion.h"

#include "support/expect_error.h"
#include "support/fake_queue.h"
#include "support/test_devices.h"
#include "support/timeline_device.h"
#include "support/vulkan_shim.h"

#include <algorithm>
#include <random>
#include <thread>

using namespace attune;
using namespace attune::test;
using namespace attune::vulkan;

namespace {

template <class Handle> Handle invented(std::uintptr_t number) { return reinterpret_cast<Handle>(number); }

// A lock that knows who holds it, and counts what it should not see.
struct HostLock {
    std::mutex                   mutex;
    std::atomic<std::thread::id> owner{};
    std::atomic<std::uint64_t>   locks{0}, unlocks{0}, violations{0};

    bool mine() const { return owner.load() == std::this_thread::get_id(); }
    void lock() {
        if (mine()) ++violations;
        mutex.lock();
        owner = std::this_thread::get_id();
        ++locks;
    }
    void unlock() {
        if (!mine()) ++violations;
        ++unlocks;
        owner = std::thread::id();
        mutex.unlock();
    }
    // Held where a queue is submitted to, and nowhere else.
    void check(Entry entry) {
        if (mine() != (entry == Entry::QueueSubmit)) ++violations;
    }
};

constexpr std::size_t threads = 8, submits_each = 12'500;

// Submits from all threads at once, each of which also asks and waits.
void submit_from_all(Device::Context& context) {
    std::vector<std::unique_ptr<Completions>> completions;
    for (std::size_t i = 0; i < threads; ++i) completions.push_back(std::make_unique<Completions>(context));
    std::atomic<std::uint64_t> unfinished{0};
    std::vector<std::thread>   workers;
    for (std::size_t i = 0; i < threads; ++i)
        workers.emplace_back([&, i] {
            for (std::size_t n = 1; n <= submits_each; ++n) {
                const std::uint64_t number = completions[i]->submit({});
                if (n % 5 == 0 && !completions[i]->finished(number)) ++unfinished;
                if (n % 16 == 0) completions[i]->wait(number);
            }
        });
    for (std::thread& worker : workers) worker.join();
    CHECK(unfinished == 0);
}

// One random walk: submissions with waits and signals, a queue that runs some of them, a host that signals, questions,
// waits and calls that fail, with so many frames in flight as the seed says.
class Schedule {
public:
    Schedule(VulkanShim& shim, Device::Context& context, std::uint32_t seed)
        : shim_(shim), random_(seed), timeline_(context.enabled().timeline_semaphores), frames_(1 + seed % 8),
          fences_before_(shim.calls(Entry::CreateFence)) {
        shim.queue = &queue_;
        completions_.emplace(context);
    }

    std::string run() {
        for (int turn = 0; turn < 48 && said_.empty(); ++turn) switch (random_() % 6) {
            case 0:
            case 1: submit(); break;
            case 2: queue_.step(); break;
            case 3: signal(let_ + random_() % 3); break;
            case 4: ask(); break;
            case 5: wait(random_() % (completions_->submitted() + 1)); break;
            }
        wait(completions_->submitted());
        ask();
        if (said_.empty()) said_ = queue_.violation();
        // Each slot is used again once its frame has been waited for.
        if (shim_.calls(Entry::CreateFence) - fences_before_ > (timeline_ ? 0 : frames_))
            say("makes more fences than there are frames");
        completions_.reset();
        shim_.queue = nullptr;
        shim_.trace();
        return said_;
    }

private:
    void say(const std::string& what) {
        if (said_.empty()) said_ = what;
    }

    // What submission `number` waits for: a value of one timeline, or a binary semaphore of its own.
    VkSemaphore host_semaphore(std::uint64_t number) const {
        return invented<VkSemaphore>(timeline_ ? 0x1000 : 0x1000 + 16 * number);
    }

    // The host lets everything up to `number` run.
    void signal(std::uint64_t number) {
        for (number = std::min<std::uint64_t>(number, completions_->submitted() + 2); let_ < number;) {
            ++let_;
            queue_.signal(host_semaphore(let_), timeline_ ? let_ : 0);
        }
    }

    void submit() {
        const std::uint64_t number = completions_->submitted() + 1;
        if (number > frames_) wait(number - frames_);
        const VkCommandBuffer commands[] = {invented<VkCommandBuffer>(16 * number),
                                            invented<VkCommandBuffer>(16 * number + 8)};
        const SemaphoreWait   waits[]    = {
                 {host_semaphore(number), timeline_ ? number : 0, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT}};
        SemaphoreSignal   signals[]  = {{invented<VkSemaphore>(0x2000), number},
                                        {invented<VkSemaphore>(0x80000 + 16 * number), 0}};
        const bool        waiting    = random_() % 3 != 0;
        const std::size_t signalling = random_() % 2;  // the binary one, or with the timeline
        const auto        signalled =
            timeline_ ? std::span(signals).first(1 + signalling) : std::span(signals).last(signalling);
        const Submission submission{.commands = std::span(commands).first(random_() % 3),
                                    .waits    = std::span(waits).first(waiting),
                                    .signals  = signalled};
        if (random_() % 8 == 0) fail(submission);
        if (completions_->submit(submission) != number) say("is no. " + std::to_string(number));
        check_passed_on(submission, queue_.last());
    }

    void fail(const Submission& submission) {
        shim_.fail({.code = VK_ERROR_OUT_OF_DEVICE_MEMORY, .only = Entry::QueueSubmit});
        try {
            completions_->submit(submission);
            say("does not say that a submission failed");
        } catch (const Error& error) {
            if (error.status() != Status::out_of_device_memory) say(error.what());
        }
        shim_.fail_no_more();
    }

    // All that was given, and one more signal or fence.
    void check_passed_on(const Submission& given, const FakeQueue::Submitted& got) {
        std::vector<FakeQueue::Semaphore> waits, signals;
        for (const SemaphoreWait& one : given.waits) waits.push_back({one.semaphore, one.value, one.stages});
        for (const SemaphoreSignal& one : given.signals) signals.push_back({one.semaphore, one.value, 0});
        if (!std::ranges::equal(got.commands, given.commands)) say("passes on other commands");
        if (got.waits != waits) say("passes on other waits");
        if (got.signals.size() != signals.size() + (timeline_ ? 1 : 0) ||
            !std::equal(signals.begin(), signals.end(), got.signals.begin()))
            say("passes on other signals");
        if ((got.fence != VK_NULL_HANDLE) == timeline_) say("uses the wrong kind of signal");
    }

    void ask() {
        for (std::uint64_t number = 0; number <= completions_->submitted() + 1; ++number)
            if (completions_->finished(number) != (number <= queue_.finished()))
                say("is wrong about " + std::to_string(number) + " when " + std::to_string(queue_.finished()) +
                    " have finished");
    }

    void wait(std::uint64_t number) {
        signal(number);
        queue_.timeouts = random_() % 3;
        completions_->wait(number);
        if (queue_.finished() < number) say("has not waited for " + std::to_string(number));
    }

    VulkanShim&                shim_;
    FakeQueue                  queue_;
    std::mt19937               random_;
    bool                       timeline_;
    std::uint64_t              frames_, fences_before_, let_ = 0;
    std::optional<Completions> completions_;
    std::string                said_;
};

}  // namespace

TEST_CASE("eight threads submit 100,000 times, each time under the host's lock and never beyond it") {
    for (const bool timeline : {false, true}) {
        CAPTURE(timeline);
        VulkanShim     shim;
        FakeQueue      queue;
        HostLock       host;
        TimelineDevice own(timeline);
        Device::Import given    = own.import(profile_caps());
        given.get_instance_proc = shim.get_instance_proc();
        given.lock              = [&](std::uint32_t, std::uint32_t) { host.lock(); };
        given.unlock            = [&](std::uint32_t, std::uint32_t) { host.unlock(); };
        const Device device     = Device::import(given);
        queue.eager             = true;
        shim.queue              = &queue;
        shim.watch              = [&](Entry entry) { host.check(entry); };
        submit_from_all(*device.context());
        shim.watch = nullptr;
        CHECK(host.violations == 0);
        CHECK(host.locks == threads * submits_each);
        CHECK(host.unlocks == threads * submits_each);
        CHECK(shim.calls(Entry::QueueSubmit) == threads * submits_each);
        CHECK(queue.violation() == "");
        shim.queue = nullptr;
    }
}

TEST_CASE("without a lock of the host's, one submission at a time all the same") {
    VulkanShim     shim;
    FakeQueue      queue;
    TimelineDevice own(false);
    Device::Import given    = own.import(profile_caps());
    given.get_instance_proc = shim.get_instance_proc();
    const Device device     = Device::import(given);
    queue.eager             = true;
    shim.queue              = &queue;
    submit_from_all(*device.context());
    CHECK(queue.finished() == threads * submits_each);
    CHECK(queue.violation() == "");
    shim.queue = nullptr;
}

TEST_CASE("a host that submits by itself is asked to, and nothing is locked") {
    VulkanShim     shim;
    FakeQueue      queue;
    HostLock       host;
    TimelineDevice own(false);
    Device::Import given    = own.import(profile_caps());
    given.get_instance_proc = shim.get_instance_proc();
    given.lock              = [&](std::uint32_t, std::uint32_t) { host.lock(); };
    given.unlock            = [&](std::uint32_t, std::uint32_t) { host.unlock(); };
    given.submit            = [&](const Device::Queue& to, const VkSubmitInfo& info, VkFence fence) -> std::int32_t {
        static std::mutex     mutex;
        const std::lock_guard guard(mutex);
        if (to.handle != own.queue() || to.family != own.queue_family()) return VK_ERROR_UNKNOWN;
        return queue.submit(1, &info, fence);
    };
    const Device device = Device::import(given);
    queue.eager         = true;
    shim.queue          = &queue;
    submit_from_all(*device.context());
    CHECK(host.locks == 0);
    CHECK(shim.calls(Entry::QueueSubmit) == 0);
    CHECK(queue.finished() == threads * submits_each);
    CHECK(queue.violation() == "");
    shim.queue = nullptr;
}

TEST_CASE("random schedules of signals and waits over one to eight frames, as a model of a queue has them") {
    const std::uint32_t schedules = 10'000 / static_cast<std::uint32_t>(std::min<std::size_t>(row_share(), 40));
    for (const bool timeline : {true, false}) {
        CAPTURE(timeline);
        VulkanShim     shim;
        TimelineDevice own(timeline);
        Device::Import given    = own.import(profile_caps());
        given.get_instance_proc = shim.get_instance_proc();
        const Device device     = Device::import(given);
        for (std::uint32_t seed = 0; seed < schedules; ++seed) {
            CAPTURE(seed);
            REQUIRE(Schedule(shim, *device.context(), seed).run() == "");
        }
        for (const char* made : {"Fence", "Semaphore"}) CHECK(shim.alive().count(made) == 0);
    }
}

TEST_CASE("values need timelines") {
    VulkanShim     shim;
    TimelineDevice own(false);
    Device::Import given           = own.import(profile_caps());
    given.get_instance_proc        = shim.get_instance_proc();
    const Device          device   = Device::import(given);
    const SemaphoreWait   wait[]   = {{invented<VkSemaphore>(8), 1}};
    const SemaphoreSignal signal[] = {{invented<VkSemaphore>(8), 1}};
    expect_error(Status::usage, {"timeline"}, [&] { device.context()->submit({.waits = wait}); });
    expect_error(Status::usage, {"timeline"}, [&] { device.context()->submit({.signals = signal}); });
    CHECK(shim.calls(Entry::QueueSubmit) == 0);
    Completions completions(*device.context());
    expect_error(Status::usage, {"not been submitted"}, [&] { completions.wait(1); });
}

TEST_CASE("a driver's own timelines and binary semaphores") {
    const TimelineDevice own(true);
    const Device         device = Device::import(own.import(profile_caps()));
    const auto           make   = [&](VkSemaphoreType kind) {
        const VkSemaphoreTypeCreateInfo type{.sType         = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
                                                         .pNext         = nullptr,
                                                         .semaphoreType = kind,
                                                         .initialValue  = 0};
        const VkSemaphoreCreateInfo     create{
                            .sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO, .pNext = &type, .flags = 0};
        return OwnedSemaphore(*device.context(), create, "vkCreateSemaphore");
    };
    const OwnedSemaphore  host = make(VK_SEMAPHORE_TYPE_TIMELINE), binary = make(VK_SEMAPHORE_TYPE_BINARY);
    Completions           completions(*device.context());
    const SemaphoreWait   first_waits[]   = {{host.get(), 7}};
    const SemaphoreSignal first_signals[] = {{host.get(), 9}, {binary.get(), 0}};
    const SemaphoreWait   second_waits[]  = {{binary.get(), 0}, {host.get(), 8}};
    CHECK(completions.submit({.waits = first_waits, .signals = first_signals}) == 1);
    CHECK_FALSE(completions.finished(1));
    const VkSemaphoreSignalInfo signal{
        .sType = VK_STRUCTURE_TYPE_SEMAPHORE_SIGNAL_INFO, .pNext = nullptr, .semaphore = host.get(), .value = 7};
    own.get<PFN_vkSignalSemaphore>("vkSignalSemaphore")(own.device(), &signal);
    // Not before: a driver may keep a submission that waits for a binary semaphore until what signals that can run.
    CHECK(completions.submit({.waits = second_waits}) == 2);
    completions.wait(2);
    CHECK(completions.finished(1));
    std::uint64_t value = 0;
    own.get<PFN_vkGetSemaphoreCounterValue>("vkGetSemaphoreCounterValue")(own.device(), host.get(), &value);
    CHECK(value == 9);
}

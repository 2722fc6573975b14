// A device as the library uses it: made by us or by a host, from here on the same.
#pragma once

#include "tuning/device_traits.h"
#include "vulkan/enabled.h"
#include "vulkan/functions.h"

#include <attune/device.hpp>

#include <atomic>
#include <functional>
#include <mutex>

namespace attune {

namespace vulkan {
class MemoryPool;
class Pipelines;
class Quarantine;
class SubmitQueue;
struct Submission;

// Who saved something, as hashes.
struct Identity {
    std::uint64_t attune = 0;  // its version and kernels
    // As it reports itself, and its driver: UUIDs, ids, names, versions; and the size of subgroups, which kernels go by and
    // software drivers take from their environment.
    std::uint64_t device = 0;
};

// What a queue's timestamps are.
struct Timestamps {
    std::uint32_t bits        = 0;  // that count; 0: there are none
    double        nanoseconds = 1;  // of one tick
};
}  // namespace vulkan

class Device::Context {
public:
    // Keeps what the import names. `owner`, if set, is a device of our own, whose place in list_devices() is
    // `index`; it is let go last.
    Context(const Import& import, std::shared_ptr<void> owner, std::uint32_t index = 0);
    ~Context();
    Context(const Context&)            = delete;
    Context& operator=(const Context&) = delete;

    // For calls: throws device_failed if the device is lost, so that none reaches it any more.
    const vulkan::DeviceFunctions& vk() const {
        if (lost()) throw_lost();
        return functions_;
    }
    // For destroying, which stays legal.
    const vulkan::DeviceFunctions& functions() const noexcept { return functions_; }

    bool lost() const noexcept { return lost_in_ != nullptr; }
    // Marks the device as lost and throws. `call`: static storage.
    [[noreturn]] void lose(const char* call);
    // vulkan::check, and lose() where the result says so.
    void check(VkResult result, const char* call) {
        if (result == VK_ERROR_DEVICE_LOST) lose(call);
        vulkan::check(result, call);
    }

    // The device of a context that somebody keeps.
    static Device device_of(std::shared_ptr<Context> context) { return Device(std::move(context)); }

    VkDevice               handle() const noexcept { return device_; }
    const Queue&           queue() const noexcept;
    std::uint32_t          queue_family() const noexcept { return queue().family; }
    const vulkan::Enabled& enabled() const noexcept { return enabled_; }
    // The call in which the device was lost, or null.
    const char*               lost_in() const noexcept { return lost_in_; }
    const DeviceInfo&         info() const noexcept { return info_; }
    const DeviceCaps&         caps() const noexcept { return caps_; }
    const DeviceTraits&       traits() const noexcept { return traits_; }
    // Who it is, for what is saved of it (saved.h).
    const vulkan::Identity&   identity() const noexcept { return identity_; }
    const vulkan::Timestamps& timestamps() const noexcept { return timestamps_; }
    vulkan::MemoryPool&       memory() noexcept { return *memory_; }
    vulkan::Pipelines&        pipelines() noexcept { return *pipelines_; }
    vulkan::Quarantine&       quarantine() noexcept { return *quarantine_; }

    // How kernels of plans that are made from now on share out work: the row of the traits' kind, until somebody knows
    // better. The traits' own member stays as it was.
    Tuning tuning() const {
        const std::lock_guard guard(tuning_mutex_);
        return tuning_;
    }
    void set_tuning(const std::function<void(Tuning&)>& change) {
        const std::lock_guard guard(tuning_mutex_);
        change(tuning_);
    }

    // The traits that such plans are made with: with that tuning, and what is refused by now.
    DeviceTraits plan_traits() const;

    // One submission (submission.h). Throws what its result stands for; then nothing was submitted. check() throws what
    // can be known before there are commands.
    void check(const vulkan::Submission& submission) const;
    void submit(const vulkan::Submission& submission);

    enum class Submitter { attune, under_lock, host };
    Submitter submitter() const noexcept;

    // To the host, if it listens.
    void log(LogLevel level, const std::string& text) const noexcept;

    // The kernel that was recorded last, for a report on what a lost device was at work on; static storage.
    void             note_unit(std::string_view kernel) noexcept { unit_ = kernel.data(); }
    std::string_view last_unit() const noexcept { return unit_ ? unit_.load() : ""; }

    void          count_object() noexcept { ++objects_; }
    std::uint64_t objects() const noexcept { return objects_; }

private:
    [[noreturn]] void throw_lost() const;

    std::shared_ptr<void>                owner_;
    const decltype(Import::log)          log_;
    VkDevice                             device_;
    vulkan::DeviceFunctions              functions_;
    vulkan::Enabled                      enabled_;
    DeviceCaps                           caps_;
    DeviceInfo                           info_;
    DeviceTraits                         traits_;
    vulkan::Identity                     identity_;
    mutable std::mutex                   tuning_mutex_;
    Tuning                               tuning_;
    vulkan::Timestamps                   timestamps_;
    std::atomic<const char*>             lost_in_{nullptr};  // the call that told
    std::atomic<std::uint64_t>           objects_{0};
    std::atomic<const char*>             unit_{nullptr};
    std::unique_ptr<vulkan::SubmitQueue> queue_;
    std::unique_ptr<vulkan::MemoryPool>  memory_;
    std::unique_ptr<vulkan::Pipelines>   pipelines_;
    std::unique_ptr<vulkan::Quarantine>  quarantine_;
};

namespace vulkan {

// What a physical device reports, as public facts and as traits; `caps` lower both.
DeviceInfo   read_info(const InstanceFunctions& functions, VkPhysicalDevice physical);
DeviceInfo   capped(DeviceInfo info, const DeviceCaps& caps);
DeviceTraits traits_of(const DeviceInfo& info, const DeviceCaps& caps, const VkPhysicalDeviceLimits& limits);
Timestamps   read_timestamps(const InstanceFunctions& functions, VkPhysicalDevice physical, std::uint32_t queue_family);

std::string                          version_text(std::uint32_t version);  // "1.3.230"
std::vector<VkQueueFamilyProperties> queue_families(const InstanceFunctions& functions, VkPhysicalDevice physical);

bool has_compute_queue(const InstanceFunctions& functions, VkPhysicalDevice physical);

// Facts about a device for people, several lines.
std::string device_text(const Device::Context& context);

}  // namespace vulkan

}  // namespace attune

// Compute pipelines by kernel and specialization constants, made once and kept: at once by get(), or wanted now
// and made later by whichever thread of the host calls compile_next(). Thread-safe; no lock is held while the
// driver compiles.
#pragma once

#include "kernels/kernel.h"
#include "vulkan/pipeline_cache.h"

#include <condition_variable>
#include <map>
#include <span>
#include <vector>

namespace attune::vulkan {

// Bindings 0..count-1 of set 0: storage buffers, but buffers of texels where `texels` has their bit.
struct Slots {
    std::uint32_t count  = 0;
    std::uint32_t texels = 0;

    friend auto operator<=>(const Slots&, const Slots&) = default;
};

// All kernels have the same push constant range.
struct PipelineLayout {
    VkDescriptorSetLayout set    = VK_NULL_HANDLE;
    VkPipelineLayout      layout = VK_NULL_HANDLE;
};

struct Pipeline {
    VkPipeline     handle = VK_NULL_HANDLE;
    PipelineLayout layout;
};

inline constexpr std::uint32_t push_bytes = 128;

// What pipelines are made of. Thread-safe.
class PipelineParts {
public:
    explicit PipelineParts(Device::Context& context) : context_(context) {}

    PipelineLayout layout(const Slots& slots);
    VkShaderModule module(const Kernel& kernel);

private:
    struct OwnedLayout {
        OwnedSetLayout      set;
        OwnedPipelineLayout layout;
    };

    Device::Context&                           context_;
    std::mutex                                 mutex_;
    std::map<Slots, OwnedLayout>               layouts_;
    std::map<const Kernel*, OwnedShaderModule> modules_;
};

class Pipelines {
public:
    // A pipeline that somebody has asked for. It stays where it is as long as Pipelines does.
    class Wanted {
    public:
        explicit Wanted(const PipelineLayout& layout) : pipeline_{.handle = VK_NULL_HANDLE, .layout = layout} {}

        // Null until it has been made. Takes no lock.
        const Pipeline* ready() const noexcept { return ready_.load(std::memory_order_acquire) ? &pipeline_ : nullptr; }
        // There from the beginning, for descriptor sets.
        const PipelineLayout& layout() const noexcept { return pipeline_.layout; }

    private:
        friend class Pipelines;
        Pipeline          pipeline_;
        OwnedPipeline     owned_;
        std::atomic<bool> ready_{false};
        bool              making_ = false;
    };

    // `cache`: a host's, or null.
    Pipelines(Device::Context& context, VkPipelineCache cache)
        : context_(context), parts_(context), cache_(context, cache) {}

    // Made now, in this thread, unless it is there already; waits for a thread that is making it.
    Pipeline get(const Kernel& kernel, std::span<const std::uint32_t> constants, const Slots& slots);

    // Queued unless it is there already. Compiles nothing.
    const Wanted& want(const Kernel& kernel, std::span<const std::uint32_t> constants, const Slots& slots);

    // Makes the pipeline that has been wanted longest and returns how many are left. Where other threads are making
    // all that are left, waits until one of those is done: once it returns 0, all are ready. What fails to compile
    // stays wanted, behind the others.
    std::size_t compile_next();

    std::size_t left() const;
    std::size_t made() const;

    PipelineCache& cache() noexcept { return cache_; }

private:
    using Key   = std::pair<const Kernel*, std::vector<std::uint32_t>>;
    using Entry = std::pair<const Key, Wanted>;

    Entry& entry(const Kernel& kernel, std::span<const std::uint32_t> constants, const Slots& slots);
    void   make(Entry& entry, std::unique_lock<std::mutex>& lock);
    void   compile(Entry& entry);

    Device::Context&        context_;
    PipelineParts           parts_;
    PipelineCache           cache_;
    mutable std::mutex      mutex_;
    std::condition_variable done_;  // whenever a thread has made one, or has failed to
    std::map<Key, Wanted>   pipelines_;
    std::vector<Entry*>     queue_;  // wanted and not ready, the oldest first
    std::size_t             made_ = 0;
};

}  // namespace attune::vulkan

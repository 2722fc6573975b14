// What a device has shown of its optional kernels: pipelines that gave the right results, and variants that are not used
// any more since one of theirs did not. Thread-safe.
#pragma once

#include "kernels/kernel.h"
#include "tuning/variants.h"

#include <atomic>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace attune::vulkan {

class Quarantine {
public:
    struct Refusal {
        Variant     variant;
        std::string name, why, instead;
    };

    explicit Quarantine(bool open) : open_(open) {}

    // False: every kernel is taken at its word.
    bool checks() const noexcept { return open_; }

    Variants             refused() const;
    std::vector<Refusal> refusals() const;
    using Pipeline = std::pair<const Kernel*, std::vector<std::uint32_t>>;   // with its constants
    std::set<Pipeline>   passed() const;

    bool has_passed(const Kernel& kernel, const std::vector<std::uint32_t>& constants) const;
    void pass(const Kernel& kernel, const std::vector<std::uint32_t>& constants);
    void refuse(Refusal refusal);

    // Golden cases that have run on this device since it was opened.
    void        count_case() noexcept { ++cases_; }
    std::size_t cases() const noexcept { return cases_; }

    // Held by whoever finds out, so that nobody else does the same work meanwhile.
    std::mutex& work() noexcept { return work_; }

private:
    const bool               open_;
    std::mutex               work_;
    std::atomic<std::size_t> cases_{0};
    mutable std::mutex       mutex_;  // for all below
    std::set<Pipeline>       passed_;
    std::vector<Refusal>     refusals_;
    Variants                 refused_;
};

}  // namespace attune::vulkan

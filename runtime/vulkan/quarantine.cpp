#include "vulkan/quarantine.h"

namespace attune::vulkan {

Variants Quarantine::refused() const {
    const std::lock_guard guard(mutex_);
    return refused_;
}

std::vector<Quarantine::Refusal> Quarantine::refusals() const {
    const std::lock_guard guard(mutex_);
    return refusals_;
}

std::set<Quarantine::Pipeline> Quarantine::passed() const {
    const std::lock_guard guard(mutex_);
    return passed_;
}

bool Quarantine::has_passed(const Kernel& kernel, const std::vector<std::uint32_t>& constants) const {
    const std::lock_guard guard(mutex_);
    return passed_.contains({&kernel, constants});
}

void Quarantine::pass(const Kernel& kernel, const std::vector<std::uint32_t>& constants) {
    const std::lock_guard guard(mutex_);
    passed_.emplace(&kernel, constants);
}

void Quarantine::refuse(Refusal refusal) {
    const std::lock_guard guard(mutex_);
    if (refused_.has(refusal.variant)) return;
    refused_.add(refusal.variant);
    refusals_.push_back(std::move(refusal));
}

}  // namespace attune::vulkan

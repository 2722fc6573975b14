#include "bench/roof_table.h"

#include <array>

namespace attune::bench {

std::span<const RoofKind> roof_kinds() {
    static constexpr std::array kinds = {RoofKind::copy_buffer, RoofKind::copy_shader,      RoofKind::read,
                                         RoofKind::fma_f32,     RoofKind::fma_f16,          RoofKind::exp2,
                                         RoofKind::dispatch,    RoofKind::dispatch_barrier, RoofKind::submit};
    return kinds;
}

double RoofTable::of(const std::string& name) const {
    const auto found = per_second_.find(name);
    return found == per_second_.end() ? 0 : found->second;
}

RoofTable::Bound RoofTable::bound(const Work& work, std::size_t dispatches) const {
    Bound      bound;
    const auto consider = [&](const std::string& name, double amount) {
        if (amount <= 0 || of(name) <= 0) return;
        if (const double seconds = amount / of(name); seconds > bound.seconds)
            bound = {.name = name, .seconds = seconds};
    };
    consider("fma_f32", work.flop);  // whatever is stored, sums are f32
    consider(work.memory_roof, work.bytes);
    consider("dispatch_barrier", static_cast<double>(dispatches));
    return bound;
}

}  // namespace attune::bench

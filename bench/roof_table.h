// The roofs of a device: what it can do at most, by the same driver in the same run.
#pragma once

#include "bench/families.h"

#include <attune/roofs.hpp>

#include <map>
#include <string>

namespace attune::bench {

class RoofTable {
public:
    void set(RoofKind kind, double per_second) { per_second_.insert_or_assign(name_of(kind), per_second); }

    // Per second; 0: it was not measured.
    double of(const std::string& name) const;

    // The roof that lets a case run no faster: the one that takes longest of arithmetic, memory and the chain of
    // dispatches. Its name is "" where none was measured.
    struct Bound {
        std::string name;
        double      seconds = 0;
    };
    Bound bound(const Work& work, std::size_t dispatches) const;

private:
    std::map<std::string, double> per_second_;
};

// Roofs that the benchmark measures, in order.
std::span<const RoofKind> roof_kinds();

}  // namespace attune::bench

// The order of a plan's dispatches: recomputed by brute force over all pairs.
#include "plan/hazards.h"
#include "plan/planning.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace attune::test {
namespace {

bool writes_to(const Location& location) { return (static_cast<unsigned>(location.access) & static_cast<unsigned>(Access::write)) != 0; }

bool same_memory(const Location& a, const Location& b) {
    if (a.region != b.region) return false;
    if (a.region == Region::arena || a.region == Region::control || a.region == Region::counter) return true;   // one block each
    return a.index == b.index && a.chunk == b.chunk;
}

// The order of two accesses matters if they share a byte and one of them writes it.
bool must_be_ordered(const Location& a, const Location& b) {
    if (!same_memory(a, b) || !(writes_to(a) || writes_to(b))) return false;
    return std::max(a.offset, b.offset) < std::min(a.offset + a.bytes, b.offset + b.bytes);
}

bool must_be_ordered(const PlannedDispatch& a, const PlannedDispatch& b) {
    for (const Location& one : a.locations)
        for (const Location& other : b.locations)
            if (must_be_ordered(one, other)) return true;
    return false;
}

// "" or the first pair of dispatches that lacks a barrier, or barrier that nothing needs.
std::string flaw(const Plan& plan, std::size_t& pairs) {
    std::size_t segment = 0;   // first dispatch since the last barrier
    for (std::size_t now = 0; now < plan.dispatches.size(); ++now) {
        std::size_t needed_by = SIZE_MAX;
        for (std::size_t before = 0; before < now; ++before) {
            if (!must_be_ordered(plan.dispatches[before], plan.dispatches[now])) continue;
            ++pairs;
            if (before >= segment) needed_by = before;
        }
        const bool barrier = plan.dispatches[now].barrier;
        if (!barrier && needed_by != SIZE_MAX) return "no barrier between " + std::to_string(needed_by) + " and " + std::to_string(now);
        if (barrier && needed_by == SIZE_MAX) return "nothing needs the barrier before " + std::to_string(now);
        if (barrier) segment = now;
    }
    return {};
}

// Within a dispatch nothing orders lanes: bytes that one binding writes no other one may see.
std::string aliasing(const Plan& plan) {
    for (std::size_t d = 0; d < plan.dispatches.size(); ++d) {
        const auto& locations = plan.dispatches[d].locations;
        for (std::size_t a = 0; a < locations.size(); ++a)
            for (std::size_t b = a + 1; b < locations.size(); ++b)
                if (must_be_ordered(locations[a], locations[b])) return "bindings " + std::to_string(a) + " and " + std::to_string(b) + " of dispatch " + std::to_string(d);
    }
    return {};
}

}  // namespace

TEST_CASE("every pair of dispatches that conflicts has a barrier between, and every barrier a pair") {
    std::size_t pairs = 0;
    for_example_plans([&](const Plan& plan) {
        CHECK(flaw(plan, pairs) == "");
        CHECK(aliasing(plan) == "");
    });
    CHECK(pairs > 50'000);
}

TEST_CASE("which accesses conflict") {
    const auto at = [](Region region, std::uint32_t index, std::uint64_t offset, std::uint64_t bytes, Access access) {
        return Location{.region = region, .index = index, .chunk = 0, .offset = offset, .bytes = bytes, .access = access};
    };
    const Location read = at(Region::arena, 0, 256, 64, Access::read);
    struct Row {
        Location other;
        bool     conflict;
    };
    const Row rows[] = {
        {at(Region::arena, 0, 256, 64, Access::read), false},     {at(Region::arena, 0, 256, 64, Access::write), true},
        {at(Region::arena, 0, 256, 64, Access::both), true},      {at(Region::arena, 0, 319, 4, Access::write), true},
        {at(Region::arena, 0, 320, 4, Access::write), false},     {at(Region::arena, 0, 0, 256, Access::write), false},
        {at(Region::arena, 0, 0, 257, Access::write), true},      {at(Region::state, 0, 256, 64, Access::write), false},
        {at(Region::output, 0, 256, 64, Access::write), false},   {at(Region::arena, 0, 0, 4096, Access::write), true},
    };
    for (const Row& row : rows) {
        CAPTURE(row.other.offset);
        CAPTURE(row.other.bytes);
        CHECK(conflicts(read, row.other) == row.conflict);
        CHECK(conflicts(row.other, read) == row.conflict);
    }
}

TEST_CASE("submissions hold no more work than they may, unless one dispatch does") {
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        CAPTURE(seed);
        DeviceTraits traits;
        traits.flops = 1e7;
        traits.submission_seconds = 0.02;
        const Plan  plan = plan_of(random_example(planned_graph(seed)).graph, traits);
        double      seconds = 0;
        std::size_t dispatches = 0;
        for (const PlannedDispatch& planned : plan.dispatches) {
            if (planned.submit) CHECK(seconds + planned.seconds > traits.submission_seconds);
            if (planned.submit) seconds = 0, dispatches = 0;
            seconds += planned.seconds;
            ++dispatches;
            const bool within = seconds <= traits.submission_seconds || dispatches == 1;
            CHECK(within);
        }
    }
}

}  // namespace attune::test

// Where values lie: recomputed from the bindings of a plan's dispatches alone.
#include "plan/arena.h"
#include "plan/planning.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include <map>
#include <tuple>

namespace attune::test {
namespace {

// A value or an op's own temporary, by what bindings say of it.
struct Resident {
    std::string   name;
    std::uint64_t begin = 0, end = 0;      // bytes of the arena
    std::size_t   first = 0, last = 0;     // dispatches that touch it
};

std::vector<Resident> residents(const Plan& plan) {
    using Key = std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>;   // kind, node of a temporary, index
    std::map<Key, Resident> found;
    for (std::size_t d = 0; d < plan.dispatches.size(); ++d) {
        const PlannedDispatch& planned = plan.dispatches[d];
        for (std::size_t b = 0; b < planned.locations.size(); ++b) {
            const Binding&  binding = planned.dispatch.bindings[b];
            const Location& location = planned.locations[b];
            if (location.region != Region::arena) continue;
            const bool          own = binding.kind == Binding::temporary;
            const std::uint64_t start = location.offset - binding.offset;
            const std::uint64_t bytes = own ? binding.bytes : plan.graph.desc(Value{binding.index}).bytes();
            const std::string   name = (own ? "temporary " : "value ") + std::to_string(binding.index) + " at dispatch " + std::to_string(d);
            const auto [entry, fresh] = found.try_emplace(Key{binding.kind, own ? planned.node : 0, binding.index}, Resident{name, start, start + bytes, d, d});
            Resident& one = entry->second;
            if (one.begin != start) FAIL_CHECK(name << " has moved from " << one.begin << " to " << start);
            one.end = std::max(one.end, start + bytes);
            one.last = d;
        }
    }
    std::vector<Resident> result;
    for (const auto& entry : found) result.push_back(entry.second);
    return result;
}

// "" or two values that live at the same time in the same bytes.
std::string overlap(const Plan& plan) {
    const std::vector<Resident> all = residents(plan);
    for (const Resident& one : all) {
        if (one.end > plan.arena_bytes) return one.name + " ends beyond the arena";
        for (const Resident& other : all) {
            if (&one == &other || one.last < other.first || other.last < one.first) continue;
            if (one.begin < other.end && other.begin < one.end) return one.name + " and " + other.name;
        }
    }
    return {};
}

}  // namespace

TEST_CASE("values that live at the same time never overlap") {
    std::size_t       residing = 0;
    const std::size_t plans = for_example_plans([&](const Plan& plan) {
        CHECK(overlap(plan) == "");
        residing += residents(plan).size();
    });
    CHECK(plans == 960);
    CHECK(residing > 5 * plans);   // the graphs are worth the trouble
}

TEST_CASE("blocks drawn at random are placed apart, aligned, and reuse memory") {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        CAPTURE(seed);
        Random                  random(seed);
        const std::uint64_t     alignment = std::uint64_t{1} << random.below(9);
        std::vector<ArenaBlock> blocks(1 + random.below(60));
        std::uint64_t           sum = 0, most_alive = 0;
        for (ArenaBlock& block : blocks) {
            block.bytes = 4 * random.below(random.below(4) ? 100 : 5000);
            block.first = random.below(50);
            block.last = block.first + random.below(12);
            sum += (block.bytes + alignment - 1) / alignment * alignment;
        }
        const std::uint64_t size = place_blocks(blocks, alignment);
        CHECK(size % alignment == 0);
        CHECK(size <= sum);
        for (const ArenaBlock& a : blocks) {
            CHECK(a.offset % alignment == 0);
            CHECK(a.offset + a.bytes <= size);
            std::uint64_t alive = 0;
            for (const ArenaBlock& b : blocks) {
                if (b.first <= a.first && a.first <= b.last) alive += b.bytes;
                const bool together = a.first <= b.last && b.first <= a.last, apart = a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset;
                if (&a != &b && together && a.bytes && b.bytes) CHECK(apart);
            }
            most_alive = std::max(most_alive, alive);
        }
        CHECK(size >= most_alive);
    }
}

namespace {

// Post-norm encoder layers over one sequence of S tokens, attention fused.
Graph encoder(std::uint64_t tokens, std::uint64_t layers) {
    constexpr std::uint64_t width = 128, heads = 4, ffn = 512;
    Graph                   g;
    Value                   x = g.input("x", {Type::f32, {1, tokens, width}});
    for (std::uint64_t i = 0; i < layers; ++i) {
        const std::string at = std::to_string(i) + ".";
        const auto        project = [&](const char* name, Value v, std::uint64_t n) {
            return linear(g, v, g.weight(at + name, {Type::f32, {n, g.desc(v).width()}}), {.bias = g.weight(at + name + ".bias", {Type::f32, {n}})});
        };
        const auto norm = [&](const char* name, Value v, Value residual) {
            return layer_norm(g, v, g.weight(at + name, {Type::f32, {width}}), g.weight(at + name + ".bias", {Type::f32, {width}}), {.residual = residual});
        };
        const Value q = split_heads(g, project("q", x, width), heads), k = split_heads(g, project("k", x, width), heads), v = split_heads(g, project("v", x, width), heads);
        x = norm("norm1", project("out", merge_heads(g, attention(g, q, k, v, {.heads = heads})), width), x);
        x = norm("norm2", project("down", activate(g, project("up", x, ffn), Activation::relu), width), x);
    }
    g.output("y", x);
    return g;
}

}  // namespace

TEST_CASE("the arena of an encoder with fused attention grows linearly with its tokens") {
    for (const DeviceTraits& traits : {DeviceTraits{}, cpu_traits()})
        for (const bool fuse : {false, true}) {
            CAPTURE(traits.name);
            CAPTURE(fuse);
            const auto arena = [&](std::uint64_t tokens) { return static_cast<double>(plan_of(rewrite(encoder(tokens, 2), {.fuse = fuse}), traits).arena_bytes); };
            const auto slope = [&](std::uint64_t tokens) { return (arena(tokens + tokens / 4) - arena(tokens)) / (static_cast<double>(tokens) / 4); };
            const double at_1k = slope(1024), at_4k = slope(4096);
            CHECK(at_1k > 0);
            CHECK(std::abs(at_4k / at_1k - 1) <= 0.05);
            CHECK(std::abs(arena(4096) / arena(1024) - 4) <= 0.2);
        }
}

TEST_CASE("the arena does not grow with the number of layers") {
    CHECK(plan_of(rewrite(encoder(256, 6), {}), {}).arena_bytes == plan_of(rewrite(encoder(256, 2), {}), {}).arena_bytes);
}

}  // namespace attune::test

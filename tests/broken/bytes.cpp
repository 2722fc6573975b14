// Each truncation, and each single-byte change, of a small valid file of every format.
#include "broken/bench.h"

#include "support/test_devices.h"

#include <doctest/doctest.h>

#include <cstdio>
#include <functional>

using namespace attune;
using namespace attune::test;

namespace {

// Seven, so that a sample of every 10th change still meets each of them.
constexpr unsigned char flips[] = {0x01, 0x02, 0x08, 0x20, 0x40, 0x80, 0xFF};

// What became of one kind of change; those that went wrong are reported at once.
struct Count {
    std::size_t made = 0, refused = 0, wrong = 0;

    void add(const Outcome& outcome, const std::string& change) {
        ++made;
        refused += !outcome.loaded;
        if (outcome.problem.empty() || ++wrong > 5) return;   // a few say enough
        CAPTURE(change);
        CAPTURE(outcome.message);
        CHECK(outcome.problem == "");
    }
    double refused_share() const { return made ? static_cast<double>(refused) / static_cast<double>(made) : 0; }
};

// Every Nth of `count` things.
template <class Use> void sample(std::size_t count, std::size_t share, Use use) {
    for (std::size_t i = share / 2; i < count; i += share) use(i);
}

std::string flipped(std::string bytes, std::size_t i) {
    char& byte = bytes[i / std::size(flips)];
    byte       = static_cast<char>(byte ^ flips[i % std::size(flips)]);
    return bytes;
}

}   // namespace

TEST_CASE("each truncation and each changed byte of every format: refused, or still legal") {
    std::size_t made = 0;
    for (const Format& format : all_formats()) {
        const std::string name = format.name;
        CAPTURE(name);
        Bench             bench(format);
        const std::string valid = format.valid();
        const Outcome     sound = bench.attempt(valid);
        CAPTURE(sound.message);
        CHECK(sound.problem == "");
        REQUIRE(sound.loaded);

        const std::size_t share = format.every * row_share();
        Count             cut, changed;
        sample(valid.size(), share, [&](std::size_t length) {
            cut.add(bench.attempt(std::string_view(valid).substr(0, length)), "cut to " + std::to_string(length));
        });
        sample(valid.size() * std::size(flips), share, [&](std::size_t i) {
            changed.add(bench.attempt(flipped(valid, i)), "change " + std::to_string(i % std::size(flips)) +
                                                              " of byte " + std::to_string(i / std::size(flips)));
        });
        std::printf("%-18s %5zu bytes: %5zu truncations, %.3f refused; %6zu changes, %.3f refused\n", format.name,
                    valid.size(), cut.made, cut.refused_share(), changed.made, changed.refused_share());
        CHECK(cut.wrong + changed.wrong == 0);
        CHECK(cut.refused_share() >= format.refused_truncations);
        CHECK(changed.refused_share() >= format.refused_flips);
        made += cut.made + changed.made;
    }
    std::printf("%zu files\n", made);
    CHECK(made * row_share() >= 20'000);
    CHECK(made >= 2'000);
}

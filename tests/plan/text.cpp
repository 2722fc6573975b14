// Plans as text: nothing is left out.
#include "plan/planning.h"

#include <sstream>

using namespace attune;
using namespace attune::test;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream       stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at) ++found;
    return found;
}

}  // namespace

TEST_CASE("a listing holds each dispatch with all its bindings, and the kernels add up to the dispatches") {
    DeviceTraits slow;  // work is cut into several dispatches and submissions
    slow.flops              = 1e5;
    std::size_t submissions = 0;
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
        for (const DeviceTraits& traits : {cpu_traits(), slow}) {
            CAPTURE(seed);
            CAPTURE(traits.flops);
            const Plan plan    = plan_of(random_example({.seed = seed, .numbers = false}).graph, traits);
            const auto text    = lines_of(plan.text());
            const auto listing = lines_of(plan.listing());
            REQUIRE(text.size() == plan.dispatches.size());
            std::size_t at = 1;  // after the sizes
            for (std::size_t i = 0; i < text.size(); ++i) {
                submissions += plan.dispatches[i].submit;
                if (plan.dispatches[i].submit) CHECK(listing.at(at++) == "a new submission");
                CHECK(listing.at(at++) == text[i]);
                const std::string& bound = listing.at(at++);
                CHECK(count(bound, ", reads ") + count(bound, ", writes ") + count(bound, ", updates ") ==
                      plan.dispatches[i].locations.size());
            }
            CHECK(at == listing.size());

            std::size_t kernels = 0, most = SIZE_MAX;
            for (const std::string& line : lines_of(plan.kernels())) {  // "   3 x name (constants)"
                const std::size_t number = std::stoul(line);
                CHECK(number <= most);
                most = number;
                kernels += number;
            }
            CHECK(kernels == plan.dispatches.size());
        }
    }
    CHECK(submissions > 0);
}

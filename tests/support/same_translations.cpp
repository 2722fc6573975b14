#include "support/same_translations.h"

#include <doctest/doctest.h>

namespace attune::test {

void check_same(const Translation& found, const Translation& expected) {
    CHECK(found.text == expected.text);
    CHECK(found.source_tokens == expected.source_tokens);
    REQUIRE(found.hypotheses.size() == expected.hypotheses.size());
    for (std::size_t i = 0; i < found.hypotheses.size(); ++i) {
        const Hypothesis &a = found.hypotheses[i], &b = expected.hypotheses[i];
        CHECK(a.text == b.text);
        CHECK(a.tokens == b.tokens);
        CHECK(a.score == b.score);
        CHECK(a.alignment == b.alignment);
    }
}

void check_same(const std::vector<Translation>& found, const std::vector<Translation>& expected) {
    REQUIRE(found.size() == expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        CAPTURE(i);
        check_same(found[i], expected[i]);
    }
}

}  // namespace attune::test

// Whether two ways of translating give the same, bit for bit.
#pragma once

#include <attune/translator.hpp>

#include <vector>

namespace attune::test {

// Checks text, source tokens, and of each hypothesis text, tokens, score and alignment.
void check_same(const Translation& found, const Translation& expected);
void check_same(const std::vector<Translation>& found, const std::vector<Translation>& expected);

}  // namespace attune::test

// Translations that a model is known to make (goldens/README.md), and how many of them a translator makes.
#pragma once

#include <attune/translator.hpp>

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace attune::test {

struct Golden {
    std::string source;  // with the language in front, ">>de<< Hello"
    std::string greedy;
    double      margin = 0;  // smallest gap between the best and the second logit of the greedy search
    std::string beams;       // best of beam 4
    double      score = 0;   // of it
};

// Throws bad_input naming the file.
std::vector<Golden> read_goldens(const std::filesystem::path& file);

// Of greedy searches, lines whose best two logits came nearer than 0.001 are not counted: rounding decides there.
struct GoldenCount {
    std::size_t              lines = 0, equal = 0;  // texts
    std::size_t              wrong_scores = 0;      // of equal texts, by 0.001 or more
    std::vector<std::string> different;  // one line of text for each that is not equal
};
GoldenCount count_greedy(Translator& translator, std::span<const Golden> goldens);

// Best hypotheses of beam 4.
GoldenCount count_beams(Translator& translator, std::span<const Golden> goldens);

// Bars: 99.9 % of greedy and 99 % of beam searches, and no wrong score.
bool enough_greedy(const GoldenCount& count);
bool enough_beams(const GoldenCount& count);

}  // namespace attune::test

#include "search/options.h"

#include <attune/error.hpp>

#include <algorithm>
#include <cmath>

namespace attune::search {

void check(const SearchOptions& o) {
    const auto require = [](bool holds, const char* what) {
        if (!holds) throw Error(Status::usage, "search options", what);
    };
    require(o.beam_size >= 1 && o.beam_size <= 1024, "beam_size has to be 1 to 1,024");
    require(o.num_hypotheses >= 1 && o.num_hypotheses <= o.beam_size, "num_hypotheses has to be 1 to beam_size");
    require(o.max_length >= 1 && o.max_length <= 65'536, "max_length has to be 1 to 65,536");
    require(o.min_length <= o.max_length, "min_length has to be at most max_length");
    require(std::isfinite(o.length_penalty) && std::abs(o.length_penalty) <= 100,
            "length_penalty has to be -100 to 100");
    require(std::isfinite(o.word_penalty) && std::abs(o.word_penalty) <= 100, "word_penalty has to be -100 to 100");
    require(o.end_tokens.size() <= 64, "end_tokens has to have at most 64 entries");
    require(std::none_of(o.bad_words.begin(), o.bad_words.end(), [](const auto& word) { return word.empty(); }),
            "bad_words has an empty entry");
}

std::size_t candidates_per_row(const SearchOptions& o) {
    if (o.beam_size == 1) return 1;
    if (o.rules == Rules::marian) return o.beam_size;
    return std::max<std::size_t>(2, 1 + o.end_tokens.size()) * o.beam_size;
}

}  // namespace attune::search

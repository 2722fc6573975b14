// Which target tokens a sentence may be translated with, by a lexical shortlist: for each source token those that
// training data translates it with. (marian-nmt/marian-dev, src/data/shortlist.h)
#pragma once

#include "formats/shortlist_file.h"
#include "models/marian_config.h"

#include <span>

namespace attune {

class Shortlist {
public:
    // `ends` are always among the tokens.
    Shortlist(ShortlistFile file, const MarianConfig& config, std::span<const std::uint32_t> ends);

    // The tokens for a sentence, ascending, each once: the most frequent ones, those of its tokens' lists, its tokens
    // themselves where both sides share a vocabulary, and the ends. Marian takes those of a whole batch; these do not
    // depend on a sentence's neighbours.
    std::vector<std::uint32_t> chosen(std::span<const std::uint32_t> source) const;

private:
    ShortlistFile              file_;
    bool                       shared_;
    std::vector<std::uint32_t> always_;
};

}  // namespace attune

// Tokens that may not come next.
#pragma once

#include "search/options.h"

#include <cstdint>
#include <span>
#include <vector>

namespace attune::search {

// What `options` forbid after the start token and `tokens`, ascending, each once:
//   - the end tokens, while a hypothesis that ended here would be shorter than min_length;
//   - what would repeat a sequence of no_repeat_ngram tokens;
//   - bad words: single tokens always (unless they are end tokens), the last token of a longer one where the
//     others stand at the end.
// Sequences count the start token as what comes first, as in transformers.
std::vector<std::uint32_t> banned_tokens(std::span<const std::uint32_t> tokens, const SearchOptions& options);

}  // namespace attune::search

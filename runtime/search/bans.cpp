#include "search/bans.h"

#include <algorithm>

namespace attune::search {
namespace {

using Tokens = std::span<const std::uint32_t>;

void ban_repeated_ngrams(Tokens context, std::size_t n, std::vector<std::uint32_t>& banned) {
    if (n == 0 || context.size() < n) return;
    const Tokens present = context.last(n - 1);
    for (std::size_t at = 0; at + n <= context.size(); ++at)
        if (std::equal(present.begin(), present.end(), context.begin() + static_cast<std::ptrdiff_t>(at)))
            banned.push_back(context[at + n - 1]);
}

void ban_bad_word(Tokens context, Tokens word, const SearchOptions& options, std::vector<std::uint32_t>& banned) {
    const std::uint32_t last = word.back();
    if (word.size() == 1) {
        if (std::find(options.end_tokens.begin(), options.end_tokens.end(), last) == options.end_tokens.end())
            banned.push_back(last);
        return;
    }
    const Tokens before = word.first(word.size() - 1);
    if (before.size() <= context.size() &&
        std::equal(before.begin(), before.end(), context.end() - static_cast<std::ptrdiff_t>(before.size())))
        banned.push_back(last);
}

}  // namespace

std::vector<std::uint32_t> banned_tokens(Tokens tokens, const SearchOptions& options) {
    std::vector<std::uint32_t> context{options.start_token};
    context.insert(context.end(), tokens.begin(), tokens.end());

    std::vector<std::uint32_t> banned;
    if (tokens.size() + 1 < options.min_length) banned = options.end_tokens;
    ban_repeated_ngrams(context, options.no_repeat_ngram, banned);
    for (const auto& word : options.bad_words) ban_bad_word(context, word, options, banned);

    std::sort(banned.begin(), banned.end());
    banned.erase(std::unique(banned.begin(), banned.end()), banned.end());
    return banned;
}

}  // namespace attune::search

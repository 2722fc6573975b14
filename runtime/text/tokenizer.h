// Text to token ids and back, whatever files say how.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attune {

// All members may be called by several threads at once.
class Tokenizer {
public:
    virtual ~Tokenizer() = default;

    // Source ids, the end token included. What somebody types never becomes a special token, unless it is one of
    // languages() at the very start. `text` should be UTF-8 (text/utf8.h); bad_input if it has over 1 MiB
    // (text/sentence_split.h).
    virtual std::vector<std::uint32_t> encode(std::string_view text) const = 0;

    // encode(text).size(), faster.
    virtual std::size_t count(std::string_view text) const = 0;

    // The text of target ids: special tokens dropped, pieces joined, white space at both ends dropped, nothing else
    // changed. The unknown token shows as the U+2047 of SentencePiece. bad_input for an id that is none.
    virtual std::string decode(std::span<const std::uint32_t> ids) const = 0;

    // The codes, such as ">>de<<", that name a target language; sorted, empty for a model of one pair.
    virtual const std::vector<std::string>& languages() const noexcept = 0;

    // Tokens of each side.
    virtual std::size_t source_size() const noexcept = 0;
    virtual std::size_t target_size() const noexcept = 0;
};

}  // namespace attune

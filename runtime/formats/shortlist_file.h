// Marian's binary lexical shortlist (lex.*.s2t.bin): for each source word the target words that are likely to
// translate it.
//
// The candidates that Marian projects to for a batch are the union of: the first() lowest target ids, which are
// the most frequent words; the targets() of every source id in the batch, </s> included; where source and target
// share one vocabulary, these source ids themselves; and then, as long as their number is no multiple of 8, the
// lowest ids from first() on that are not among them. In ascending order; an id's place is its column.
#pragma once

#include "base/folder.h"

#include <cstdint>
#include <span>
#include <vector>

namespace attune {

class ShortlistFile {
public:
    // As it is, or compressed by gzip or zstd. `vocabulary` counts the target words. Throws bad_input naming the
    // file if it is damaged (it carries a checksum), a list lies outside the file, or a word is none of the vocabulary.
    static ShortlistFile open(const File& file, std::uint64_t vocabulary);

    std::uint64_t first() const noexcept { return first_; }  // at most as many as the vocabulary has
    std::uint64_t source_words() const noexcept { return offsets_.size() - 1; }

    // In the order of the file, which ascends in those that Marian writes; none for a word beyond source_words().
    std::span<const std::uint32_t> targets(std::uint32_t source) const noexcept;

private:
    std::uint64_t              first_   = 0;
    std::vector<std::uint64_t> offsets_ = {0};  // of each word's list, and the end of the last
    std::vector<std::uint32_t> lists_;
};

}  // namespace attune

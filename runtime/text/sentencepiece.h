// A SentencePiece model: text to pieces and back. The library of that name is behind it, and nowhere else:
// sentencepiece.cpp includes it, sentencepiece_absent.cpp stands in where a build has none.
#pragma once

#include "base/folder.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attune {

// May be called by several threads at once.
class SentencePiece {
public:
    virtual ~SentencePiece() = default;

    // The pieces of a text of at most 1 MiB, by name, and how many they are (faster). Throws bad_input.
    virtual std::vector<std::string> pieces(std::string_view text) const = 0;
    virtual std::size_t              count(std::string_view text) const  = 0;

    // The text that pieces make; one that the model does not know stays as it is. Throws bad_input.
    virtual std::string join(const std::vector<std::string>& pieces) const = 0;

    // The same with the model's own ids, all of them below size(). Control pieces make no text.
    virtual std::vector<std::uint32_t> ids(std::string_view text) const               = 0;
    virtual std::string                join(std::span<const std::uint32_t> ids) const = 0;

    virtual std::size_t                  size() const noexcept = 0;
    virtual std::uint32_t                unknown() const       = 0;
    virtual std::optional<std::uint32_t> end() const           = 0;  // </s>, if it has one

    virtual const std::string& where() const noexcept = 0;  // the file it came from, for errors
};

// `model` is the content of the file `where`. Checks it first (sentencepiece_check.h). Throws bad_input naming the
// file, also where this build has no SentencePiece.
std::unique_ptr<const SentencePiece> make_sentencepiece(std::string_view model, const std::string& where);
std::unique_ptr<const SentencePiece> open_sentencepiece(const File& file);

inline constexpr std::uint64_t max_sentencepiece_bytes = 8u << 20;

}  // namespace attune

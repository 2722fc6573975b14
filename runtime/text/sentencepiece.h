// A SentencePiece model: text to pieces and back. The library of that name is behind it, and nowhere else:
// sentencepiece.cpp includes it, sentencepiece_absent.cpp stands in where a build has none.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
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
};

// Checks the file first (sentencepiece_check.h). Throws bad_input naming it, also where this build has no
// SentencePiece.
std::unique_ptr<const SentencePiece> open_sentencepiece(const std::filesystem::path& path);

}  // namespace attune

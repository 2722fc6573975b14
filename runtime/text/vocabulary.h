// The pieces that a model knows, by name and by id.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace attune {

class Vocabulary {
public:
    // From a vocab.json: one object, piece -> id. Throws bad_input unless the ids are exactly 0 to n-1,
    // n at most 1,048,576, no piece has over 1,024 bytes, and <unk> is one of them.
    static Vocabulary open(const std::filesystem::path& path);
    static Vocabulary parse(std::string_view json, const std::string& where);

    std::size_t size() const noexcept { return pieces_.size(); }

    // The id of a piece; nothing if it is not here.
    std::optional<std::uint32_t> find(std::string_view piece) const;

    // The piece of an id; bad_input if it is not below size().
    const std::string& piece(std::uint32_t id) const;

    std::uint32_t unknown() const noexcept { return unknown_; }  // the id of <unk>

private:
    // Keys are heap copies of their own rather than views into pieces_: a short string moves with its vector.
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
    };
    std::unordered_map<std::string, std::uint32_t, Hash, std::equal_to<>> ids_;
    std::vector<std::string>                                              pieces_;
    std::uint32_t                                                         unknown_ = 0;
};

}  // namespace attune

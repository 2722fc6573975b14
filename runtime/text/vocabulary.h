// The pieces that a model knows, by name and by id.
#pragma once

#include "base/folder.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace attune {

class Vocabulary {
public:
    // From a vocab.json of at most 16 MiB: one object, piece -> id. Throws bad_input unless the ids are exactly
    // 0 to n-1, n at most 524,288, no piece has over 1,024 bytes, and <unk> is one of them.
    static Vocabulary open(const File& file);
    static Vocabulary parse(std::string_view json, const std::string& where);

    std::size_t size() const noexcept { return pieces_.size(); }

    // The id of a piece; nothing if it is not here.
    std::optional<std::uint32_t> find(std::string_view piece) const;

    // The piece of an id, a view into this object; bad_input if it is not below size().
    std::string_view piece(std::uint32_t id) const;

    std::uint32_t unknown() const noexcept { return unknown_; }  // the id of <unk>

private:
    class Reader;
    struct Piece {
        std::uint32_t begin = 0, size = 0;  // in text_
    };

    std::string_view view(const Piece& piece) const { return std::string_view(text_).substr(piece.begin, piece.size); }

    std::string                text_;     // of all pieces
    std::vector<Piece>         pieces_;   // by id
    std::vector<std::uint32_t> by_name_;  // ids; not hashed, since a file could make all names collide
    std::uint32_t              unknown_ = 0;
};

}  // namespace attune

#include "text/vocabulary.h"

#include "base/file.h"
#include "base/json.h"
#include "base/utf8.h"

#include <attune/error.hpp>

namespace attune {
namespace {

constexpr std::size_t   max_pieces      = 1u << 20;
constexpr std::size_t   max_piece_bytes = 1024;
constexpr std::uint64_t max_file_bytes  = 64u << 20;

}  // namespace

Vocabulary Vocabulary::open(const std::filesystem::path& path) {
    return parse(read_file(path, max_file_bytes), path.string());
}

Vocabulary Vocabulary::parse(std::string_view text, const std::string& where) {
    const auto fail = [&](const std::string& what) {
        throw Error(Status::bad_input, where, what, "expected piece -> id");
    };
    const Json json = parse_json(text, where, {.bytes = max_file_bytes, .depth = 1});
    if (!json.is_object()) fail("is no JSON object");
    if (json.size() > max_pieces) fail("has over 1,048,576 pieces");

    Vocabulary out;
    out.pieces_.resize(json.size());
    out.ids_.reserve(json.size());
    std::vector<bool> taken(json.size(), false);
    for (const auto& [piece, id] : json.items()) {
        if (piece.size() > max_piece_bytes) fail("has the piece " + in_quotes(piece) + " of over 1,024 bytes");
        if (!id.is_number_unsigned())
            fail("gives the piece " + in_quotes(piece) + " an id that is no whole number from 0");
        const auto value = id.get<std::uint64_t>();
        if (value >= taken.size()) fail("gives the piece " + in_quotes(piece) + " an id beyond the number of pieces");
        const auto index = static_cast<std::size_t>(value);
        if (taken[index]) fail("gives the id " + std::to_string(value) + " to two pieces");
        taken[index]       = true;
        out.pieces_[index] = piece;
        out.ids_.emplace(piece, static_cast<std::uint32_t>(value));
    }

    const auto unknown = out.find("<unk>");
    if (!unknown) fail("has no <unk>");
    out.unknown_ = *unknown;
    return out;
}

std::optional<std::uint32_t> Vocabulary::find(std::string_view piece) const {
    const auto it = ids_.find(piece);
    if (it == ids_.end()) return std::nullopt;
    return it->second;
}

const std::string& Vocabulary::piece(std::uint32_t id) const {
    if (id >= pieces_.size())
        throw Error(Status::bad_input, "vocabulary",
                    "there is no piece " + std::to_string(id) + " among " + std::to_string(pieces_.size()));
    return pieces_[id];
}

}  // namespace attune

#include "text/sentencepiece_check.h"

#include "base/utf8.h"
#include "text/charsmap_check.h"
#include "text/protobuf_reader.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <set>
#include <span>
#include <unordered_set>
#include <vector>

namespace attune {
namespace {

constexpr std::size_t max_bytes = 8u << 20, max_pieces = 1u << 17, max_list = 1u << 16;
constexpr std::size_t max_text_bytes = 3u << 19, max_piece_bytes = 512, max_surface_bytes = 64, max_self_test = 64u << 10;
constexpr std::size_t max_nested_user_pieces = 64;

[[noreturn]] void fail(const std::string& where, const std::string& what) {
    throw Error(Status::bad_input, where, what, "the file is damaged or is no SentencePiece model");
}

// ---- the fields that sentencepiece_model.proto names ----

enum class Count { once, many };
struct KnownField {
    std::uint32_t number;
    Wire          wire;
    Count         count = Count::once;
};

constexpr KnownField model_fields[] = {{1, Wire::bytes, Count::many},                             // pieces
                                       {2, Wire::bytes},                                          // trainer_spec
                                       {3, Wire::bytes},                                          // normalizer_spec
                                       {4, Wire::bytes},                                          // self_test_data
                                       {5, Wire::bytes}};                                         // denormalizer_spec
constexpr KnownField piece_fields[] = {{1, Wire::bytes}, {2, Wire::fixed32}, {3, Wire::varint}};  // piece, score, type
constexpr KnownField normalizer_fields[] = {{1, Wire::bytes},                                     // name
                                            {2, Wire::bytes},                     // precompiled_charsmap
                                            {3, Wire::varint},                    // add_dummy_prefix
                                            {4, Wire::varint},                    // remove_extra_whitespaces
                                            {5, Wire::varint},                    // escape_whitespaces
                                            {6, Wire::bytes}};                    // normalization_rule_tsv
constexpr KnownField self_test_fields[]  = {{1, Wire::bytes, Count::many}};       // samples
constexpr KnownField sample_fields[]     = {{1, Wire::bytes}, {2, Wire::bytes}};  // input, expected
// Of the trainer's some fifty fields, those that loading or using a model reads, and the lists.
constexpr KnownField trainer_fields[] = {{1, Wire::bytes, Count::many},   // input
                                         {3, Wire::varint},               // model_type
                                         {5, Wire::bytes, Count::many},   // accept_language
                                         {24, Wire::varint},              // treat_whitespace_as_suffix
                                         {30, Wire::bytes, Count::many},  // control_symbols
                                         {31, Wire::bytes, Count::many},  // user_defined_symbols
                                         {35, Wire::varint},              // byte_fallback
                                         {44, Wire::bytes},               // unk_surface
                                         {45, Wire::bytes},
                                         {46, Wire::bytes},  // the names of the specials
                                         {47, Wire::bytes},
                                         {48, Wire::bytes}};

// Walks a message, checks its fields against the list and hands each of them to `visit`.
template <class Visit>
void walk(std::string_view message, std::span<const KnownField> known, const std::string& where, Visit&& visit) {
    ProtobufReader reader(message, where);
    std::uint64_t  seen = 0;  // by field number; all known ones are below 64
    for (WireField field; reader.next(field);) {
        const auto it =
            std::find_if(known.begin(), known.end(), [&](const KnownField& k) { return k.number == field.number; });
        if (it == known.end()) continue;
        if (it->wire != field.wire) fail(where, "field " + std::to_string(field.number) + " has the wrong type");
        const std::uint64_t bit = std::uint64_t{1} << field.number;
        if (it->count == Count::once && (seen & bit) != 0)
            fail(where, "field " + std::to_string(field.number) + " occurs twice");
        seen |= bit;
        visit(field);
    }
}

// ---- the piece table ----

enum class PieceType { normal = 1, unknown = 2, control = 3, user_defined = 4, unused = 5, byte = 6 };

struct Piece {
    std::string_view text;
    float            score = 0;
    std::uint64_t    type  = 1;
};

Piece read_piece(std::string_view message, const std::string& where) {
    Piece piece;
    walk(message, piece_fields, where, [&](const WireField& field) {
        if (field.number == 1) piece.text = field.bytes;
        if (field.number == 2) piece.score = std::bit_cast<float>(static_cast<std::uint32_t>(field.value));
        if (field.number == 3) piece.type = field.value;
    });
    if (piece.text.empty()) fail(where, "is empty");
    if (piece.text.size() > max_piece_bytes) fail(where, "has over 512 bytes");
    if (piece.text.find('\0') != std::string_view::npos) fail(where, "holds a NUL");
    if (!is_utf8(piece.text)) fail(where, "is not UTF-8");
    if (!std::isfinite(piece.score)) fail(where, "has a score that is no finite number");
    if (piece.type < 1 || piece.type > 6) fail(where, "has the unknown type " + std::to_string(piece.type));
    return piece;
}

// The byte that "<0x0A>" stands for, or -1.
int byte_of(std::string_view text) {
    static constexpr std::string_view digits = "0123456789ABCDEF";
    if (text.size() != 6 || !text.starts_with("<0x") || text[5] != '>') return -1;
    const auto high = digits.find(text[3]), low = digits.find(text[4]);
    return high == std::string_view::npos || low == std::string_view::npos ? -1 : static_cast<int>(high * 16 + low);
}

class PieceTable {
public:
    explicit PieceTable(const std::string& where) : where_(where) {}

    void add(std::string_view message) {
        const std::string place = where_ + ", piece " + std::to_string(names_.size());
        if (names_.size() == max_pieces) fail(where_, "has over 131,072 pieces");
        const Piece piece = read_piece(message, place);
        text_bytes_ += piece.text.size() * (piece.type == static_cast<std::uint64_t>(PieceType::user_defined) ? 2 : 1);
        if (text_bytes_ > max_text_bytes) fail(where_, "has over 1.5 MiB of pieces");
        if (!names_.insert(piece.text).second) fail(place, in_quotes(piece.text) + " is there twice");
        switch (static_cast<PieceType>(piece.type)) {
        case PieceType::normal: has_normal_ = true; break;
        case PieceType::unknown: ++unknown_; break;
        case PieceType::user_defined: user_defined_.insert(piece.text); break;
        case PieceType::byte:
            if (byte_of(piece.text) < 0) fail(place, in_quotes(piece.text) + " is no byte");
            ++bytes_;
            break;
        case PieceType::control:
        case PieceType::unused: break;
        }
    }

    void finish(bool byte_fallback) const {
        if (unknown_ != 1) fail(where_, "has " + std::to_string(unknown_) + " unknown pieces instead of one");
        if (!has_normal_) fail(where_, "has no piece to write text with");
        if (bytes_ != (byte_fallback ? 256u : 0u))
            fail(where_,
                 "has " + std::to_string(bytes_) + " byte pieces and byte_fallback " + (byte_fallback ? "on" : "off"));
        check_nesting();
    }

private:
    // In sorted order the pieces that are prefixes of the present one form a stack.
    void check_nesting() const {
        std::vector<std::string_view> prefixes;
        for (const std::string_view piece : user_defined_) {
            while (!prefixes.empty() && !piece.starts_with(prefixes.back())) prefixes.pop_back();
            prefixes.push_back(piece);
            if (prefixes.size() > max_nested_user_pieces) fail(where_, "nests more than 64 user-defined pieces");
        }
    }

    const std::string&                   where_;
    std::unordered_set<std::string_view> names_;
    std::set<std::string_view>           user_defined_;
    std::size_t                          unknown_ = 0, bytes_ = 0, text_bytes_ = 0;
    bool                                 has_normal_ = false;
};

// ---- the other messages ----

// Returns byte_fallback, which decides what pieces there have to be.
bool check_trainer(std::string_view message, const std::string& where) {
    bool        byte_fallback = false;
    std::size_t list_items    = 0;
    walk(message, trainer_fields, where, [&](const WireField& field) {
        switch (field.number) {
        case 1:
        case 5:
        case 30:
        case 31:
            if (++list_items > max_list) fail(where, "lists over 65,536 strings");
            break;
        case 3:
            if (field.value < 1 || field.value > 4)
                fail(where, "has the unknown model type " + std::to_string(field.value));
            break;
        case 35: byte_fallback = field.value != 0; break;
        case 44:
            if (field.bytes.size() > max_surface_bytes || !is_utf8(field.bytes) ||
                field.bytes.find('\0') != std::string_view::npos)
                fail(where, "shows the unknown piece as something that is not short UTF-8");
            break;
        default: break;
        }
    });
    return byte_fallback;
}

void check_normalizer(std::string_view message, const std::string& where) {
    walk(message, normalizer_fields, where, [&](const WireField& field) {
        if (field.number == 2) check_charsmap(field.bytes, where);
    });
}

void check_self_test(std::string_view message, const std::string& where) {
    if (message.size() > max_self_test) fail(where, "has over 64 KiB");
    walk(message, self_test_fields, where,
         [&](const WireField& field) { walk(field.bytes, sample_fields, where, [](const WireField&) {}); });
}

}  // namespace

void check_sentencepiece(std::string_view model, const std::string& where) {
    if (model.size() > max_bytes) fail(where, "has over 8 MiB");
    PieceTable pieces(where);
    bool       byte_fallback = false;
    walk(model, model_fields, where, [&](const WireField& field) {
        switch (field.number) {
        case 1: pieces.add(field.bytes); break;
        case 2: byte_fallback = check_trainer(field.bytes, where + ", trainer_spec"); break;
        case 3: check_normalizer(field.bytes, where + ", normalizer_spec"); break;
        case 4: check_self_test(field.bytes, where + ", self_test_data"); break;
        case 5: check_normalizer(field.bytes, where + ", denormalizer_spec"); break;
        default: break;
        }
    });
    pieces.finish(byte_fallback);
}

}  // namespace attune

#include "text/vocabulary.h"

#include "base/json.h"
#include "base/utf8.h"

#include <attune/error.hpp>

#include <algorithm>

namespace attune {
namespace {

constexpr std::size_t   max_pieces      = 1u << 19;
constexpr std::size_t   max_piece_bytes = 1024;
constexpr std::uint64_t max_file_bytes  = 16u << 20;

}  // namespace

// Takes the pieces as they come: a tree of them would be several times as large as the file.
class Vocabulary::Reader final : public JsonHandler {
public:
    Reader(std::string_view json, const std::string& where) : JsonHandler(where) { out_.text_.reserve(json.size()); }

    bool null() override { no_id(); }
    bool boolean(bool) override { no_id(); }
    bool number_integer(Json::number_integer_t) override { no_id(); }
    bool number_float(Json::number_float_t, const std::string&) override { no_id(); }
    bool string(std::string&) override { no_id(); }
    bool end_object() override { return true; }
    bool end_array() override { return true; }

    bool start_array(std::size_t) override {
        fail(open_ ? "is nested deeper than one level" : "is no JSON object");
    }
    bool start_object(std::size_t) override {
        if (open_) fail("is nested deeper than one level");
        return open_ = true;
    }

    bool key(std::string& piece) override {
        if (piece.size() > max_piece_bytes) fail("has the piece " + in_quotes(piece) + " of over 1,024 bytes");
        if (entries_.size() == max_pieces) fail("has over 524,288 pieces");
        last_ = {static_cast<std::uint32_t>(out_.text_.size()), static_cast<std::uint32_t>(piece.size())};
        out_.text_ += piece;
        return true;
    }

    bool number_unsigned(Json::number_unsigned_t id) override {
        if (!open_) fail("is no JSON object");
        if (id >= max_pieces) beyond(last_);
        entries_.push_back({last_, static_cast<std::uint32_t>(id)});
        return true;
    }

    Vocabulary take() && {
        if (!open_) fail("is no JSON object");
        out_.pieces_.resize(entries_.size());
        std::vector<bool> taken(entries_.size(), false);
        for (const Entry& entry : entries_) {
            if (entry.id >= taken.size()) beyond(entry.piece);
            if (taken[entry.id]) fail("gives the id " + std::to_string(entry.id) + " to two pieces");
            taken[entry.id]        = true;
            out_.pieces_[entry.id] = entry.piece;
            out_.by_name_.push_back(entry.id);
        }
        const auto name = [this](std::uint32_t id) { return out_.view(out_.pieces_[id]); };
        std::ranges::sort(out_.by_name_, {}, name);
        const auto twice = std::ranges::adjacent_find(out_.by_name_, {}, name);
        if (twice != out_.by_name_.end()) fail("holds the name " + in_quotes(name(*twice)) + " twice");

        const auto unknown = out_.find("<unk>");
        if (!unknown) fail("has no <unk>");
        out_.unknown_ = *unknown;
        return std::move(out_);
    }

private:
    struct Entry {
        Piece         piece;
        std::uint32_t id;
    };

    [[noreturn]] void fail(const std::string& what) const {
        throw Error(Status::bad_input, where(), what, "expected piece -> id");
    }
    [[noreturn]] void no_id() const {
        if (!open_) fail("is no JSON object");
        fail("gives the piece " + in_quotes(out_.view(last_)) + " an id that is no whole number from 0");
    }
    [[noreturn]] void beyond(const Piece& piece) const {
        fail("gives the piece " + in_quotes(out_.view(piece)) + " an id beyond the number of pieces");
    }

    Vocabulary         out_;
    std::vector<Entry> entries_;  // in the order of the file
    Piece              last_;     // whose id comes next
    bool               open_ = false;
};

Vocabulary Vocabulary::open(const File& file) { return parse(file.read(max_file_bytes), file.text()); }

Vocabulary Vocabulary::parse(std::string_view text, const std::string& where) {
    if (text.size() > max_file_bytes) throw Error(Status::bad_input, where, "has over 16 MiB");
    Reader reader(text, where);
    scan_json(text, reader);
    return std::move(reader).take();
}

std::optional<std::uint32_t> Vocabulary::find(std::string_view piece) const {
    const auto name  = [this](std::uint32_t id) { return view(pieces_[id]); };
    const auto found = std::ranges::lower_bound(by_name_, piece, {}, name);
    return found == by_name_.end() || name(*found) != piece ? std::nullopt : std::optional(*found);
}

std::string_view Vocabulary::piece(std::uint32_t id) const {
    if (id >= pieces_.size())
        throw Error(Status::bad_input, "vocabulary",
                    "there is no piece " + std::to_string(id) + " among " + std::to_string(pieces_.size()));
    return view(pieces_[id]);
}

}  // namespace attune

#include "text/charsmap_check.h"

#include "base/utf8.h"

#include <attune/error.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace attune {
namespace {

constexpr std::size_t   max_bytes       = 2u << 20;
constexpr std::size_t   max_replacement = 128;
constexpr unsigned      max_prefixes    = 32;
constexpr std::uint32_t none            = 0xFFFFFFFF;

[[noreturn]] void fail(const std::string& where, const std::string& what) {
    throw Error(Status::bad_input, where, "the normalisation table " + what, "the file is damaged or hostile");
}

std::uint32_t u32_at(std::string_view bytes, std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 4; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
    return value;
}

// One unit: bits 0-7 label, 8 "a value ends here", 9 scale of the offset, 10-30 offset, 31 "I am a value".
struct Unit {
    std::uint32_t bits;

    bool          is_value() const { return bits >> 31 != 0; }
    std::uint32_t value() const { return bits & 0x7FFFFFFF; }
    std::uint32_t label() const { return bits & 0xFF; }
    bool          has_value() const { return (bits >> 8 & 1) != 0; }
    std::uint32_t offset() const { return bits >> 10 << ((bits & 0x200) >> 6); }
};

// The trie as a graph of places. A unit at i continues at the place i ^ offset; the children of a place p
// are the units at p ^ c whose label is the byte c. Units with equal endings may share a place, so that
// the graph has no cycle but need not be a tree.
class TrieCheck {
public:
    TrieCheck(std::string_view trie, std::string_view replacements, const std::string& where)
        : trie_(trie), count_(static_cast<std::uint32_t>(trie.size() / 4)), replacements_(replacements), where_(where) {
    }

    void run() {
        link_children();
        prefixes_.assign(count_, unseen);
        enter(place_after(0), 0);
        while (!path_.empty()) {
            const std::uint32_t child = path_.back().child;
            if (child == none) {
                leave();
                continue;
            }
            path_.back().child        = next_[child];
            const std::uint32_t place = place_after(child);
            const unsigned      own   = unit(child).has_value() ? 1 : 0;
            if (own == 1) check_value(unit(place));
            if (prefixes_[place] == open) fail(where_, "goes round in circles");
            if (prefixes_[place] == unseen)
                enter(place, own);
            else
                count_prefixes(prefixes_[place] + own);
        }
    }

private:
    struct Step {
        std::uint32_t place;
        std::uint32_t child;  // the next one to look at
        unsigned      own;    // 1 if a value ends at the unit that led here
        unsigned      most;   // values on the fullest way down from here
    };
    static constexpr std::uint8_t unseen = 0xFF, open = 0xFE;

    Unit unit(std::uint32_t i) const { return {u32_at(trie_, std::size_t{i} * 4)}; }

    // Where the lookup continues after unit i; any byte may follow there.
    std::uint32_t place_after(std::uint32_t i) const {
        const std::uint32_t place = i ^ unit(i).offset();
        if ((place | 0xFF) >= count_) fail(where_, "points outside itself at unit " + std::to_string(i));
        return place;
    }

    // Lists of the children of each place: first_[place], then next_[child].
    void link_children() {
        first_.assign((std::size_t{count_} | 0xFF) + 1, none);
        next_.assign(count_, none);
        for (std::uint32_t i = 0; i < count_; ++i) {
            if (unit(i).is_value()) continue;
            std::uint32_t& first = first_[i ^ unit(i).label()];
            next_[i]             = first;
            first                = i;
        }
    }

    void enter(std::uint32_t place, unsigned own) {
        prefixes_[place] = open;
        path_.push_back({place, first_[place], own, 0});
    }

    void leave() {
        const Step done = path_.back();
        path_.pop_back();
        prefixes_[done.place] = static_cast<std::uint8_t>(done.most);
        if (!path_.empty()) count_prefixes(done.most + done.own);
    }

    void count_prefixes(unsigned found) {
        if (found > max_prefixes) fail(where_, "nests more than 32 prefixes");
        path_.back().most = std::max(path_.back().most, found);
    }

    void check_value(Unit holder) const {
        const std::size_t at = holder.value();
        if (at >= replacements_.size()) fail(where_, "names a replacement beyond its end");
        if ((static_cast<unsigned char>(replacements_[at]) & 0xC0u) == 0x80u)
            fail(where_, "names a replacement inside a character");
        if (replacements_.substr(at, max_replacement + 1).find('\0') == std::string_view::npos)
            fail(where_, "has a replacement of over 128 bytes");
    }

    std::string_view           trie_;
    std::uint32_t              count_;
    std::string_view           replacements_;
    const std::string&         where_;
    std::vector<std::uint32_t> first_, next_;
    std::vector<std::uint8_t>  prefixes_;  // by place: unseen, open, or the values on the fullest way down
    std::vector<Step>          path_;
};

}  // namespace

void check_charsmap(std::string_view blob, const std::string& where) {
    if (blob.empty()) return;
    if (blob.size() > max_bytes) fail(where, "has over 2 MiB");
    if (blob.size() <= 4) fail(where, "ends inside its header");
    const std::size_t trie_bytes = u32_at(blob, 0);
    if (trie_bytes % 4 != 0) fail(where, "has a trie that is not whole units");
    if (trie_bytes == 0 || trie_bytes >= blob.size() - 4) fail(where, "has a trie of impossible size");

    const std::string_view replacements = blob.substr(4 + trie_bytes);
    if (replacements.back() != '\0') fail(where, "does not end with NUL");
    if (!is_utf8(replacements)) fail(where, "holds replacements that are not UTF-8");
    TrieCheck(blob.substr(4, trie_bytes), replacements, where).run();
}

}  // namespace attune

// u64 magic, checksum, first, best (the longest list that was kept), offsets, words; u64 offsets; u32 words.
#include "formats/shortlist_file.h"

#include "formats/byte_reader.h"
#include "formats/compressed.h"

#include <attune/error.hpp>

#include <algorithm>
#include <cstring>

namespace attune {
namespace {

constexpr std::uint64_t magic = 0xF11A48D5013417F5, most_bytes = 1u << 30;
constexpr std::size_t   checked_from = 16;  // behind magic and checksum

// Over the whole 64-bit words of what follows it; up to 7 bytes at the end are not covered.
std::uint64_t checksum_of(std::span<const std::byte> bytes) {
    std::uint64_t sum = 0;
    for (; bytes.size() >= sizeof(std::uint64_t); bytes = bytes.subspan(sizeof(std::uint64_t))) {
        std::uint64_t word;
        std::memcpy(&word, bytes.data(), sizeof word);
        sum ^= word + 0x9E3779B9 + (sum << 6) + (sum >> 2);
    }
    return sum;
}

template <class Number> std::vector<Number> numbers(ByteReader& reader, std::uint64_t count) {
    if (count > reader.left() / sizeof(Number)) reader.fail("claims more numbers than it can hold");
    std::vector<Number> out(static_cast<std::size_t>(count));
    const auto          bytes = reader.take(count * sizeof(Number));
    if (!bytes.empty()) std::memcpy(out.data(), bytes.data(), bytes.size());
    return out;
}

}  // namespace

ShortlistFile ShortlistFile::open(const File& file, std::uint64_t vocabulary) {
    const FileBytes bytes = read_plain_or_compressed(file, most_bytes);
    ByteReader      reader(bytes.bytes(), file.text(), "the shortlist");
    if (reader.u64() != magic) reader.fail("is none of Marian's binary ones");
    const std::uint64_t checksum = reader.u64();
    ShortlistFile       out;
    out.first_ = std::min(reader.u64(), vocabulary);
    reader.u64();  // the longest list: nothing depends on it
    const std::uint64_t offsets = reader.u64(), words = reader.u64();
    out.offsets_ = numbers<std::uint64_t>(reader, offsets);
    out.lists_   = numbers<std::uint32_t>(reader, words);
    if (reader.left() != 0) reader.fail("goes on after its lists");
    if (checksum != checksum_of(bytes.bytes().subspan(checked_from))) reader.fail("is damaged: its checksum is wrong");

    if (out.offsets_.empty() || out.offsets_.front() != 0) reader.fail("has no offset 0 for its first word");
    if (!std::ranges::is_sorted(out.offsets_) || out.offsets_.back() > words)
        reader.fail("has offsets that do not ascend to the end of its lists");
    // One offset per word and the end; some writers left the end out.
    if (out.offsets_.back() != words) out.offsets_.push_back(words);
    const auto beyond = std::ranges::find_if(out.lists_, [&](std::uint32_t word) { return word >= vocabulary; });
    if (beyond != out.lists_.end())
        reader.fail("lists the word " + std::to_string(*beyond) + ", beyond a vocabulary of " +
                    std::to_string(vocabulary));
    return out;
}

std::span<const std::uint32_t> ShortlistFile::targets(std::uint32_t source) const noexcept {
    if (source >= source_words()) return {};
    return std::span(lists_).subspan(offsets_[source], offsets_[source + 1] - offsets_[source]);
}

}  // namespace attune

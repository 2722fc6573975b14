#include "formats/codecs.h"

#include <attune/error.hpp>

#include <zlib.h>

#include <algorithm>
#include <new>
#include <vector>

namespace attune {
namespace {

constexpr std::size_t piece_bytes  = 64u << 10;
constexpr std::size_t most_at_once = 1u << 30;  // zlib counts in 32 bits

// Window sizes as zlib encodes them: 32 KiB, with the wrapping that is expected around the stream.
constexpr int raw_window = -MAX_WBITS, gzip_window = MAX_WBITS + 16;

// zlib's state; `bytes` are those that it has not taken yet.
class Inflater {
public:
    Inflater(int window, std::span<const std::byte> bytes, std::string where, std::string part)
        : bytes_(bytes), where_(std::move(where)), part_(std::move(part)) {
        if (inflateInit2(&stream_, window) != Z_OK) throw std::bad_alloc();
    }
    Inflater(const Inflater&)            = delete;
    Inflater& operator=(const Inflater&) = delete;
    ~Inflater() { inflateEnd(&stream_); }

    std::span<const std::byte> left() const noexcept { return bytes_; }
    bool                       ended() const noexcept { return ended_; }

    void next_member() {
        inflateReset(&stream_);
        ended_ = false;
    }

    // Fills `out` as far as it comes, and returns what it filled: less than asked for only at the end.
    std::span<const std::byte> into(std::span<std::byte> out) {
        std::size_t filled = 0;
        while (filled < out.size() && !ended_) {
            const auto in   = bytes_.first(std::min(bytes_.size(), most_at_once));
            const auto room = out.subspan(filled, std::min(out.size() - filled, most_at_once));
            // zlib does not write to its input; its header says so only where ZLIB_CONST is defined.
            stream_.next_in   = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(in.data()));
            stream_.avail_in  = static_cast<uInt>(in.size());
            stream_.next_out  = reinterpret_cast<Bytef*>(room.data());
            stream_.avail_out = static_cast<uInt>(room.size());
            const int result  = inflate(&stream_, Z_NO_FLUSH);
            bytes_            = bytes_.subspan(in.size() - stream_.avail_in);
            filled += room.size() - stream_.avail_out;
            ended_ = result == Z_STREAM_END;
            if (result == Z_MEM_ERROR) throw std::bad_alloc();
            if (result == Z_BUF_ERROR && bytes_.empty()) fail("ends early");
            if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
                fail(std::string("is damaged: ") + (stream_.msg ? stream_.msg : "no deflate stream"));
        }
        return out.first(filled);
    }

    [[noreturn]] void fail(const std::string& what) const {
        throw Error(Status::bad_input, where_, part_ + " " + what);
    }

private:
    z_stream                   stream_ = {};
    std::span<const std::byte> bytes_;
    std::string                where_, part_;
    bool                       ended_ = false;
};

bool is_gzip(std::span<const std::byte> bytes) {
    return bytes.size() >= 2 && bytes[0] == std::byte{0x1F} && bytes[1] == std::byte{0x8B};
}

}  // namespace

void unpack_gzip(std::span<const std::byte> bytes, const std::string& where, const TakeBytes& take) {
    Inflater               inflater(gzip_window, bytes, where, "the gzip stream");
    std::vector<std::byte> piece(piece_bytes);
    for (;;) {
        while (!inflater.ended()) take(inflater.into(piece));
        if (inflater.left().empty()) return;
        if (!is_gzip(inflater.left())) inflater.fail("is followed by bytes that do not belong to it");
        inflater.next_member();
    }
}

void inflate_into(std::span<std::byte> out, std::span<const std::byte> bytes, std::uint32_t checksum,
                  const std::string& where, const std::string& part) {
    Inflater  inflater(raw_window, bytes, where, part);
    std::byte beyond[1];
    if (inflater.into(out).size() != out.size()) inflater.fail("unpacks to less than the archive says");
    if (!inflater.ended() && !inflater.into(beyond).empty()) inflater.fail("unpacks to more than the archive says");
    if (!inflater.left().empty()) inflater.fail("is followed by bytes that do not belong to it");
    uLong sum = crc32_z(0, reinterpret_cast<const Bytef*>(out.data()), out.size());
    if (out.empty()) sum = crc32_z(0, nullptr, 0);
    if (sum != checksum) inflater.fail("is damaged: its checksum is wrong");
}

}  // namespace attune

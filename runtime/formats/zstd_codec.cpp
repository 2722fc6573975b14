#include "formats/byte_reader.h"
#include "formats/codecs.h"

#include <attune/error.hpp>

#include <zstd.h>

#include <algorithm>
#include <bit>
#include <memory>
#include <new>
#include <vector>

namespace attune {
namespace {

constexpr std::size_t piece_bytes      = 64u << 10;
constexpr int         least_window_log = 23, most_window_log = 27;  // 8 MiB, which level 19 uses, to 128 MiB

[[noreturn]] void fail(const std::string& where, const std::string& what) {
    throw Error(Status::bad_input, where, "the zstd stream " + what);
}

// A frame of today's format, or one that decoders skip. The library may know formats of before 1.0 too, which
// nobody needs here.
void expect_frame(std::span<const std::byte> bytes, const std::string& where) {
    constexpr std::uint32_t frame_mark = 0xFD2FB528, skippable_mark = 0x184D2A50, skippable_mask = 0xFFFFFFF0;
    if (bytes.size() < 4) fail(where, "is followed by bytes that do not belong to it");
    const std::uint32_t mark = ByteReader(bytes, where, "a zstd frame").u32();
    if (mark != frame_mark && (mark & skippable_mask) != skippable_mark)
        fail(where, "is followed by bytes that do not belong to it");
}

}  // namespace

void unpack_zstd(std::span<const std::byte> bytes, const std::string& where, std::uint64_t most_window,
                 const TakeBytes& take) {
    const std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(), ZSTD_freeDCtx);
    if (!context) throw std::bad_alloc();
    const int window_log = static_cast<int>(std::bit_width(most_window));
    ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax,
                           std::clamp(window_log, least_window_log, most_window_log));

    std::vector<std::byte> piece(piece_bytes);
    ZSTD_inBuffer          in{bytes.data(), bytes.size(), 0};
    while (in.pos < in.size) {
        expect_frame(bytes.subspan(in.pos), where);
        for (std::size_t wanted = 1; wanted != 0;) {
            const std::size_t before = in.pos;
            ZSTD_outBuffer    out{piece.data(), piece.size(), 0};
            wanted = ZSTD_decompressStream(context.get(), &out, &in);
            if (ZSTD_isError(wanted)) fail(where, std::string("cannot be unpacked: ") + ZSTD_getErrorName(wanted));
            take(std::span(piece).first(out.pos));
            if (wanted != 0 && in.pos == before && out.pos == 0) fail(where, "ends early");
        }
    }
}

}  // namespace attune

// In the place of zlib_codec.cpp and zstd_codec.cpp where attune is built with ATTUNE_MARIAN=OFF.
#include "formats/codecs.h"

#include <attune/error.hpp>

namespace attune {
namespace {

[[noreturn]] void refuse(const std::string& where) {
    throw Error(Status::bad_input, where, "this build of attune reads no compressed files",
                "build it with ATTUNE_MARIAN=ON, or unpack the file");
}

}  // namespace

void unpack_gzip(std::span<const std::byte>, const std::string& where, const TakeBytes&) { refuse(where); }
void unpack_zstd(std::span<const std::byte>, const std::string& where, std::uint64_t, const TakeBytes&) {
    refuse(where);
}
void inflate_into(std::span<std::byte>, std::span<const std::byte>, std::uint32_t, const std::string& where,
                  const std::string&) {
    refuse(where);
}

}  // namespace attune

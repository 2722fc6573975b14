#include "formats/compressed.h"

#include "support/expect_error.h"
#include "support/marian_writer.h"
#include "support/temporary_folder.h"

#include <random>
#include <vector>

using namespace attune;
using namespace attune::test;

namespace {

constexpr std::uint64_t no_limit = ~std::uint64_t{0};

std::string text_of(const FileBytes& file) {
    return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

// Bytes that shrink by about a half.
std::string some_bytes(std::size_t count) {
    std::mt19937 random(static_cast<std::uint32_t>(count));
    std::string  out(count, '\0');
    for (char& byte : out) byte = static_cast<char>(random() % 16);
    return out;
}

}   // namespace

TEST_CASE("files are the same plain, compressed, and in several parts") {
    const TemporaryFolder folder;
    for (const std::size_t count : {0u, 1u, 65'536u, 65'537u, 1'000'000u}) {
        CAPTURE(count);
        const std::string bytes = some_bytes(count), again = bytes + bytes;
        CHECK(text_of(read_plain_or_compressed(folder.write("f", bytes), no_limit)) == bytes);
        for (const auto& pack : {gzip_bytes, zstd_bytes}) {
            const std::string packed = pack(bytes);
            CHECK(text_of(read_plain_or_compressed(folder.write("f", packed), no_limit)) == bytes);
            CHECK(text_of(read_plain_or_compressed(folder.write("f", packed + packed), no_limit)) == again);
            CHECK(text_of(read_plain_or_compressed(folder.write("f", packed), bytes.size())) == bytes);
        }
    }
}

TEST_CASE("bytes stay where they are when they move") {
    const TemporaryFolder folder;
    const std::string     bytes = some_bytes(5000);
    for (const std::string& content : {bytes, gzip_bytes(bytes)}) {
        FileBytes        first = read_plain_or_compressed(folder.write("f", content), no_limit);
        const auto*      where = first.bytes().data();
        const FileBytes  moved = std::move(first);
        CHECK(moved.bytes().data() == where);
        CHECK(text_of(moved) == bytes);
    }
}

TEST_CASE("more than the limit is refused, and so is what unpacks to more than 64 times the file and 1 MiB") {
    const TemporaryFolder folder;
    const std::string     bytes = some_bytes(1000);
    for (const std::string& content : {bytes, gzip_bytes(bytes), zstd_bytes(bytes)})
        expect_error(Status::bad_input, {"f", "999", "allowed"},
                     [&] { read_plain_or_compressed(folder.write("f", content), 999); });

    // A run of zeros shrinks a thousandfold: what is allowed depends on the file it makes.
    for (const auto& pack : {gzip_bytes, zstd_bytes}) {
        const std::string packed = pack(std::string(8u << 20, '\0'));
        const auto        most   = most_unpacked(packed.size());
        REQUIRE(most < (8u << 20));
        expect_error(Status::bad_input, {"f", std::to_string(most)},
                     [&] { read_plain_or_compressed(folder.write("f", packed), no_limit); });
        const std::string small = pack(std::string(1u << 20, '\0'));
        CHECK(read_plain_or_compressed(folder.write("f", small), no_limit).bytes().size() == 1u << 20);
    }
    CHECK(most_unpacked(0) == 1u << 20);
    CHECK(most_unpacked(10) == 640 + (1u << 20));
    CHECK(most_unpacked(no_limit) == no_limit);
}

#include "base/platform.h"

#include "base/file.h"
#include "support/expect_error.h"
#include "support/temporary_folder.h"

#include <cstring>
#include <utility>

using namespace attune;
using test::expect_error;

TEST_CASE("a mapped file shows its bytes and can be moved") {
    const test::TemporaryFolder folder;
    MappedFile                  file = MappedFile::open(folder.write("a", "hello"));
    CHECK(file.bytes().size() == 5);
    MappedFile moved = std::move(file);
    CHECK(std::memcmp(moved.bytes().data(), "hello", 5) == 0);
    CHECK(moved.path().filename() == "a");
    MappedFile other = MappedFile::open(folder.write("b", "x"));
    other            = std::move(moved);
    CHECK(other.bytes().size() == 5);
}

TEST_CASE("an empty file maps to no bytes") {
    const test::TemporaryFolder folder;
    CHECK(MappedFile::open(folder.write("empty", "")).bytes().empty());
    CHECK(read_file(folder.write("empty", ""), 0).empty());
}

TEST_CASE("files that are not there, or are none, are errors that name them") {
    const test::TemporaryFolder folder;
    expect_error(Status::bad_input, {"absent", "opened"}, [&] { MappedFile::open(folder.path() / "absent"); });
    expect_error(Status::bad_input, {folder.path().string(), "plain file"}, [&] { MappedFile::open(folder.path()); });
    expect_error(Status::bad_input, {folder.path().string(), "plain file"}, [&] { read_file(folder.path(), 10); });
    expect_error(Status::bad_input, {"absent", "opened"}, [&] { read_file(folder.path() / "absent", 10); });
}

TEST_CASE("a file read whole obeys its limit") {
    const test::TemporaryFolder folder;
    const auto                  path = folder.write("five", std::string("a\0b\nc", 5));
    CHECK(read_file(path, 5) == std::string("a\0b\nc", 5));
    expect_error(Status::bad_input, {"five", "5 bytes"}, [&] { read_file(path, 4); });
}

TEST_CASE("a file stays mapped when its own object has ended") {
    const test::TemporaryFolder folder;
    const auto                  path = folder.write("c", "kept");
    std::span<const std::byte>  bytes;
    {
        const PlainFile file(path);
        CHECK(file.size() == 4);
        bytes = file.map();
    }
    REQUIRE(bytes.size() == 4);
    CHECK(std::memcmp(bytes.data(), "kept", 4) == 0);
    unmap(bytes);
    unmap({});
}

TEST_CASE("a file is read in pieces up to its end") {
    const test::TemporaryFolder folder;
    PlainFile                   file(folder.write("d", "abcde"));
    char                        text[4] = {};
    CHECK(file.read(std::span(text, 3)) == 3);
    CHECK(std::string(text) == "abc");
    CHECK(file.read(std::span(text, 3)) == 2);
    CHECK(std::string(text, 2) == "de");
    CHECK(file.read(std::span(text, 3)) == 0);
}

TEST_CASE("file names beyond ASCII go through UTF-8 both ways") {
    const test::TemporaryFolder folder;
    for (const char* name : {"gr\xC3\xBC\xC3\x9F", "\xE6\xA8\xA1\xE5\x9E\x8B", "\xF0\x9F\x98\x80 x"}) {
        CAPTURE(name);
        const std::filesystem::path path = folder.path() / path_from(name);
        CHECK(path_text(path).ends_with(name));
        CHECK(path_text(path_from(name)) == name);
        expect_error(Status::bad_input, {name, "opened"}, [&] { read_file(path, 10); });
        std::filesystem::copy_file(folder.write("plain", "x"), path);
        CHECK(read_file(path, 10) == "x");
        std::filesystem::remove(folder.path() / "plain");
    }
}

#ifdef _WIN32
constexpr const char* maths_library = "msvcrt.dll";
#else
constexpr const char* maths_library = "libm.so.6";
#endif

TEST_CASE("a shared library that is not there is empty, one that is has symbols") {
    const SharedLibrary none = SharedLibrary::open("libattune_no_such_library.so.0");
    CHECK_FALSE(none);
    CHECK(none.symbol("cos") == nullptr);

    SharedLibrary maths = SharedLibrary::open(maths_library);
    REQUIRE(maths);
    CHECK(maths.symbol("cos") != nullptr);
    CHECK(maths.symbol("attune_no_such_symbol") == nullptr);
    const SharedLibrary moved = std::move(maths);
    CHECK(moved.symbol("cos") != nullptr);
}

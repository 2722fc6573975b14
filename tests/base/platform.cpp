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

TEST_CASE("a shared library that is not there is empty, one that is has symbols") {
    const SharedLibrary none = SharedLibrary::open("libattune_no_such_library.so.0");
    CHECK_FALSE(none);
    CHECK(none.symbol("cos") == nullptr);

    SharedLibrary maths = SharedLibrary::open("libm.so.6");
    REQUIRE(maths);
    CHECK(maths.symbol("cos") != nullptr);
    CHECK(maths.symbol("attune_no_such_symbol") == nullptr);
    const SharedLibrary moved = std::move(maths);
    CHECK(moved.symbol("cos") != nullptr);
}

TEST_CASE("a descriptor that is not open is no terminal") { CHECK_FALSE(is_terminal(-1)); }

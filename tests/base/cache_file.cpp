// A program's cache file: what was set comes back, and what cannot be used is ignored with a reason.
#include "support/expect_error.h"
#include "support/temporary_folder.h"

#include <attune/cache_file.hpp>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

using namespace attune;
using namespace attune::test;

namespace {

std::vector<std::byte> bytes_of(std::string_view text) {
    const auto bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
}

std::string text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string content(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void write(const std::filesystem::path& path, const std::string& name, std::string_view text) {
    CacheFile file(path);
    file.set(name, bytes_of(text));
    file.write();
}

std::size_t files_in(const std::filesystem::path& folder) {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

// The file is ignored for a reason with this word, and a new one takes its place.
void check_ignored(const std::filesystem::path& path, const char* word) {
    CacheFile file(path);
    CAPTURE(file.why_ignored());
    CHECK(file.why_ignored().find(word) != std::string::npos);
    CHECK(file.section("one").empty());
    file.set("one", bytes_of("new"));
    file.write();
    const CacheFile again(path);
    CHECK(again.why_ignored() == "");
    CHECK(text_of(again.section("one")) == "new");
}

}  // namespace

TEST_CASE("sections of a cache file come back, and the folder is made") {
    const TemporaryFolder folder;
    const auto            path = folder.path() / "some" / "where" / "cache";
    CacheFile             file(path);
    CHECK(file.why_ignored() == "");
    CHECK(file.section("one").empty());
    const std::string long_name(255, 'n'), zeros(100'000, '\0');
    file.set("one", bytes_of("1"));
    file.set("nothing", {});
    file.set(long_name, bytes_of(zeros));
    CHECK(text_of(file.section("one")) == "1");
    CHECK_FALSE(std::filesystem::exists(path));
    file.write();

    CacheFile read(path);
    CHECK(read.why_ignored() == "");
    CHECK(text_of(read.section("one")) == "1");
    CHECK(text_of(read.section(long_name)) == zeros);
    CHECK(read.section("nothing").empty());
    CHECK(read.section("two").empty());
    read.set("one", bytes_of("another 1"));
    CHECK(text_of(read.section("one")) == "another 1");
    read.write();
    CHECK(text_of(CacheFile(path).section("one")) == "another 1");
    CHECK(text_of(CacheFile(path).section(long_name)) == zeros);
    CHECK(files_in(path.parent_path()) == 1);
    expect_error(Status::usage, {"0 bytes"}, [&] { file.set("", {}); });
    expect_error(Status::usage, {"256 bytes"}, [&] { file.set(long_name + "n", {}); });
}

TEST_CASE("what other programs wrote since a cache file was read stays") {
    const TemporaryFolder folder;
    const auto            path = folder.path() / "cache";
    CacheFile             mine(path);
    write(path, "theirs", "t");
    write(path, "both", "t");
    mine.set("mine", bytes_of("m"));
    mine.set("both", bytes_of("m"));
    mine.write();
    const CacheFile all(path);
    CHECK(text_of(all.section("theirs")) == "t");
    CHECK(text_of(all.section("mine")) == "m");
    CHECK(text_of(all.section("both")) == "m");
}

TEST_CASE("a cache file with any byte changed, or cut anywhere, is ignored and replaced") {
    const TemporaryFolder folder;
    const auto            path = folder.path() / "cache";
    write(path, "one", "the bytes of a section");
    write(path, "two", "");
    const std::string good = content(path);
    REQUIRE(good.size() > 60);
    const auto expect_ignored = [&](const std::string& bytes, std::size_t at) {
        const CacheFile file(folder.write("cache", bytes));
        CAPTURE(at);
        CHECK(file.why_ignored() != "");
        CHECK(file.section("one").empty());
    };
    for (std::size_t size = 0; size < good.size(); ++size) expect_ignored(good.substr(0, size), size);
    for (std::size_t at = 0; at < good.size(); ++at)
        for (int bit = 0; bit < 8; ++bit) {
            std::string changed = good;
            changed[at]         = static_cast<char>(changed[at] ^ (1 << bit));
            expect_ignored(changed, at);
        }
    expect_ignored(good + '\0', good.size());
    folder.write("cache", good);
    CHECK(text_of(CacheFile(path).section("one")) == "the bytes of a section");

    std::string newer = good;
    newer[8]          = 2;
    folder.write("cache", newer);
    check_ignored(path, "version");
    folder.write("cache", good.substr(0, good.size() - 1));
    check_ignored(path, "damaged");
    folder.write("cache", "");
    check_ignored(path, "empty");
}

TEST_CASE("somebody's file that is no cache is left alone") {
    const TemporaryFolder folder;
    for (const std::string text : {"x", "a letter, much longer than the header of a cache file is"}) {
        CacheFile file(folder.write("letter", text));
        CHECK(file.why_ignored() == "is no cache of attune's");
        file.set("one", bytes_of("1"));
        expect_error(Status::bad_input, {"letter", "is no cache of attune's", "stays"}, [&] { file.write(); });
        CHECK(content(folder.path() / "letter") == text);
        CHECK(files_in(folder.path()) == 1);
    }
}

TEST_CASE("a cache file that cannot be read or written says so and leaves nothing behind") {
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder.path() / "folder");
    CacheFile in_the_way(folder.path() / "folder");
    CHECK(in_the_way.why_ignored().find("not a plain file") != std::string::npos);
    in_the_way.set("one", bytes_of("1"));
    expect_error(Status::bad_input, {"folder", "cannot be written"}, [&] { in_the_way.write(); });
    CHECK(files_in(folder.path()) == 1);

    CacheFile below_a_file(folder.write("file", "") / "cache");
    CHECK(below_a_file.why_ignored() == "");
    below_a_file.set("one", bytes_of("1"));
    expect_error(Status::bad_input, {"cannot be written"}, [&] { below_a_file.write(); });
    CHECK(files_in(folder.path()) == 2);
}

TEST_CASE("a cache file that many write at once is whole whenever it is read") {
    const TemporaryFolder    folder;
    const auto               path = folder.path() / "cache";
    std::vector<std::thread> writers;
    std::atomic<int>         failed{0};
    write(path, "all", std::string(5000, 'x'));
    for (char name = 'a'; name < 'e'; ++name)
        writers.emplace_back([&path, &failed, name] {
            for (std::size_t i = 0; i < 20; ++i) try {
                    write(path, std::string(1, name), std::string(500 * i, name));
                } catch (const Error&) { ++failed; }
        });
    for (int i = 0; i < 200; ++i) {
        const CacheFile file(path);
        CHECK(file.why_ignored() == "");
        CHECK(file.section("all").size() == 5000);
        for (char name = 'a'; name < 'e'; ++name)
            CHECK(std::ranges::all_of(file.section(std::string(1, name)),
                                      [&](std::byte one) { return one == static_cast<std::byte>(name); }));
    }
    for (std::thread& one : writers) one.join();
#ifndef _WIN32  // which refuses to replace a file that somebody reads
    CHECK(failed == 0);
#endif
    CHECK(CacheFile(path).section("all").size() == 5000);
    CHECK(files_in(folder.path()) == 1);
}

#include "base/folder.h"

#include "support/expect_error.h"
#include "support/host_folder.h"
#include "support/temporary_folder.h"

using namespace attune;
using test::expect_error;

namespace {

std::string text_of(const FileBytes& file) {
    return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

ModelFile named(std::string name) { return {.name = std::move(name)}; }

}  // namespace

TEST_CASE("a folder says the same of its files, whoever has them") {
    const test::TemporaryFolder disk;
    for (const char* name : {"b", "a.json", "empty"}) disk.write(name, name == std::string("empty") ? "" : name);
    const test::HostFolder host(disk.path());
    for (const ModelSource& source :
         {ModelSource(disk.path()), ModelSource(host.in_memory()), ModelSource(host.by_callback())}) {
        const Folder folder = source;
        CHECK(folder.exists());
        CHECK(folder.names() == std::vector<std::string>{"a.json", "b", "empty"});
        CHECK((folder / "b").exists());
        CHECK((folder / "b").name() == "b");
        CHECK(text_of((folder / "a.json").open()) == "a.json");
        CHECK((folder / "a.json").read(6) == "a.json");
        CHECK((folder / "empty").open().bytes().empty());
        CHECK((folder / "empty").read(0).empty());
        expect_error(Status::bad_input, {"a.json] has 6 bytes, more than the 5 allowed"},
                     [&] { (folder / "a.json").read(5); });
        CHECK_FALSE((folder / "c").exists());
        expect_error(Status::bad_input, {"c] cannot be opened: "}, [&] { (folder / "c").open(); });
        expect_error(Status::bad_input, {"c] cannot be opened: "}, [&] { (folder / "c").read(1); });
    }
    CHECK((Folder(disk.path()) / "b").text() == path_text(disk.path() / "b"));
    CHECK((Folder(host.in_memory()) / "b").text() == "b");
    CHECK(File(disk.path() / "b").text() == path_text(disk.path() / "b"));
    CHECK_FALSE(Folder(disk.path() / "nowhere").exists());
    CHECK(Folder(disk.path() / "nowhere").names().empty());
}

TEST_CASE("a host's files in memory are used where they are") {
    const std::string content(100, 'x');
    const auto        bytes = std::as_bytes(std::span(content));
    const Folder      folder(std::vector<ModelFile>{{.name = "f", .bytes = bytes}});
    CHECK((folder / "f").open().bytes().data() == bytes.data());
}

TEST_CASE("names that no folder has, and files given twice over, are refused") {
    const struct {
        std::vector<ModelFile> files;
        Status                 status;
        const char*            words;
    } rows[] = {
        {{}, Status::bad_input, "[model files] are none at all"},
        {{named("")}, Status::bad_input, "the name \"\", which is not a plain file name"},
        {{named("a"), named("sub/x")}, Status::bad_input, "the name \"sub/x\", which"},
        {{named("sub\\x")}, Status::bad_input, "not a plain"},
        {{named("/x")}, Status::bad_input, "not a plain"},
        {{named("..")}, Status::bad_input, "not a plain"},
        {{named("c:x")}, Status::bad_input, "not a plain"},
        {{named(std::string("a\0b", 3))}, Status::bad_input, "not a plain"},
        {{named("\xFF")}, Status::bad_input, "not a plain"},
        {{named(std::string(256, 'a'))}, Status::bad_input, "not a plain"},
        {{named("a"), named("b"), named("a")}, Status::bad_input, "[model files] hold the name \"a\" twice"},
        {{{.name = "a", .bytes = {}, .size = 1}}, Status::usage, "[a] has 0 bytes in memory, but the size 1"},
        {{{.name  = "a",
           .bytes = std::as_bytes(std::span("x")),
           .read  = [](std::uint64_t, std::span<std::byte>) { return true; }}},
         Status::usage,
         "[a] is given both"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.words);
        expect_error(row.status, {row.words}, [&] { ModelSource source(row.files); });
    }
    CHECK(Folder(std::vector<ModelFile>{named(std::string(255, 'a')), named("A"), named("a b.c")}).names().size() == 3);
}

TEST_CASE("a callback is asked for all of a file in order, and at most 1 MiB at once") {
    constexpr std::uint64_t    mib = 1u << 20, size = 2 * mib + 3;
    std::vector<std::uint64_t> offsets, counts;
    std::uint64_t              end  = size;  // of what the host really has
    const auto                 read = [&](std::uint64_t offset, std::span<std::byte> out) {
        offsets.push_back(offset), counts.push_back(out.size());
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::byte>((offset + i) % 251);
        return offset + out.size() <= end;
    };
    const auto folder_of = [&](std::uint64_t claimed) {
        return Folder(std::vector<ModelFile>{{.name = "f", .read = read, .size = claimed}});
    };

    const Folder folder = folder_of(size);
    CHECK((folder / "f").exists());
    CHECK(offsets.empty());  // nothing is read before it is needed
    expect_error(Status::bad_input, {"f", "allowed"}, [&] { (folder / "f").read(size - 1); });
    CHECK(offsets.empty());
    const FileBytes file = (folder / "f").open();
    CHECK(offsets == std::vector<std::uint64_t>{0, mib, 2 * mib});
    CHECK(counts == std::vector<std::uint64_t>{mib, mib, 3});
    REQUIRE(file.bytes().size() == size);
    for (std::uint64_t i = 0; i < size; i += 4099) CHECK(file.bytes()[i] == static_cast<std::byte>(i % 251));
    CHECK(file.bytes()[size - 1] == static_cast<std::byte>((size - 1) % 251));

    for (std::uint64_t call = 0; call < 3; ++call) {  // fails at each of them
        end = call * mib;
        offsets.clear();
        expect_error(Status::bad_input, {"[f] cannot be read", "from byte " + std::to_string(end) + " of"},
                     [&] { (folder / "f").open(); });
        CHECK(offsets.size() == call + 1);
    }
    end = size;
    for (const std::uint64_t claimed : {std::uint64_t{1} << 50, ~std::uint64_t{0}})  // takes no memory to refuse
        expect_error(Status::bad_input, {"[f] cannot be read", "from byte 2097152 of"},
                     [&] { (folder_of(claimed) / "f").open(); });

    const auto   throws = [](std::uint64_t, std::span<std::byte>) -> bool { throw std::string("the host's"); };
    const Folder thrown(std::vector<ModelFile>{{.name = "f", .read = throws, .size = 1}});
    CHECK_THROWS_AS((thrown / "f").open(), std::string);
}

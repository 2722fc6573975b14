// Files of a host instead of a folder's: sound or broken, they end in the same way, with the same words.
#include "support/expect_error.h"
#include "support/formats.h"
#include "support/host_folder.h"

#include <cstdio>
#include <optional>

using namespace attune;
using namespace attune::test;

namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
        text.replace(at, from.size(), to);
    return text;
}

// What opening came to; "" if it succeeded.
std::string opened(const Format& format, const ModelSource& source) {
    std::uint64_t largest_tensor = 0;
    try {
        format.open(source, largest_tensor);
        return "";
    } catch (const Error& error) { return std::string(status_name(error.status())) + ": " + error.what(); }
}

// The file whole, of some lengths, and not at all.
std::vector<std::optional<std::string>> variants_of(const std::string& valid) {
    std::vector<std::optional<std::string>> variants = {valid, std::nullopt};
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, valid.size() / 2, valid.size() - 1})
        variants.emplace_back(valid.substr(0, size));
    return variants;
}

}  // namespace

TEST_CASE("files of a host are opened as a folder's are, and refused in the same words but for its path") {
    std::size_t same = 0, refused = 0;
    for (const Format& format : all_formats()) {
        CAPTURE(format.name);
        for (const auto& variant : variants_of(format.valid())) {
            CAPTURE(variant.value_or("no file"));
            const TemporaryFolder disk;
            format.around(disk);
            disk.write(format.file, variant.value_or(""));
            if (!variant) std::filesystem::remove(disk.path() / format.file);
            const HostFolder host(disk.path());
            if (host.files.empty()) continue;  // a list of none is another error
            const std::string path  = disk.path().string();
            const std::string found = opened(format, disk.path());
            const std::string told  = replaced(replaced(found, path + "/", ""), path, "model files");
            CHECK(opened(format, host.in_memory()) == told);
            CHECK(opened(format, host.by_callback()) == told);
            ++same;
            refused += !found.empty();
        }
    }
    CHECK(same >= 6 * all_formats().size() - 20);
    CHECK(refused > same / 2);
    CHECK(refused < same);
    std::printf("%zu folders, of which %zu are refused\n", same, refused);
}

TEST_CASE("a callback that fails at any call is refused by the name of its file, and may do better later") {
    std::size_t failures = 0;
    for (const Format& format : all_formats()) {
        CAPTURE(format.name);
        const TemporaryFolder disk;
        format.around(disk);
        disk.write(format.file, format.valid());
        const HostFolder         host(disk.path());
        std::vector<std::string> reads;
        std::size_t              failing = 0;  // counted from 1; 0: none
        const ModelSource        source  = host.by_callback([&](const std::string& name) {
            reads.push_back(name);
            return reads.size() != failing;
        });
        CHECK(opened(format, source) == "");
        const auto sound = reads;
        CHECK_FALSE(sound.empty());
        for (failing = 1; failing <= sound.size(); ++failing, ++failures) {
            reads.clear();
            const std::string found = opened(format, source);
            CHECK(found.starts_with("bad_input: [" + sound[failing - 1] + "] cannot be read: the host gave none"));
            CHECK(reads.size() == failing);  // and nothing is asked for after it
        }
        reads.clear();
        failing = 0;
        CHECK(opened(format, source) == "");
        CHECK(reads == sound);
    }
    CHECK(failures > all_formats().size());
}

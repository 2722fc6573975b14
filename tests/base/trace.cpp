#include "base/trace.h"

#include <doctest/doctest.h>

#include <vector>

using namespace attune;

TEST_CASE("text is told line by line, at the levels that are shown") {
    std::vector<std::string> lines;
    const Trace              trace{.level = 2, .line = [&](const std::string& line) { lines.push_back(line); }};
    tell(trace, 3, "plan", "hidden\n");
    tell(trace, 2, "model", "one\ntwo\n");
    tell(trace, 1, "device", "without an end");
    tell(trace, 1, "device", "");
    tell(trace, 1, "device", "\nafter an empty one");
    CHECK(lines == std::vector<std::string>{"model: one", "model: two", "device: without an end",
                                            "device: ", "device: after an empty one"});
}

TEST_CASE("numbers of bytes") {
    struct Row {
        std::uint64_t bytes;
        const char*   text;
    };
    for (const Row& row : {Row{0, "0 bytes"}, Row{1023, "1023 bytes"}, Row{1024, "1.0 KiB"}, Row{29700000, "28.3 MiB"},
                           Row{std::uint64_t{1} << 31, "2.0 GiB"}, Row{std::uint64_t{1} << 42, "4096.0 GiB"}})
        CHECK(byte_count(row.bytes) == row.text);
}

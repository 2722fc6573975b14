// Files of records that are damaged, cut, mixed or nonsense: what is wrong is named, and the rest is read.
#include "bench/report/read.h"

#include "bench/report/compare.h"
#include "bench/report/page.h"
#include "benchmark_page/records.h"
#include "support/expect_error.h"
#include "support/temporary_folder.h"

#include <random>

using namespace attune;
using bench::Reading;
using test::measured;

namespace {

const std::string good = to_json(measured("gemm", "m=4,n=8", 1000));

// A good line with a member put in front, which counts unless the same one follows.
std::string with(const std::string& member) { return "{" + member + "," + good.substr(1); }

std::string replaced(const std::string& from, const std::string& to) {
    std::string line = good;
    const auto  at   = line.find(from);
    REQUIRE(at != std::string::npos);
    return line.replace(at, from.size(), to);
}

struct BadLine {
    const char* what;
    std::string line;
    const char* says;
};

std::vector<BadLine> bad_lines() {
    return {
        {"text", "hello", "is not JSON"},
        {"half a line", good.substr(0, good.size() / 2), "is not JSON"},
        {"an array", "[1]", "is not a JSON object"},
        {"another schema", replaced("\"schema\":1", "\"schema\":2"), "schema"},
        {"no case", replaced("\"case\"", "\"cases\""), "'case' is missing"},
        {"an empty device", replaced("\"Device One\"", "\"\""), "no case, op or device"},
        {"a number for a text", replaced("\"Device One\"", "7"), "'device' is no text"},
        {"NaN", replaced("\"median_ns\":1000.0", "\"median_ns\":NaN"), "is not JSON"},
        {"beyond double", replaced("\"median_ns\":1000.0", "\"median_ns\":1e999"), "is not JSON"},
        {"the age of the universe", replaced("\"median_ns\":1000.0", "\"median_ns\":1e300"), "'median_ns'"},
        {"no time at all", replaced("\"median_ns\":1000.0", "\"median_ns\":0"), "'median_ns'"},
        {"time that runs back", replaced("\"median_ns\":1000.0", "\"median_ns\":-5"), "'median_ns'"},
        {"an interval beside its median", replaced("\"low_ns\":990.0", "\"low_ns\":1001"), "outside its own interval"},
        {"percentiles beside it", replaced("\"p90_ns\":1040.0", "\"p90_ns\":10"), "outside its own percentiles"},
        {"a speed of a wrong result", replaced("\"ok\":true", "\"ok\":false"), "a wrong result has no speed"},
        {"right and wrong", replaced("\"measured\"", "\"wrong\""), "'outcome'"},
        {"negative work", replaced("\"flop\":0.0", "\"flop\":-1"), "'flop'"},
        {"deep", with("\"deep\":" + std::string(100000, '[') + std::string(100000, ']')), "nested deeper"},
        {"open and deep", std::string(1000000, '['), "nested deeper"},
        {"many members", with([] {
             std::string members = "\"a\":1";
             for (int i = 0; i < 5000; ++i) members += ",\"" + std::to_string(i) + "\":0";
             return members;
         }()),
         "more members"},
        {"long", with("\"text\":\"" + std::string(2000000, 'x') + "\""), "longer than any record"},
        {"no UTF-8", replaced("Device One", "Device \xff"), "is not JSON"},
        {"zero bytes", std::string(100, '\0'), "is not JSON"},
    };
}

}  // namespace

TEST_CASE("a bad line is named with its file and its number, and the lines around it are read") {
    const test::TemporaryFolder folder;
    for (const BadLine& row : bad_lines()) {
        CAPTURE(row.what);
        const auto    file    = folder.write("a.jsonl", good + "\n\n" + row.line + "\r\n" + good);
        const Reading reading = bench::read_records({file});
        CHECK(reading.records.size() == 2);
        REQUIRE(reading.problems.size() == 1);
        CHECK(reading.problems[0].line == 3);
        const std::string said = message_of(reading.problems[0]);
        CAPTURE(said);
        CHECK(said.find("a.jsonl:3: ") != std::string::npos);
        CHECK(said.find(row.says) != std::string::npos);
    }
}

TEST_CASE("files that hold nothing are named, and only all of them together are an error") {
    const test::TemporaryFolder folder;
    const auto                  fine  = folder.write("fine.jsonl", "\xEF\xBB\xBF" + good + "\n");
    const auto                  empty = folder.write("empty.jsonl", "");
    const auto                  text  = folder.write("text.jsonl", std::string(100, '\n') + "text");
    const Reading reading = bench::read_records({empty, fine, folder.path() / "missing.jsonl", text, folder.path()});
    CHECK(reading.records.size() == 1);
    REQUIRE(reading.problems.size() == 4);
    CHECK(message_of(reading.problems[0]).ends_with("empty.jsonl: holds no record"));
    CHECK(message_of(reading.problems[1]).ends_with("missing.jsonl: cannot be read"));
    CHECK(message_of(reading.problems[2]).find("text.jsonl:101: ") != std::string::npos);
    CHECK(message_of(reading.problems[3]).ends_with("cannot be read"));
    test::expect_error(Status::bad_input, {"nothing to read", "text.jsonl:101"}, [&] { bench::read_records({text}); });
    test::expect_error(Status::bad_input, {"holds no record"}, [&] { bench::read_records({empty}); });
    test::expect_error(Status::bad_input, {"no file was given"}, [&] { bench::read_records({}); });
}

TEST_CASE("of many bad lines the first are told, and how many more there are") {
    const test::TemporaryFolder folder;
    std::string                 lines;
    for (int i = 0; i < 1000; ++i) lines += "nonsense\n";
    const Reading reading = bench::read_records({folder.write("a.jsonl", lines + good)});
    CHECK(reading.records.size() == 1);
    REQUIRE(reading.problems.size() == 9);
    CHECK(reading.problems.back().what == "has 992 more lines like these");
}

TEST_CASE("changed, cut and random bytes become a page, a comparison or an error") {
    const test::TemporaryFolder folder;
    const std::string           lines = test::lines_of(test::two_devices());
    const Reading               whole = bench::read_records({folder.write("whole.jsonl", lines)});
    std::mt19937                random(7);
    const auto                  below = [&](std::size_t limit) { return static_cast<std::size_t>(random()) % limit; };
    std::size_t                 pages = 0, refused = 0;
    for (int round = 0; round < 200; ++round) {
        CAPTURE(round);
        // A few lines of it, so that many rounds are quick; every third round no line is whole.
        const std::size_t begin = lines.find('\n', below(lines.size() / 2)) + 1;
        std::string       bytes = round % 3 ? lines.substr(begin, 5000) : std::string();
        bytes.resize(bytes.size() + below(300));
        for (std::size_t changes = 1 + below(30); changes > 0; --changes)
            if (!bytes.empty()) bytes[below(bytes.size())] = static_cast<char>(random());
        const auto file = folder.write("damaged.jsonl", bytes);
        try {
            const Reading reading = bench::read_records({file});
            CHECK(bench::page_of(reading).ends_with("</html>\n"));
            CHECK_FALSE(text_of(bench::compare(whole.records, reading.records)).empty());
            ++pages;
        } catch (const Error& error) {
            CHECK(error.status() == Status::bad_input);
            ++refused;
        }
    }
    CHECK(pages > 20);
    CHECK(refused > 20);
}

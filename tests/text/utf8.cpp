#include "text/utf8.h"

#include "base/utf8.h"
#include "support/expect_error.h"

#include <random>
#include <string>

using namespace attune;
using namespace std::string_literals;
using test::expect_error;

namespace {

const std::string R = "\xEF\xBF\xBD";   // U+FFFD

struct RepairCase {
    const char* name;
    std::string bytes, repaired;
    std::size_t replaced;
};

const RepairCase repairs[] = {
    {"empty", "", "", 0},
    {"ASCII", "abc\t\x7F", "abc\t\x7F", 0},
    {"two, three and four bytes", "\u00DF\u20AC\U0001F600", "\u00DF\u20AC\U0001F600", 0},
    {"the edges of each length", "\u0080\u07FF\u0800\uFFFF\U00010000\U0010FFFF",
     "\u0080\u07FF\u0800\uFFFF\U00010000\U0010FFFF", 0},
    {"around the surrogates", "\uD7FF\uE000", "\uD7FF\uE000", 0},
    {"U+FFFD itself is not counted", R, R, 0},
    {"NUL", "a\0b"s, "a" + R + "b", 1},
    {"a stray continuation", "a\x80z", "a" + R + "z", 1},
    {"three stray continuations", "\x80\xBF\x80", R + R + R, 3},
    {"two bytes cut by a letter", "\xC3z", R + "z", 1},
    {"two bytes cut by the end", "\xC3", R, 1},
    {"three bytes cut after two", "\xE2\x82z", R + "z", 1},
    {"three bytes cut after one", "\xE2z", R + "z", 1},
    {"four bytes cut after three", "\xF0\x9F\x98z", R + "z", 1},
    {"four bytes cut by the end", "\xF0\x9F\x98", R, 1},
    {"four bytes cut by another sequence", "\xF0\x9F\xC3\xA9", R + "\u00E9", 1},
    {"overlong two bytes", "\xC0\x80", R + R, 2},
    {"overlong two bytes, the last", "\xC1\xBF", R + R, 2},
    {"overlong three bytes", "\xE0\x80\x80", R + R + R, 3},
    {"overlong three bytes, the last", "\xE0\x9F\xBF", R + R + R, 3},
    {"overlong four bytes", "\xF0\x80\x80\x80", R + R + R + R, 4},
    {"overlong four bytes, the last", "\xF0\x8F\xBF\xBF", R + R + R + R, 4},
    {"the first surrogate", "\xED\xA0\x80", R + R + R, 3},
    {"the last surrogate", "\xED\xBF\xBF", R + R + R, 3},
    {"a pair of surrogates (CESU-8)", "\xED\xA0\xBD\xED\xB8\x80", R + R + R + R + R + R, 6},
    {"just beyond U+10FFFF", "\xF4\x90\x80\x80", R + R + R + R, 4},
    {"far beyond U+10FFFF", "\xF5\x80\x80\x80", R + R + R + R, 4},
    {"five and six bytes", "\xF8\x88\x80\x80\x80\xFC", R + R + R + R + R + R, 6},
    {"FE and FF", "\xFE\xFF", R + R, 2},
    {"the standard's example, table 3-8", "\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41", R + R + R + R + R + R + R + R + "A",
     8},
    {"the standard's example, table 3-11", "\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41", R + R + R + R + "A", 4},
    {"a byte order mark inside stays", "a\xEF\xBB\xBF", "a\xEF\xBB\xBF", 0},
};

}   // namespace

TEST_CASE("ill-formed parts become U+FFFD, each counted") {
    for (const RepairCase& c : repairs) {
        CAPTURE(std::string(c.name));
        const CleanText found = clean_text(c.bytes);
        CHECK(found.text == c.repaired);
        CHECK(found.replaced == c.replaced);
        CHECK(is_utf8(found.text));
        if (c.replaced == 0)
            CHECK(clean_text(c.bytes, BadText::refuse).text == c.bytes);
        else
            expect_error(Status::bad_input, {"[line 3]", "at byte"},
                         [&] { clean_text(c.bytes, BadText::refuse, "line 3"); });
    }
    expect_error(Status::bad_input, {"NUL at byte 1"}, [] { clean_text("a\0b"s, BadText::refuse); });
    expect_error(Status::bad_input, {"UTF-8 at byte 2"}, [] { clean_text("ab\xFF", BadText::refuse); });
}

TEST_CASE("random bytes: repaired text is UTF-8, stays, and keeps every good character") {
    std::mt19937        random(1);
    const unsigned char favourites[] = {0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2,
                                        0xDF, 0xE0, 0xE1, 0xED, 0xEF, 0xF0, 0xF1, 0xF4, 0xF5, 0xFF};
    for (int i = 0; i < 20'000; ++i) {
        std::string bytes;
        for (auto n = random() % 12; n > 0; --n)
            bytes +=
                static_cast<char>(random() % 2 == 0 ? favourites[random() % std::size(favourites)] : random() % 256);
        const CleanText once = clean_text(bytes), twice = clean_text(once.text);
        CHECK(is_utf8(once.text));
        CHECK(twice.text == once.text);
        CHECK(twice.replaced == 0);
        CHECK((once.replaced == 0) == (is_utf8(bytes) && bytes.find('\0') == std::string::npos));
        CHECK(clean_text("x" + bytes + "y").text == "x" + once.text + "y");
    }
}

TEST_CASE("the byte order mark of a stream") {
    CHECK(without_byte_order_mark("\xEF\xBB\xBFHello") == "Hello");
    CHECK(without_byte_order_mark("\xEF\xBB\xBF\xEF\xBB\xBF") == "\xEF\xBB\xBF");
    CHECK(without_byte_order_mark("Hello") == "Hello");
    CHECK(without_byte_order_mark("\xEF\xBB") == "\xEF\xBB");
    CHECK(without_byte_order_mark("").empty());
}

TEST_CASE("trimming white space") {
    const std::pair<std::string, std::string> cases[] = {
        {"", ""},
        {" ", ""},
        {"a", "a"},
        {" \t\r\na b\n ", "a b"},
        {"\u00A0\u3000\u2003x\u2028\u0085", "x"},
        {"\u200B", "\u200B"},
        {"\x1C\x1Fx\x1B", "x\x1B"},
        {"\u1680\u205F\u202F", ""},
        {"x\x80", "x\x80"},
        {"\xA0", "\xA0"},
        {" \xC2", "\xC2"},
        {"\u00E9 ", "\u00E9"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.first);
        CHECK(trimmed(c.first) == c.second);
    }
}

TEST_CASE("bytes at the end that wait for more") {
    const std::pair<std::string, std::size_t> rows[] = {
        {"", 0}, {"a", 0}, {"\u00E9", 0}, {"\U0001F600", 0}, {"a\xC3", 1}, {"\xE2\x82", 2}, {"a\xE2", 1},
        {"\xF0\x9F\x98", 3}, {"\xF0\x9F", 2}, {"\x80\x80\x80", 0}, {"\xFF", 0}, {"\xC0", 0}, {"\xE0\x80", 0},
        {"\xED\xA0", 0}, {"\xF4\x90", 0}, {"\xE2\x82\xAC\xE2", 1}, {"\xC3\xC3", 1},
    };
    for (const auto& row : rows) {
        const std::string& bytes = row.first;
        const std::size_t  open  = row.second;
        CAPTURE(bytes);
        CHECK(open_end(bytes) == open);
        // Cleaned in two pieces it is what it is in one.
        const std::string rest = bytes + "\xA9z";
        const CleanText   whole = clean_text(rest), first = clean_text(rest.substr(0, bytes.size() - open)),
                          second = clean_text(rest.substr(bytes.size() - open));
        CHECK(first.text + second.text == whole.text);
        CHECK(first.replaced + second.replaced == whole.replaced);
    }
}

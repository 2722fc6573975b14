#include "text/sentence_split.h"

#include "base/json.h"
#include "base/utf8.h"
#include "support/expect_error.h"
#include "text/marian_tokenizer.h"
#include "text/utf8.h"

#include <chrono>
#include <random>
#include <string>

using namespace attune;
using test::expect_error;

namespace {

std::string joined(const SplitText& split) {
    std::string out(split.leading);
    for (const TextPart& part : split.parts) out.append(part.text).append(part.gap);
    return out;
}

// A token for every started `letters` code points of a word, and one for the end.
std::size_t count_words(std::string_view text, std::size_t letters) {
    std::size_t tokens = 1, run = 0;
    while (!text.empty()) {
        const CodePoint point = first_code_point(text);
        text.remove_prefix(point.length);
        run = is_space(point.value) ? 0 : run + 1;
        if (run % letters == 1 || (letters == 1 && run > 0)) ++tokens;
    }
    return tokens;
}

struct Counter {
    std::size_t letters = 4;
    std::size_t bytes = 0, calls = 0, longest = 0;

    CountTokens function() {
        return [this](std::string_view text) {
            bytes += text.size();
            ++calls;
            longest = std::max(longest, text.size());
            return count_words(text, letters);
        };
    }
};

struct SplitCase {
    const char*              name;
    std::string              text;
    std::size_t              limit;   // tokens of at most 4 letters, and one for the end
    std::vector<std::string> parts;
};

const SplitCase cases[] = {
    {"it fits", " One. Two. ", 9, {" One. Two. "}},
    {"at sentence ends", "One. Two! Red? Sky.", 2, {"One.", "Two!", "Red?", "Sky."}},
    {"as many sentences as fit", "One. Two. Red. Sky. Sea.", 5, {"One. Two. Red. Sky.", "Sea."}},
    {"closing quotes stay",
     "\"One.\" (Two.) \u00ABRed!\u00BB Sky.",
     3,
     {"\"One.\"", "(Two.)", "\u00ABRed!\u00BB", "Sky."}},
    {"a line end is an end", "One\nTwo\r\nRed", 2, {"One", "Two", "Red"}},
    {"no end before a small letter", "It is e.g. red. Sky", 5, {"It is e.g. red.", "Sky"}},
    {"no end inside a number", "It is 3.5 m. Sky", 5, {"It is 3.5 m.", "Sky"}},
    {"a long sentence at clauses", "One, two; red: sky - sea.", 5, {"One, two; red:", "sky - sea."}},
    {"a long clause at words", "one two red sky sea", 3, {"one two", "red sky", "sea"}},
    {"a long word anywhere", "abcdefghijklmnopqrst", 3, {"abcdefgh", "ijklmnop", "qrst"}},
    {"a long word between others", "Go. abcdefghijklmnop up.", 3, {"Go.", "abcdefgh", "ijklmnop", "up."}},
    {"marks without white space",
     "\u5929\u6C17\u3002\u6D77\u3002\u5C71\u3002",
     2,
     {"\u5929\u6C17\u3002", "\u6D77\u3002", "\u5C71\u3002"}},
    {"clauses without white space", "\u5929\u6C17\u3001\u6D77\u5C71", 2, {"\u5929\u6C17\u3001", "\u6D77\u5C71"}},
    {"a full stop and a quote without white space",
     "\u5929\u6C17\u3002\u300D\u6D77\u5C71",
     2,
     {"\u5929\u6C17\u3002\u300D", "\u6D77\u5C71"}},
    {"never inside a code point",
     "\U0001F600\U0001F601\U0001F602\U0001F603\U0001F604\U0001F605",
     2,
     {"\U0001F600\U0001F601", "\U0001F602\U0001F603", "\U0001F604\U0001F605"}},
    {"blank", " \n\t ", 2, {}},
    {"empty", "", 2, {}},
};

}   // namespace

TEST_CASE("where a text is cut") {
    for (const SplitCase& c : cases) {
        CAPTURE(std::string(c.name));
        Counter                  counter;
        const SplitText          split = split_long(c.text, c.limit, counter.function());
        std::vector<std::string> parts;
        for (const TextPart& part : split.parts) parts.emplace_back(part.text);
        CHECK(parts == c.parts);
        CHECK(joined(split) == c.text);
    }
}

TEST_CASE("white space between parts is kept") {
    Counter         counter;
    const SplitText split = split_long("  One. \n\n Two.\u3000Red.  ", 2, counter.function());
    CHECK(split.leading == "  ");
    REQUIRE(split.parts.size() == 3);
    CHECK(split.parts[0].gap == " \n\n ");
    CHECK(split.parts[1].gap == "\u3000");
    CHECK(split.parts[2].gap == "  ");
}

TEST_CASE("a limit without room for text is refused") {
    Counter counter;
    expect_error(Status::usage, {"[split]", "limit of 1"}, [&] { split_long("a", 1, counter.function()); });
}

TEST_CASE("random texts: the parts join to the text, fit, and are whole code points") {
    std::mt19937      random(5);
    const std::string alphabet[] = {"a",  "b", "Z",      " ",      " ",      " ",      "\n",     ".",
                                    ".",  "!", ",",      ";",      "\u00E9", "\u3002", "\u5929", "\U0001F600",
                                    "\"", ")", "\u3000", "\u2026", "e",      "3",      "-"};
    for (int i = 0; i < 5'000; ++i) {
        std::string text;
        const auto  few = 1 + random() % std::size(alphabet);
        for (auto n = random() % 150; n > 0; --n)
            text += alphabet[(random() % few + random() % 3 * 7) % std::size(alphabet)];
        Counter           counter{.letters = 1 + random() % 5};
        const std::size_t limit = 2 + random() % 20;
        const SplitText   split = split_long(text, limit, counter.function());
        CAPTURE(text);
        CAPTURE(limit);
        CHECK(joined(split) == text);
        for (const TextPart& part : split.parts) {
            CHECK(!part.text.empty());
            CHECK(count_words(part.text, counter.letters) <= limit);
            CHECK(is_utf8(part.text));
            CHECK(trimmed(part.gap).empty());
        }
    }
}

namespace {

// The text cut from windows that grow by up to `most` bytes at a time, as split_long() would say it.
struct Windowed {
    std::string              leading;
    std::vector<std::string> parts, gaps;
    std::size_t              largest = 0;   // window

    Windowed(std::string_view text, std::size_t limit, const CountTokens& count, std::size_t most, std::mt19937& random) {
        TextCutter  cutter(limit, count);
        std::string window;
        for (bool ends = false; !ends;) {
            std::size_t more = std::min(text.size(), 1 + random() % most);
            while (more < text.size() && (static_cast<unsigned char>(text[more]) & 0xC0u) == 0x80u) ++more;
            window += text.substr(0, more);
            text.remove_prefix(more);
            ends                   = text.empty() && random() % 2;
            std::size_t       seen = 0;
            const std::size_t used =
                cutter.cut(window, ends ? TextCutter::Window::ends : TextCutter::Window::goes_on, [&](const TextPart& part) {
                    seen += part.text.size() + part.gap.size();
                    if (!part.text.empty()) {
                        parts.emplace_back(part.text);
                        gaps.emplace_back();
                    }
                    (gaps.empty() ? leading : gaps.back()) += part.gap;
                });
            CHECK(seen == used);
            CHECK((used > 0 || window.size() < cutter.enough() || ends));
            largest = std::max(largest, window.size());
            window.erase(0, used);
        }
    }
};

}   // namespace

TEST_CASE("random texts: cut from windows of any size as from the whole") {
    std::mt19937      random(6);
    const std::string alphabet[] = {"a", "Z", " ", ".", "!", ",", "\u3002", "\u3001", "\u300D", "\"", "\u00E9", "\U0001F600", "\n", "\u3000"};
    for (int i = 0; i < 2'000; ++i) {
        std::string text;
        const auto  few = 1 + random() % std::size(alphabet);
        while (text.size() < 1 + static_cast<std::size_t>(i)) {
            text += alphabet[random() % few];
            if (random() % 100 == 0) text += std::string(random() % 600, random() % 2 ? ' ' : 'w');
        }
        Counter           counter{.letters = 1 + random() % 5};
        const std::size_t limit = 2 + random() % 4;
        const SplitText   split = split_long(text, limit, counter.function());
        const Windowed    found(text, limit, counter.function(), 1 + random() % 700, random);
        CAPTURE(text);
        CAPTURE(limit);
        CHECK(found.leading == split.leading);
        REQUIRE(found.parts.size() == split.parts.size());
        for (std::size_t p = 0; p < found.parts.size(); ++p) {
            CHECK(found.parts[p] == split.parts[p].text);
            CHECK(found.gaps[p] == split.parts[p].gap);
        }
        CHECK(joined(split) == text);
    }
}

TEST_CASE("a window stays small whatever comes") {
    std::mt19937 random(7);
    for (const std::string unit : {"a", "\U0001F600", " ", "a b c ", "a, b ", "A b. ", ".", "\"", "\u3002"}) {
        CAPTURE(unit);
        std::string text = "w";
        while (text.size() < 300'000) text += unit;
        Counter        counter;
        const Windowed found(text, 16, counter.function(), 1'000, random);
        CHECK(found.largest <= TextCutter(16, counter.function()).enough() + 1'000);
    }
}

TEST_CASE("bytes that are not UTF-8 are cut, not lost") {
    for (const std::string unit : {"\x80", "\xFF", "\xE2\x82", "\xF0\x9F"}) {
        std::string text;
        while (text.size() < 3'000) text += unit;
        Counter         counter;
        const SplitText split = split_long(text, 10, counter.function());
        CHECK(joined(split) == text);
        CHECK(split.parts.size() > 10);
        for (const TextPart& part : split.parts) CHECK(count_words(part.text, 4) <= 10);
    }
}

namespace {

struct LongCase {
    const char* name;
    std::string unit;
    std::size_t megabytes;
};

const LongCase long_cases[] = {
    {"a single word", "a", 10},
    {"a single word of four-byte characters", "\U0001F600", 10},
    {"stray continuation bytes", "\x80", 10},
    {"short sentences", "It was a fine day. ", 10},
    {"one sentence without an end", "it was a fine day and ", 2},
    {"clauses without an end", "it was a fine day, ", 2},
    {"white space and little else", "a" + std::string(9'999, ' '), 2},
    {"only white space", " ", 2},
    {"full stops", ".", 2},
    {"full stops and spaces", ". ", 2},
    {"words over the limit", std::string(5'000, 'w') + " ", 2},
    {"sentences just over the limit", std::string(2'100, 'w') + ", and so on, and so on. ", 2},
};

}   // namespace

TEST_CASE("a line of many megabytes takes a few counts of its bytes") {
    for (const LongCase& c : long_cases) {
        CAPTURE(std::string(c.name));
        std::string text;
        while (text.size() < c.megabytes << 20) text += c.unit;
        const auto                          start = std::chrono::steady_clock::now();
        Counter                             counter;
        const std::size_t                   limit   = 512;
        const SplitText                     split   = split_long(text, limit, counter.function());
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
        CHECK(joined(split) == text);
        CHECK(counter.bytes <= 8 * text.size());
        CHECK(counter.longest <= 64 * limit);
        MESSAGE(std::string(c.name) << ": " << seconds.count() << " s, " << split.parts.size() << " parts, "
                                    << counter.calls << " counts of "
                                    << static_cast<double>(counter.bytes) / static_cast<double>(text.size())
                                    << " times the text");
    }
}

TEST_CASE("the shipped tokenizer as the counter") {
    const MarianTokenizer tokenizer = MarianTokenizer::open(ATTUNE_SOURCE_DIR "/samples/models/tatoeba-en-de-fr-es");
    const Json            lines     = read_json(ATTUNE_SOURCE_DIR "/checks/goldens/tatoeba-en-de-fr-es.json");
    std::string           text;
    for (std::size_t i = 0; text.size() < 100'000; ++i)
        text += lines[i % lines.size()]["source"].get<std::string>() + " ";
    for (const std::size_t limit : {8u, 40u, 512u}) {
        CAPTURE(limit);
        const SplitText split = split_long(text, limit, [&](std::string_view part) { return tokenizer.count(part); });
        CHECK(joined(split) == text);
        for (const TextPart& part : split.parts) CHECK(tokenizer.count(part.text) <= limit);
        if (limit == 512) CHECK(split.parts.size() < tokenizer.count(text) / 450);
    }
}

// Every rule of Marian's settings, shortlists and compressed files, broken alone at its edges.
#include "broken/bench.h"

#include "support/byte_writer.h"
#include "support/marian_writer.h"

#include <doctest/doctest.h>

using namespace attune;
using namespace attune::test;
using namespace std::string_literals;

namespace {

struct TextCase {
    std::string text;
    const char* word;   // of the message; null: unusual but legal, loads
};

std::string repeated(const std::string& text, std::size_t bytes) {
    std::string out;
    while (out.size() + text.size() <= bytes) out += text;
    return out;
}

constexpr std::size_t most_text = 65'536;

const TextCase texts[] = {
    {"a: b\n", nullptr},
    {"a: b", nullptr},
    {"{a: b, c: [d, e]}", nullptr},
    {"--- \na: b\n...\n", nullptr},
    {"\xEF\xBB\xBF" "a: b\n", nullptr},
    {"a: b\r\nc: d\r\n", nullptr},
    {"a: |\n  two\n  lines\n", nullptr},
    {"a: b & c * d ! e\n", nullptr},
    {"a: it's\n", nullptr},
    {"a: \"\\u00e9\\n\"\n", nullptr},
    {"{}", nullptr},
    {"a:\n", nullptr},
    {"<<: b\n", nullptr},
    {"a: x # [[[[[[[[[[[[[[[[[[[[[[[[\n", nullptr},
    {"a: '[[[[[[[[[[[[[[[[[[[[[[[['\n", nullptr},
    // the text
    {"", "holds no settings"},
    {"\n\n# nothing\n", "holds no settings"},
    {std::string(most_text, ' '), "holds no settings"},
    {std::string(most_text + 1, ' '), "more than 65536 bytes"},
    {"a: " + std::string(most_text - 3, 'x'), nullptr},
    {"a: " + std::string(most_text - 2, 'x'), "more than 65536 bytes"},
    {std::string(8u << 20, 'x'), "more than 65536 bytes"},
    {"a: \xFF\n", "not UTF-8"},
    {"a: \xC0\x80\n", "not UTF-8"},
    {"a: \xED\xA0\x80\n", "not UTF-8"},
    {"a: b\0"s, "control character"},
    {"\0a: b"s, "control character"},
    {"a: \x1B[0m\n", "control character"},
    {"a: \x07\n", "control character"},
    // not a map of scalars and lists
    {"a", "no map of settings"},
    {"5", "no map of settings"},
    {"~", "no map of settings"},
    {"'a'", "no map of settings"},
    {"- a\n- b\n", "no map of settings"},
    {"[a, b]", "no map of settings"},
    {"---\n", "no map of settings"},
    {"a: {b: c}\n", "has \"a\", which holds a map"},
    {"a: {}\n", "has \"a\", which holds a map"},
    {"a:\n  b: c\n", "has \"a\", which holds a map"},
    {"a:\n  - b: c\n", "has \"a\", which holds a map"},
    {"a: [b: c]\n", "has \"a\", which holds a map"},
    {"a: [{}]\n", "has \"a\", which holds a map"},
    {"a: [[]]\n", "has \"a\", a list of lists"},
    {"a: [b, [c]]\n", "has \"a\", a list of lists"},
    {"a:\n  - - b\n", "has \"a\", a list of lists"},
    {"a:\n  -\n    - b\n", "has \"a\", a list of lists"},
    {"a: [~]\n", "has \"a\", a list with nothing"},
    {"a:\n  -\n  - b\n", "has \"a\", a list with nothing"},
    {"a: [b, , c]\n", ""},
    {"? [a]\n: b\n", "a key that is a list"},
    {"? {a: b}\n: c\n", "a key that is a map"},
    {"[a]: b\n", "a key that is a list"},
    {"{{a: b}: c}\n", "a key that is a map"},
    {": b\n", "value without a key"},
    {"~: b\n", "value without a key"},
    {"{: b}", "value without a key"},
    {"a: b\na: c\n", "has \"a\" twice"},
    {"{a: b, a: c}", "has \"a\" twice"},
    {"a: b\n\"a\": c\n", "has \"a\" twice"},
    {"a:\na: c\n", "has \"a\" twice"},
    {"a: c\na:\n", "has \"a\" twice"},
    // anchors, aliases, tags, documents
    {"a: &x b\n", "anchor"},
    {"a: &x\n", "anchor"},
    {"a: &x [b]\n", "anchor"},
    {"&x a: b\n", "anchor"},
    {"&x\na: b\n", "anchor"},
    {"a: [&x b]\n", "anchor"},
    {"a: &x b\nc: *x\n", "anchor"},
    {"a: *x\n", ""},
    {"*x : a\n", ""},
    {"a: !!str b\n", "tag"},
    {"a: !x b\n", "tag"},
    {"a: !!python/object:os.system b\n", "tag"},
    {"a: !<tag:x> b\n", "tag"},
    {"a: !!seq [b]\n", "tag"},
    {"!!map {a: b}\n", "tag"},
    {"!!map\na: b\n", "tag"},
    {"!x a: b\n", "tag"},
    {"a: !!null\n", "tag"},
    {"%TAG ! tag:x,2000:\n---\na: !y b\n", "tag"},
    {"a: b\n---\nc: d\n", "another document"},
    {"a: b\n...\n---\n", "another document"},
    {"%YAML 1.9\n---\na: b\n", nullptr},
    {"%YAML 9.9\n---\na: b\n", "no YAML"},
    {"%YAML x\n---\na: b\n", "no YAML"},
    // syntax
    {"a: b: c\n", ""},
    {"a: [b\n", ""},
    {"a: -\n", "no YAML"},
    {"a: {b\n", ""},
    {"a: ]\n", "no YAML"},
    {"a: 'b\n", nullptr},   // yaml-cpp closes a quote at the end of the text
    {"a: \"b\n", nullptr},
    {"a: \"\\q\"\n", "no YAML"},
    {"a: \"\\uD800\"\n", "no YAML"},
    {"a: \"\\UFFFFFFFF\"\n", "no YAML"},
    {"a: b\n c: d\n", ""},
    {"a: b\n- c\n", "no YAML"},
    {"a: @b\n", "no YAML"},
    {"a: `b\n", "no YAML"},
    {"a: %b\n", "no YAML"},
    {"a: b\n\tc: d\n", ""},
    {"a: |x\n  b\n", "no YAML"},
    {"a: [b]]\n", ""},
    {"{a: b}}\n", ""},
    // deep, or many
    {repeated("[", most_text), ""},
    {repeated("{", most_text), ""},
    {repeated("{a: ", most_text), "map"},
    {repeated("- ", most_text), "no map of settings"},
    {repeated("? ", most_text), "a key that is a map"},
    {repeated("a: ", most_text), ""},
    {"a: " + repeated("[", most_text - 3), "has \"a\""},
    {"a: " + repeated("{", most_text - 3), "which holds a map"},
    {"a: " + repeated("[{", most_text - 3), "which holds a map"},
    {"a:\n  " + repeated("- ", most_text - 5), "a list of lists"},
    {"a: " + repeated("[]", most_text - 3), ""},
    {repeated("!", most_text), ""},
    {repeated("&a ", most_text), ""},
    {repeated("*a ", most_text), ""},
    {repeated("---\n", most_text), "no map of settings"},
    {"{}\n" + repeated("---\n", most_text - 3), "another document"},
    {repeated("%\n", most_text), ""},
    {repeated("%TAG ! x\n", most_text), ""},
    {repeated("'", most_text), ""},
    {"a: " + repeated("''", most_text - 3), nullptr},
    {"a: '" + repeated("\n", most_text - 5) + "'", nullptr},
    {"a: >\n" + repeated(" \n", most_text - 5), nullptr},
    {"a: |" + std::string(3000, '9') + "\n", ""},
    {"a: [" + repeated("b,", most_text - 5) + "]", nullptr},
    {"a:\n" + repeated("- b\n", most_text - 3), nullptr},
    {repeated("a\n", most_text), "no map of settings"},
    {repeated("a:\n", most_text), "twice"},
    {repeated("#\n", most_text), "holds no settings"},
};

}   // namespace

TEST_CASE("settings that break a rule are refused") {
    Bench bench(format("yaml"));
    for (const TextCase& row : texts) bench.expect(row.text.substr(0, 60), row.text, row.word);

    std::string steps;   // each line deeper than the one before
    for (std::size_t depth = 0; steps.size() + depth + 3 <= most_text; ++depth) steps += std::string(depth, ' ') + "a:\n";
    bench.expect("steps", steps, "which holds a map");
    std::string keys;
    for (int i = 0; keys.size() < most_text - 20; ++i) keys += std::to_string(i) + ": x\n";
    bench.expect("many keys", keys, nullptr);
    CHECK(bench.attempts() > 110);
}

TEST_CASE("settings of a wrong type are refused by key") {
    Bench bench(format("yaml"));
    bench.expect("no number", "dim-emb: x\n", "dim-emb is \"x\"");
    bench.expect("a list", "dim-emb: [1, 2]\n", "dim-emb is a list of 2");
    bench.expect("an empty list", "dim-emb: []\n", "dim-emb is a list of 0");
    bench.expect("one too large", "dim-emb: 65537\n", "from 1 to 65536");
    bench.expect("one too small", "dim-emb: 0\n", "from 1 to 65536");
    bench.expect("the largest", "dim-emb: 65536\n", nullptr);
    bench.expect("2^64 + 8", "dim-emb: 18446744073709551624\n", "from 1 to 65536");
    bench.expect("a sign", "dim-emb: +8\n", "from 1 to 65536");
    bench.expect("hexadecimal", "dim-emb: 0x8\n", "from 1 to 65536");
    bench.expect("a blank", "dim-emb: \" 8\"\n", "from 1 to 65536");
    bench.expect("one of a list", "dim-vocabs: [5, -5]\n", "dim-vocabs is \"-5\"");
    bench.expect("not finite", "normalize: .inf\n", "normalize is \".inf\"");
    bench.expect("infinite", "normalize: inf\n", "from 0 to 10");
    bench.expect("none", "normalize: nan\n", "from 0 to 10");
    bench.expect("too large for a double", "normalize: 1e999\n", "from 0 to 10");
    bench.expect("no flag", "tied-embeddings-all: 1\n", "true or false");
    bench.expect("flags", "tied-embeddings-all: [true]\n", nullptr);
}

TEST_CASE("shortlists that break a rule are refused") {
    const std::uint64_t most = ~std::uint64_t{0};
    struct ListCase {
        const char*    what;
        const char*    word;
        ShortlistParts parts;
    };
    const std::vector<std::uint64_t> offsets = {0, 2, 2, 3};
    const std::vector<std::uint32_t> words   = {3, 11, 5};
    const ListCase                   rows[]  = {
        {"as written", nullptr, {.offsets = offsets, .words = words}},
        {"no words", nullptr, {.offsets = {0, 0}, .words = {}}},
        {"no lists", nullptr, {.offsets = {0}, .words = {}}},
        {"first 2^64 - 1", nullptr, {.first = most, .offsets = offsets, .words = words}},
        {"a list without order", nullptr, {.offsets = {0, 3}, .words = {5, 3, 3}}},
        {"another magic", "none of Marian's", {.magic = 0xF11A48D5013417F4, .offsets = offsets, .words = words}},
        {"no magic", "none of Marian's", {.magic = 0, .offsets = offsets, .words = words}},
        {"another checksum", "checksum", {.offsets = offsets, .words = words, .checksum = 1}},
        {"no offsets", "no offset 0", {.offsets = {}, .words = {}}},
        {"no offsets, but words", "no offset 0", {.offsets = {}, .words = words}},
        {"a first offset of 1", "no offset 0", {.offsets = {1, 2, 3}, .words = words}},
        {"offsets that fall", "do not ascend", {.offsets = {0, 2, 1, 3}, .words = words}},
        {"an offset beyond the words", "do not ascend", {.offsets = {0, 2, 4}, .words = words}},
        {"one of 2^63", "do not ascend", {.offsets = {0, 2, 1ull << 63}, .words = words}},
        {"one of 2^64 - 1", "do not ascend", {.offsets = {0, 2, most}, .words = words}},
        {"one that is negative, within", "do not ascend", {.offsets = {0, most, 3}, .words = words}},
        {"the last word", nullptr, {.offsets = offsets, .words = {0, 1, 11}}},
        {"one beyond it", "word 12", {.offsets = offsets, .words = {0, 1, 12}}},
        {"one of 2^32 - 1", "word 4294967295", {.offsets = offsets, .words = {0xFFFFFFFF, 1, 2}}},
        {"one in no list", "word 12", {.offsets = {0, 1}, .words = {0, 12, 1}}},
        {"an offset fewer", "", {.offsets = offsets, .words = words, .offset_count = 3}},
        {"an offset more", "", {.offsets = offsets, .words = words, .offset_count = 5}},
        {"2^32 offsets", "more numbers than it can hold", {.offsets = offsets, .words = words, .offset_count = 1ull << 32}},
        {"2^61 offsets, which wrap to 0 bytes", "more numbers than it can hold",
         {.offsets = offsets, .words = words, .offset_count = 1ull << 61}},
        {"2^61 + 4 offsets", "more numbers than it can hold",
         {.offsets = offsets, .words = words, .offset_count = (1ull << 61) + 4}},
        {"2^64 - 1 offsets", "more numbers than it can hold", {.offsets = offsets, .words = words, .offset_count = most}},
        {"a word fewer", "after its lists", {.offsets = offsets, .words = words, .word_count = 2}},
        {"a word more", "more numbers than it can hold", {.offsets = offsets, .words = words, .word_count = 4}},
        {"2^62 words, which wrap to 0 bytes", "more numbers than it can hold",
         {.offsets = offsets, .words = words, .word_count = 1ull << 62}},
        {"2^62 + 3 words", "more numbers than it can hold",
         {.offsets = offsets, .words = words, .word_count = (1ull << 62) + 3}},
        {"2^64 - 1 words", "more numbers than it can hold", {.offsets = offsets, .words = words, .word_count = most}},
        {"a byte behind", "after its lists", {.offsets = offsets, .words = words, .after = "x"}},
        {"four bytes behind", "after its lists", {.offsets = offsets, .words = words, .after = "\0\0\0\0"s}},
    };
    Bench bench(format("shortlist"));
    for (const ListCase& row : rows) bench.expect(row.what, shortlist_bytes(row.parts), row.word);
    bench.expect("nothing", "", "ends early");
    bench.expect("text", "the of and 0.5\n", "none of Marian's");
    const std::string valid = shortlist_bytes({.offsets = offsets, .words = words});
    for (std::size_t length = 16; length < valid.size(); ++length)   // the checksum is made to fit
        bench.expect("cut to " + std::to_string(length), with_checksum(valid.substr(16, length - 16)), "");
    CHECK(bench.attempts() > 80);
}

TEST_CASE("compressed files that break a rule are refused") {
    const std::string bytes = shortlist_bytes(4, {{3, 11}, {5}}), bomb(16u << 20, '\0');
    const std::string gzip = gzip_bytes(bytes), zstd = zstd_bytes(bytes);
    const std::string empty_frame    = "\x28\xB5\x2F\xFD\x24\x00\x01\x00\x00\x99\xE9\xD8\x51"s;
    const std::string skipped        = ByteWriter().u32(0x184D2A50).u32(3).text("abc").bytes();
    const std::string no_block       = "\x28\xB5\x2F\xFD"s;
    const std::string window_of_2gib = no_block + "\x00\xA8\x01\x00\x00"s, window_of_128mib = no_block + "\x00\x88\x01\x00\x00"s;
    const auto        gzip_header    = [](unsigned flags) { return "\x1F\x8B\x08"s + static_cast<char>(flags) + std::string(6, '\0'); };
    struct StreamCase {
        const char* what;
        const char* word;
        std::string bytes;
    };
    const StreamCase rows[] = {
        {"gzip", nullptr, gzip},
        {"gzip, an empty member first", nullptr, gzip_bytes("") + gzip},
        {"gzip, in two members", nullptr, gzip_bytes(bytes.substr(0, 9)) + gzip_bytes(bytes.substr(9))},
        {"gzip, twice", "after its lists", gzip + gzip},
        {"gzip within gzip", "none of Marian's", gzip_bytes(gzip)},
        {"gzip, a byte behind", "do not belong", gzip + "x"},
        {"gzip, zeros behind", "do not belong", gzip + std::string(512, '\0')},
        {"gzip, half a mark behind", "do not belong", gzip + "\x1F"},
        {"gzip, a mark behind", "ends early", gzip + "\x1F\x8B"},
        {"gzip, zstd behind", "do not belong", gzip + zstd},
        {"gzip, its mark alone", "ends early", "\x1F\x8B"},
        {"gzip, another method", "damaged", "\x1F\x8B\x07" + gzip.substr(3)},
        {"gzip, unknown flags", "damaged", gzip_header(0xE0) + gzip.substr(10)},
        {"gzip, a name without its end", "ends early", gzip_header(0x08) + std::string(50'000, 'n')},
        {"gzip, an extra field that is cut", "ends early", gzip_header(0x04) + "\xFF\xFF"s + std::string(9, 'x')},
        {"gzip, another checksum", "damaged", gzip.substr(0, gzip.size() - 8) + "\1\2\3\4" + gzip.substr(gzip.size() - 4)},
        {"gzip, another length", "damaged", gzip.substr(0, gzip.size() - 4) + "\1\2\3\4"},
        {"gzip, a block of no type", "damaged", gzip_header(0) + "\x07"},
        {"gzip, a distance before the start", "damaged", gzip_header(0) + "\x03\x02\x00\x00\x00\x00\x00"s},
        {"gzip, a bomb", "allowed", gzip_bytes(bomb)},
        {"gzip, a bomb in a bomb", "none of Marian's", gzip_bytes(gzip_bytes(bomb))},
        {"gzip, a bomb of members", "allowed", repeated(gzip_bytes(std::string(100'000, '\0')), 20'000)},
        {"gzip, empty members", "ends early", repeated(gzip_bytes(""), 1u << 20)},
        {"zstd", nullptr, zstd},
        {"zstd, an empty frame first", nullptr, zstd_bytes("") + zstd},
        {"zstd, in two frames", nullptr, zstd_bytes(bytes.substr(0, 9)) + zstd_bytes(bytes.substr(9))},
        {"zstd, a frame to skip behind", nullptr, zstd + skipped},
        {"zstd, one that is cut", "ends early", zstd + skipped.substr(0, 9)},
        {"zstd, one of 4 GiB", "ends early", zstd + ByteWriter().u32(0x184D2A5F).u32(0xFFFFFFFF).bytes()},
        {"zstd, a frame to skip first", "none of Marian's", skipped + zstd},
        {"zstd, twice", "after its lists", zstd + zstd},
        {"zstd, a byte behind", "do not belong", zstd + "x"},
        {"zstd, zeros behind", "do not belong", zstd + std::string(512, '\0')},
        {"zstd, three bytes of a mark behind", "do not belong", zstd + "\x28\xB5\x2F"},
        {"zstd, a mark behind", "ends early", zstd + no_block},
        {"zstd, gzip behind", "do not belong", zstd + gzip},
        {"zstd, a frame of version 0.7", "do not belong", zstd + "\x27\xB5\x2F\xFD"s},
        {"zstd, its mark alone", "ends early", no_block},
        {"zstd, empty", "ends early", empty_frame.substr(0, 6)},
        {"zstd, a window of 2 GiB", "cannot be unpacked", window_of_2gib},
        {"zstd, a window of 128 MiB", "cannot be unpacked", window_of_128mib},
        {"zstd, a reserved bit", "cannot be unpacked", no_block + "\x08" + zstd.substr(5)},
        {"zstd, another checksum", "cannot be unpacked", zstd.substr(0, zstd.size() - 4) + "\1\2\3\4"},
        {"zstd, a bomb", "allowed", zstd_bytes(bomb)},
        {"zstd, a bomb of frames", "allowed", repeated(zstd_bytes(std::string(100'000, '\0')), 5'000)},
        {"zstd, empty frames", "ends early", repeated(zstd_bytes(""), 1u << 20)},
        {"plain, of 1 MiB", "none of Marian's", std::string(1u << 20, 'x')},
    };
    Bench bench(format("shortlist"));
    for (const StreamCase& row : rows) bench.expect(row.what, row.bytes, row.word);
}

#include "text/sentencepiece_check.h"

#include "base/file.h"
#include "support/expect_error.h"
#include "support/temporary_folder.h"
#include "text/marian_tokenizer.h"
#include "text/tiny_spm.h"

#include <cmath>
#include <functional>

using namespace attune;
using namespace attune::test;
using namespace std::string_literals;

namespace {

struct BadModel {
    const char*                  name;
    const char*                  word;   // of the message
    std::function<std::string()> bytes;
};

std::string with(const std::function<void(TinySpm&)>& change) {
    TinySpm model;
    change(model);
    return model.bytes();
}
std::string with_charsmap(const std::function<void(TinyCharsmap&)>& change) {
    TinyCharsmap map;
    change(map);
    return with([&](TinySpm& m) { m.charsmap = map.blob(); });
}
std::string with_blob(std::string blob) {
    return with([&](TinySpm& m) { m.charsmap = std::move(blob); });
}
std::string with_piece(const std::string& added) {
    return with([&](TinySpm& m) { m.pieces += added; });
}

std::string byte_pieces(int count) {
    std::string out;
    for (int i = 0; i < count; ++i) {
        char text[8];
        std::snprintf(text, sizeof text, "<0x%02X>", static_cast<unsigned>(i));
        out += piece(text, 0, 6);
    }
    return out;
}

std::string nested_pieces(std::size_t count) {
    std::string out;
    for (std::size_t i = 1; i <= count; ++i) out += piece(std::string(i, 'u'), 0, 4);
    return out;
}

// A chain of `count` characters 'A', each of them the end of a key.
std::string nested_keys(std::uint32_t count) {
    TinyCharsmap map;
    map.units.assign(256 * (count + 2), 0x80000000u);
    map.units[0]        = unit(0, 256, 0, false);
    std::uint32_t place = 256;
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::uint32_t at = place ^ 'A';
        map.units[at]          = unit(at, place + 256, 'A', true);
        place += 256;
        map.units[place] = value_unit(0);
    }
    return with([&](TinySpm& m) { m.charsmap = map.blob(); });
}

const BadModel bad_models[] = {
    // the wire format
    {"empty", "unknown pieces", [] { return ""s; }},
    {"text", "", [] { return "This is no model at all."s; }},
    {"field number 0", "impossible number", [] { return TinySpm().bytes() + "\x02\x01x"s; }},
    {"field number too large", "impossible number",
     [] { return TinySpm().bytes() + varint(std::uint64_t{1} << 33) + "\1"; }},
    {"a group", "wire type", [] { return TinySpm().bytes() + "\x0B\x0C"s; }},
    {"wire type 6", "wire type", [] { return TinySpm().bytes() + "\xC6\x0C\x01"s; }},
    {"a varint of 11 bytes", "64 bits",
     [] { return TinySpm().bytes() + "\xC0\x0C"s + std::string(10, '\xFF') + "\1"; }},
    {"a varint of 65 bits", "64 bits", [] { return TinySpm().bytes() + "\xC0\x0C"s + std::string(9, '\xFF') + "\2"; }},
    {"a varint without end", "beyond its end", [] { return TinySpm().bytes() + "\xC0\x0C\xFF"s; }},
    {"a length beyond the end", "beyond its end", [] { return TinySpm().bytes() + "\xC2\x0C\x05xx"s; }},
    {"a length of 2^63", "beyond its end",
     [] { return TinySpm().bytes() + "\xC2\x0C"s + varint(std::uint64_t{1} << 63); }},
    {"a length of 2^64 - 1", "beyond its end",
     [] { return TinySpm().bytes() + "\xC2\x0C"s + varint(~std::uint64_t{0}); }},
    {"a float cut off", "beyond its end", [] { return TinySpm().bytes() + "\xC5\x0C\1\2"s; }},
    {"a piece that reaches beyond itself", "piece 8", [] { return with_piece(bytes_field(1, "\x0A\x05x")); }},
    {"pieces as a number", "wrong type", [] { return with_piece(number_field(1, 1)); }},
    {"trainer_spec as a number", "wrong type", [] { return TinySpm().pieces + number_field(2, 1); }},
    {"two trainer_specs", "twice", [] { return TinySpm().bytes() + bytes_field(2, ""); }},
    {"two normalizer_specs", "twice", [] { return TinySpm().bytes() + bytes_field(3, ""); }},
    {"a piece with two texts", "twice",
     [] { return with_piece(bytes_field(1, bytes_field(1, "q") + bytes_field(1, "r"))); }},
    // pieces
    {"an empty piece", "is empty", [] { return with_piece(piece("")); }},
    {"a piece without text", "is empty", [] { return with_piece(bytes_field(1, float_field(2, 0))); }},
    {"a piece twice", "\"a\" is there twice", [] { return with_piece(piece("a", -9)); }},
    {"a piece as text and control", "there twice", [] { return with_piece(piece("</s>")); }},
    {"a piece with NUL", "NUL", [] { return with_piece(piece("q\0r"s)); }},
    {"a piece that is not UTF-8", "UTF-8", [] { return with_piece(piece("\xC3")); }},
    {"a piece with a surrogate", "UTF-8", [] { return with_piece(piece("\xED\xA0\x80")); }},
    {"a piece of 513 bytes", "512", [] { return with_piece(piece(std::string(513, 'q'))); }},
    {"a score that is NaN", "finite", [] { return with_piece(piece("q", std::nanf(""))); }},
    {"a score that is infinite", "finite", [] { return with_piece(piece("q", -INFINITY)); }},
    {"type 0", "type 0", [] { return with_piece(piece("q", 0, 0)); }},
    {"type 7", "type 7", [] { return with_piece(piece("q", 0, 7)); }},
    {"type -1", "type 18446744073709551615", [] { return with_piece(piece("q", 0, ~std::uint64_t{0})); }},
    {"type as a float", "wrong type",
     [] { return with_piece(bytes_field(1, bytes_field(1, "q") + float_field(3, 1))); }},
    {"score as a number", "wrong type",
     [] { return with_piece(bytes_field(1, bytes_field(1, "q") + number_field(2, 1))); }},
    {"no unknown piece", "0 unknown", [] { return with([](TinySpm& m) { m.pieces = piece("a"); }); }},
    {"two unknown pieces", "2 unknown", [] { return with_piece(piece("<u>", 0, 2)); }},
    {"no normal piece", "no piece", [] { return with([](TinySpm& m) { m.pieces = piece("<unk>", 0, 2); }); }},
    {"byte pieces without byte_fallback", "byte_fallback off", [] { return with_piece(byte_pieces(256)); }},
    {"255 byte pieces", "255 byte",
     [] {
         return with([](TinySpm& m) {
             m.pieces += byte_pieces(255);
             m.trainer += number_field(35, 1);
         });
     }},
    {"byte_fallback without byte pieces", "0 byte",
     [] { return with([](TinySpm& m) { m.trainer += number_field(35, 1); }); }},
    {"a byte piece that is none", "is no byte", [] { return with_piece(piece("<0xaf>", 0, 6)); }},
    {"65 nested user-defined pieces", "nests more than 64", [] { return with_piece(nested_pieces(65)); }},
    // the trainer's fields
    {"model type 0", "model type 0", [] { return with([](TinySpm& m) { m.trainer = number_field(3, 0); }); }},
    {"model type 5", "model type 5", [] { return with([](TinySpm& m) { m.trainer = number_field(3, 5); }); }},
    {"model type twice", "twice", [] { return with([](TinySpm& m) { m.trainer += number_field(3, 1); }); }},
    {"byte_fallback as text", "wrong type", [] { return with([](TinySpm& m) { m.trainer += bytes_field(35, ""); }); }},
    {"an unknown surface that is not UTF-8", "short UTF-8",
     [] { return with([](TinySpm& m) { m.trainer += bytes_field(44, "\xFF"); }); }},
    {"an unknown surface of 65 bytes", "short UTF-8",
     [] { return with([](TinySpm& m) { m.trainer += bytes_field(44, std::string(65, '?')); }); }},
    {"a list of 65,537 strings", "65,536",
     [] {
         std::string list;
         for (int i = 0; i < 65'537; ++i) list += bytes_field(30, "");
         return with([&](TinySpm& m) { m.trainer += list; });
     }},
    {"self-test of over 64 KiB", "64 KiB",
     [] { return TinySpm().bytes() + bytes_field(4, std::string(65'537, '\x0A')); }},
    {"a self-test sample that is broken", "beyond its end",
     [] { return TinySpm().bytes() + bytes_field(4, "\x0A\x02\x0A\x07"); }},
    // the normalisation table
    {"a table of 1 byte", "header", [] { return with_blob("\1"); }},
    {"a table of 4 bytes", "header", [] { return with_blob(u32(4)); }},
    {"a trie of 0 bytes", "impossible size", [] { return with_blob(u32(0) + "a\0"s); }},
    {"a trie of 2 bytes", "whole units", [] { return with_blob(u32(2) + "abcd\0"s); }},
    {"a trie as long as what follows", "impossible size",
     [] { return with_blob(u32(1024) + std::string(1024, '\0')); }},
    {"a trie into the last four bytes", "impossible size",
     [] { return with_blob(u32(1028) + std::string(1028, '\0')); }},
    {"a trie of 4 GiB", "impossible size", [] { return with_blob(u32(0xFFFFFFFC) + std::string(1028, '\0')); }},
    {"a trie of one unit", "outside itself at unit 0", [] { return with_blob(u32(4) + u32(1 << 10) + "a\0"s); }},
    {"a root that points outside", "at unit 0",
     [] { return with_charsmap([](TinyCharsmap& m) { m.units[0] = unit(0, 256, 0, false); }); }},
    {"a root with a scaled offset", "at unit 0",
     [] { return with_charsmap([](TinyCharsmap& m) { m.units[0] |= 0x200; }); }},
    {"a key that points outside", "outside itself",
     [] { return with_charsmap([](TinyCharsmap& m) { m.units[m.a] = unit(m.a, 300, 'A', true); }); }},
    {"a key that points far outside", "outside itself",
     [] { return with_charsmap([](TinyCharsmap& m) { m.units[m.a] = 0x7FFFFF00u | 'A'; }); }},
    {"the last block cut short", "outside itself",
     [] { return with_charsmap([](TinyCharsmap& m) { m.units.resize(255); }); }},
    {"a key that leads to itself", "circles",
     [] { return with_charsmap([](TinyCharsmap& m) { m.units[m.a] = unit(m.a, 1, 'A', false); }); }},
    {"a key that leads to itself in two steps", "circles",
     [] { return with_charsmap([](TinyCharsmap& m) { m.units[m.ab] = unit(m.ab, 1, 'B', false); }); }},
    {"a value beyond the replacements", "beyond its end",
     [] { return with_charsmap([](TinyCharsmap& m) { m.units[3] = value_unit(5); }); }},
    {"a value far beyond", "beyond its end",
     [] { return with_charsmap([](TinyCharsmap& m) { m.units[4] = value_unit(0x7FFFFFFF); }); }},
    {"a value inside a character", "inside a character",
     [] { return with_charsmap([](TinyCharsmap& m) { m.units[4] = value_unit(3); }); }},
    {"replacements without NUL", "end with NUL",
     [] { return with_charsmap([](TinyCharsmap& m) { m.replacements += "z"; }); }},
    {"replacements that are not UTF-8", "UTF-8",
     [] { return with_charsmap([](TinyCharsmap& m) { m.replacements = "\xC3\0\xC3\x9F\0"s; }); }},
    {"a replacement of 129 bytes", "128",
     [] {
         return with_charsmap([](TinyCharsmap& m) {
             m.replacements = std::string(129, 'a') + '\0';
             m.units[4]     = value_unit(0);
         });
     }},
    {"33 nested keys", "32 prefixes", [] { return nested_keys(33); }},
    {"a bad table for decoding", "denormalizer_spec",
     [] { return TinySpm().bytes() + bytes_field(5, bytes_field(2, "\1")); }},
};

struct GoodModel {
    const char*                  name;
    std::function<std::string()> bytes;
};

const GoodModel good_models[] = {
    {"as built", [] { return TinySpm().bytes(); }},
    {"no table", [] { return with_blob(""); }},
    {"no trainer_spec, no normalizer_spec", [] { return TinySpm().pieces; }},
    {"BPE", [] { return with([](TinySpm& m) { m.trainer = number_field(3, 2); }); }},
    {"words", [] { return with([](TinySpm& m) { m.trainer = number_field(3, 3); }); }},
    {"characters", [] { return with([](TinySpm& m) { m.trainer = number_field(3, 4); }); }},
    {"all byte pieces",
     [] {
         return with([](TinySpm& m) {
             m.pieces += byte_pieces(256);
             m.trainer += number_field(35, 1);
         });
     }},
    {"unknown fields of every type",
     [] {
         return TinySpm().bytes() + number_field(200, ~std::uint64_t{0}) + bytes_field(201, "x") + float_field(202, 1) +
                varint(203 << 3 | 1) + "12345678";
     }},
    {"a piece of 512 bytes", [] { return with_piece(piece(std::string(512, 'q'))); }},
    {"64 nested user-defined pieces", [] { return with_piece(nested_pieces(64)); }},
    {"32 nested keys", [] { return nested_keys(32); }},
    {"two keys that share their ending",
     [] { return with_charsmap([](TinyCharsmap& m) { m.units[1 ^ 'C'] = unit(1 ^ 'C', 3, 'C', true); }); }},
    {"a replacement of 128 bytes",
     [] {
         return with_charsmap([](TinyCharsmap& m) {
             m.replacements = std::string(128, 'a') + '\0';
             m.units[4]     = value_unit(0);
         });
     }},
    {"an empty replacement", [] { return with_charsmap([](TinyCharsmap& m) { m.units[4] = value_unit(1); }); }},
    {"a table for decoding", [] { return TinySpm().bytes() + bytes_field(5, bytes_field(2, TinyCharsmap().blob())); }},
};

// A tokenizer around one model, used for both sides.
class Folder {
public:
    Folder() { folder_.write("vocab.json", tiny_vocabulary); }
    MarianTokenizer open(std::string_view model) const {
        for (const char* name : {"source.spm", "target.spm"}) folder_.write(name, model);
        return MarianTokenizer::open(folder_.path());
    }

private:
    TemporaryFolder folder_;
};

// Long runs of what the tables hold: reads past their ends if the check let a bad one through.
const std::string probe =
    "ABab x" + std::string(200, 'A') + std::string(200, 'u') + "A\u00DF \xFF A" + std::string(1, '\0') + "B";

void use(const MarianTokenizer& tokenizer) {
    const auto ids = tokenizer.encode(probe);
    CHECK(ids.back() == 0);
    tokenizer.decode(ids);
}

}   // namespace

TEST_CASE("bad models are refused with a reason") {
    const Folder folder;
    for (const BadModel& c : bad_models) {
        CAPTURE(std::string(c.name));
        const std::string bytes = c.bytes();
        expect_error(Status::bad_input, {"[bad.spm", c.word}, [&] { check_sentencepiece(bytes, "bad.spm"); });
        expect_error(Status::bad_input, {"source.spm", c.word}, [&] { folder.open(bytes); });
    }
    CHECK(std::size(bad_models) > 60);
}

TEST_CASE("unusual but legal models load and work") {
    const Folder folder;
    for (const GoodModel& c : good_models) {
        CAPTURE(std::string(c.name));
        check_sentencepiece(c.bytes(), "good.spm");
        use(folder.open(c.bytes()));
    }
}

TEST_CASE("the tiny model normalises by its table") {
    const Folder          folder;
    const MarianTokenizer tokenizer = folder.open(TinySpm().bytes());
    CHECK(tokenizer.encode("Ab") == std::vector<std::uint32_t>{5, 0});      // a b
    CHECK(tokenizer.encode("AB") == std::vector<std::uint32_t>{2, 6, 0});   // U+00DF
    CHECK(tokenizer.encode("q") == std::vector<std::uint32_t>{2, 1, 0});
    CHECK(tokenizer.encode(">>de<< ab") == std::vector<std::uint32_t>{8, 5, 0});
    CHECK(tokenizer.decode(std::vector<std::uint32_t>{9, 5, 6, 2, 4, 0, 9}) == "ab\u00DF b");
    CHECK(tokenizer.decode(std::vector<std::uint32_t>{5, 1}) == "ab \u2047");
}

TEST_CASE("every truncation and every changed byte: refused, or it still works") {
    const Folder      folder;
    const std::string good    = TinySpm().bytes();
    int               refused = 0, worked = 0;
    const auto        attempt = [&](const std::string& bytes) {
        try {
            check_sentencepiece(bytes, "changed.spm");
            use(folder.open(bytes));
            ++worked;
        } catch (const Error& error) {
            CHECK(error.status() == Status::bad_input);
            ++refused;
        }
    };
    for (std::size_t length = 0; length < good.size(); ++length) attempt(good.substr(0, length));
    for (std::size_t at = 0; at < good.size(); ++at)
        for (const int mask : {0x01, 0x80, 0xFF}) {
            std::string bytes = good;
            bytes[at]         = static_cast<char>(bytes[at] ^ mask);
            attempt(bytes);
        }
    CHECK(refused > 1'000);
    CHECK(worked > 100);
}

TEST_CASE("the shipped model passes, and its changed tables do not crash") {
    const std::string path  = ATTUNE_SOURCE_DIR "/samples/models/tatoeba-en-de-fr-es/source.spm";
    const std::string model = read_file(path, 64u << 20);
    check_sentencepiece(model, path);
    const std::size_t table   = model.find("nmt_nfkc") + 12;   // a little into the trie
    int               refused = 0;
    for (std::size_t i = 0; i < 300; ++i) {
        std::string bytes      = model;
        bytes[table + i * 601] = static_cast<char>(bytes[table + i * 601] ^ (i % 2 ? 0x40 : 0xFF));
        try {
            check_sentencepiece(bytes, path);
        } catch (const Error& error) {
            CHECK(error.status() == Status::bad_input);
            ++refused;
        }
    }
    CHECK(refused > 20);
}

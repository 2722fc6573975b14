// Every rule of SentencePiece models, broken alone at its edges.
#include "broken/bench.h"

#include "text/tiny_spm.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdio>
#include <functional>

using namespace attune;
using namespace attune::test;
using namespace std::string_literals;

namespace {

struct ModelCase {
    const char*                  what;
    const char*                  word;   // of the message; null: unusual but legal, loads
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
        char text[16];
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

const ModelCase models[] = {
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
    // legal
    {"as built", nullptr, [] { return TinySpm().bytes(); }},
    {"no table", nullptr, [] { return with_blob(""); }},
    {"no trainer_spec, no normalizer_spec", nullptr, [] { return TinySpm().pieces; }},
    {"BPE", nullptr, [] { return with([](TinySpm& m) { m.trainer = number_field(3, 2); }); }},
    {"words", nullptr, [] { return with([](TinySpm& m) { m.trainer = number_field(3, 3); }); }},
    {"characters", nullptr, [] { return with([](TinySpm& m) { m.trainer = number_field(3, 4); }); }},
    {"all byte pieces", nullptr,
     [] {
         return with([](TinySpm& m) {
             m.pieces += byte_pieces(256);
             m.trainer += number_field(35, 1);
         });
     }},
    {"unknown fields of every type", nullptr,
     [] {
         return TinySpm().bytes() + number_field(200, ~std::uint64_t{0}) + bytes_field(201, "x") + float_field(202, 1) +
                varint(203 << 3 | 1) + "12345678";
     }},
    {"a piece of 512 bytes", nullptr, [] { return with_piece(piece(std::string(512, 'q'))); }},
    {"64 nested user-defined pieces", nullptr, [] { return with_piece(nested_pieces(64)); }},
    {"32 nested keys", nullptr, [] { return nested_keys(32); }},
    {"two keys that share their ending", nullptr,
     [] { return with_charsmap([](TinyCharsmap& m) { m.units[1 ^ 'C'] = unit(1 ^ 'C', 3, 'C', true); }); }},
    {"a replacement of 128 bytes", nullptr,
     [] {
         return with_charsmap([](TinyCharsmap& m) {
             m.replacements = std::string(128, 'a') + '\0';
             m.units[4]     = value_unit(0);
         });
     }},
    {"an empty replacement", nullptr, [] { return with_charsmap([](TinyCharsmap& m) { m.units[4] = value_unit(1); }); }},
    {"a table for decoding", nullptr, [] { return TinySpm().bytes() + bytes_field(5, bytes_field(2, TinyCharsmap().blob())); }},
};

// `count` pieces of `bytes` each behind the tiny ones, which are 8 of 23 bytes together.
std::string many_pieces(std::size_t count, std::size_t bytes, std::uint64_t type = 1) {
    TinySpm model;
    for (std::size_t i = 0; i < count; ++i) {
        const std::string number = std::to_string(i);
        model.pieces += piece(number + std::string(bytes - number.size(), static_cast<char>('a' + i % 26)), -1, type);
    }
    return model.bytes();
}

}   // namespace

TEST_CASE("models that break a rule are refused with a reason") {
    for (const char* name : {"source pieces", "target pieces"}) {
        Bench bench(format(name));
        for (const ModelCase& row : models) bench.expect(row.what, row.bytes(), row.word);
        CHECK(bench.attempts() > 80);
    }
}

TEST_CASE("models that are large are refused in time and memory") {
    Bench                 bench(format("source pieces"));
    constexpr std::size_t most = 1u << 17;
    bench.expect("131,072 pieces", many_pieces(most - 8, 7), nullptr);
    bench.expect("131,073 pieces", many_pieces(most - 7, 7), "over 131,072 pieces");
    bench.expect("1.5 MiB of pieces", many_pieces(3071, 512), nullptr);
    bench.expect("more of them", many_pieces(3072, 512), "over 1.5 MiB");
    bench.expect("0.75 MiB of user-defined pieces", many_pieces(49'151, 16, 4), nullptr);
    bench.expect("more of them", many_pieces(49'152, 16, 4), "over 1.5 MiB");
    bench.expect("8 MiB and a byte", TinySpm().bytes() + bytes_field(200, std::string(8u << 20, 'x')),
                 "more than the 8388608");
    bench.expect("a table of 2 MiB", with_blob(u32(4) + std::string(2u << 20, '\0')), "has over 2 MiB");
    TinyCharsmap map;
    map.units.resize((2u << 20) / 4 - 256, 0x80000000u);
    bench.expect("a table of nearly as much", with([&](TinySpm& m) { m.charsmap = map.blob(); }), nullptr);
}

// Every rule of Marian's model files, .bin and .npz, broken alone at its edges.
#include "broken/bench.h"

#include "formats/stored_tensor.h"
#include "support/byte_writer.h"
#include "support/marian_writer.h"
#include "support/zip_writer.h"

#include <doctest/doctest.h>

#include <functional>
#include <limits>

using namespace attune;
using namespace attune::test;
using namespace std::string_literals;

namespace {

using Items = std::vector<BinItem>;

// w [2, 3] of intgemm8, b [1, 4] of f32, and the settings.
Items valid_items() {
    const std::int8_t elements[] = {1, 2, 3, 4, 5, 6};
    const float       numbers[]  = {1, 2, 3, 4};
    return bin_items({{"w", Tensor::i8({2, 3}, elements, {0.5f})}, {"b", Tensor::f32({1, 4}, numbers)}}, "type: x\n");
}
enum { w, b, settings };

std::string multiplier(float value) { return padded("123456" + float_bytes({value})); }

struct ItemCase {
    const char* what;
    const char* word;   // of the message; null: unusual but legal, loads
    std::function<void(Items&)> change;
};

const std::uint64_t most = ~std::uint64_t{0};

const ItemCase item_cases[] = {
    {"as written", nullptr, [](Items&) {}},
    // names
    {"a name without its NUL", "only NUL", [](Items& i) { i[w].name_end = "x"; }},
    {"a NUL within", "only NUL", [](Items& i) { i[w].name = "a\0b"s; }},
    {"two NULs", "only NUL", [](Items& i) { i[w].name_end = "\0\0"s; }},
    {"no byte of a name", "name of 0 bytes", [](Items& i) { i[w].name.clear(), i[w].name_end.clear(); }},
    {"an empty name", "empty name", [](Items& i) { i[w].name.clear(); }},
    {"a name of 256 bytes", nullptr, [](Items& i) { i[w].name = std::string(256, 'n'); }},
    {"a name of 257 bytes", "name of 258 bytes", [](Items& i) { i[w].name = std::string(257, 'n'); }},
    {"not UTF-8", "not UTF-8", [](Items& i) { i[w].name = "\xFF"; }},
    {"name length 2^31", "name of", [](Items& i) { i[w].name_bytes = 1ull << 31; }},
    {"name length 2^63", "name of", [](Items& i) { i[w].name_bytes = 1ull << 63; }},
    {"name length that wraps", "name of", [](Items& i) { i[w].name_bytes = most; }},
    {"one name too long", "only NUL", [](Items& i) { i[w].name_bytes = 3; }},
    {"one name too short", "only NUL", [](Items& i) { i[w].name_bytes = 1; }},
    {"twice", "\"w\" is there twice", [](Items& i) { i.push_back(i[w]); }},
    {"twice, unreadable", "\"w\" is there twice", [](Items& i) { i.push_back(i[w]), i.back().type = 0x802; }},
    // types
    {"type 0", "unknown type 0", [](Items& i) { i[w].type = 0; }},
    {"type 1", "unknown type 1", [](Items& i) { i[w].type = 1; }},
    {"float of 3 bytes", "unknown type 1027", [](Items& i) { i[b].type = 0x403; }},
    {"packed8 for nobody", "unknown type", [](Items& i) { i[w].type = 0x801; }},
    {"a type of 64 bits", "unknown type", [](Items& i) { i[b].type = 0x404 + (1ull << 32); }},
    {"type 2^64 - 1", "unknown type", [](Items& i) { i[w].type = most; }},
    {"int16 of too few bytes", "not 512", [](Items& i) { i[b] = {"b", {256}, std::string(255, 'x'), 0x102}; }},
    {"float16", nullptr, [](Items& i) { i[b] = {"b", {128}, std::string(256, 'x'), 0x402}; }},
    {"float64 of too few bytes", "not 264", [](Items& i) { i[b] = {"b", {33}, std::string(256, 'x'), 0x408}; }},
    {"packed bytes of any number", nullptr, [](Items& i) { i[b] = {"b", {999}, "x", 0x1801}; }},
    {"packed, and none", nullptr, [](Items& i) { i[b] = {"b", {999}, "", 0x802}; }},
    // shapes
    {"a negative extent", "negative", [](Items& i) { i[w].shape = {-2, 3}; }},
    {"the least extent", "negative", [](Items& i) { i[b].shape = {std::numeric_limits<std::int32_t>::min()}; }},
    {"two negative extents", "negative", [](Items& i) { i[w].shape = {-2, -3}; }},
    {"8 axes", nullptr, [](Items& i) { i[b].shape = {1, 1, 1, 1, 1, 1, 1, 4}; }},
    {"9 axes", "9 axes", [](Items& i) { i[b].shape = {1, 1, 1, 1, 1, 1, 1, 1, 4}; }},
    {"2^59 axes", "axes", [](Items& i) { i[b].rank = 1ull << 59; }},
    {"2^62 axes, which wrap to none", "axes", [](Items& i) { i[b].rank = 1ull << 62; }},
    {"2^64 - 1 axes", "axes", [](Items& i) { i[b].rank = most; }},
    {"no axis", nullptr, [](Items& i) { i[b].shape = {}, i[b].data = padded("1234"); }},
    {"an extent of 0", nullptr, [](Items& i) { i[b].shape = {0, 4}, i[b].data = ""; }},
    {"elements that wrap to 0", "impossible shape", [](Items& i) { i[b].shape = {1 << 30, 1 << 30, 1 << 4}; }},
    {"bytes that wrap to 0", "impossible shape", [](Items& i) { i[b].shape = {1 << 30, 1 << 30, 1 << 2}; }},
    {"elements that wrap to 4", "impossible shape", [](Items& i) { i[b].shape = {0x40000001, 0x40000001, 1 << 4}; }},
    {"0 times what wraps", "impossible shape", [](Items& i) { i[b].shape = {0, 1 << 30, 1 << 30, 1 << 30}; }},
    {"the largest extents", "impossible shape",
     [](Items& i) { i[w].shape.assign(8, std::numeric_limits<std::int32_t>::max()); }},
    {"2^61 elements", "impossible shape", [](Items& i) { i[w].shape = {1 << 30, 1 << 30, 2}; }},
    {"2^60 elements", "not 1152921504606846980", [](Items& i) { i[w].shape = {1 << 30, 1 << 30}; }},
    // sizes of f32
    {"four bytes too few", "not 16", [](Items& i) { i[b].data.resize(12); }},
    {"a byte too few", "not 16", [](Items& i) { i[b].data.resize(15); }},
    {"no padding", nullptr, [](Items& i) { i[b].data.resize(16); }},
    {"255 bytes of it", nullptr, [](Items& i) { i[b].data.resize(16 + 255); }},
    {"256 bytes of it", "has 272 bytes, not 16", [](Items& i) { i[b].data.resize(16 + 256); }},
    {"no bytes", "not 16", [](Items& i) { i[b].data.clear(); }},
    {"one element more", "not 260", [](Items& i) { i[b].shape = {1, 65}; }},
    {"64 elements", nullptr, [](Items& i) { i[b].shape = {1, 64}; }},
    // of intgemm8
    {"no room for the multiplier", "not 10", [](Items& i) { i[w].data.resize(9); }},
    {"just room for it", nullptr, [](Items& i) { i[w].data.resize(10); }},
    {"256 bytes of padding", "not 10", [](Items& i) { i[w].data.resize(10 + 256); }},
    {"elements up to the end", "not 260", [](Items& i) { i[w].shape = {16, 16}; }},
    {"a row of elements", nullptr, [](Items& i) { i[w].shape = {1, 6}; }},
    {"one axis", "not that of a matrix", [](Items& i) { i[w].shape = {6}; }},
    {"three axes", "not that of a matrix", [](Items& i) { i[w].shape = {1, 2, 3}; }},
    {"no axis", "not that of a matrix", [](Items& i) { i[w].shape = {}, i[w].data = padded("12345"); }},
    {"a table of one axis", "not that of a matrix", [](Items& i) { i[w].name = "Wemb", i[w].shape = {6}; }},
    {"multiplier 0", "multiplier", [](Items& i) { i[w].data = multiplier(0); }},
    {"multiplier -0", "multiplier", [](Items& i) { i[w].data = multiplier(-0.0f); }},
    {"multiplier -1", "multiplier", [](Items& i) { i[w].data = multiplier(-1); }},
    {"an infinite one", "multiplier", [](Items& i) { i[w].data = multiplier(std::numeric_limits<float>::infinity()); }},
    {"one that is no number", "multiplier", [](Items& i) { i[w].data = multiplier(std::numeric_limits<float>::quiet_NaN()); }},
    {"one without a reciprocal", "multiplier", [](Items& i) { i[w].data = multiplier(1e-39f); }},
    {"the least that has one", nullptr, [](Items& i) { i[w].data = multiplier(3e-39f); }},
    {"the largest", nullptr, [](Items& i) { i[w].data = multiplier(std::numeric_limits<float>::max()); }},
    {"an activation scale without sense", nullptr,
     [](Items& i) { i[w].name = "w_QuantMultA", i[w].data = multiplier(std::numeric_limits<float>::quiet_NaN()); }},
    {"one without room", "not 10", [](Items& i) { i[w].name = "w_QuantMultA", i[w].data.resize(9); }},
    // data
    {"more bytes than the file", "ends early", [](Items& i) { i[settings].data_bytes = 10; }},
    {"fewer", "belong to no item", [](Items& i) { i[settings].data_bytes = 8; }},
    {"2^63 bytes", "ends early", [](Items& i) { i[w].data_bytes = 1ull << 63; }},
    {"2^64 - 1 bytes", "ends early", [](Items& i) { i[w].data_bytes = most; }},
    {"2^64 - 256 bytes", "ends early", [](Items& i) { i[b].data_bytes = most - 255; }},
    {"bytes that wrap over two items", "ends early",
     [](Items& i) { i[w].data_bytes = 1ull << 63, i[b].data_bytes = 1ull << 63; }},
    {"all bytes in the first", "not 10", [](Items& i) { i[w].data_bytes = 512, i[b].data_bytes = 0; }},
    // settings
    {"none", "holds no special:model.yml", [](Items& i) { i.pop_back(); }},
    {"twice", "\"special:model.yml\" is there twice", [](Items& i) { i.push_back(i[settings]); }},
    {"empty", nullptr, [](Items& i) { i[settings].data.clear(); }},
    {"no NUL", nullptr, [](Items& i) { i[settings].data = "type: x"; }},
    {"64 KiB", nullptr, [](Items& i) { i[settings].data = std::string(65'536, ' '); }},
    {"64 KiB and a byte", "more than 65536 bytes", [](Items& i) { i[settings].data = std::string(65'537, ' '); }},
    {"64 KiB and bytes behind a NUL", nullptr, [](Items& i) { i[settings].data = std::string(65'536, ' ') + std::string(999, '\0'); }},
};

}   // namespace

TEST_CASE("items of .bin files that break a rule are refused") {
    Bench bench(format("marian bin"));
    for (const ItemCase& row : item_cases) {
        Items items = valid_items();
        row.change(items);
        bench.expect(row.what, bin_bytes(items), row.word);
    }
    CHECK(bench.attempts() > 80);
}

TEST_CASE("headers of .bin files that break a rule are refused") {
    struct HeaderCase {
        const char* what;
        const char* word;
        BinOptions  options;
    };
    const HeaderCase rows[] = {
        {"version 0", "version 1", {.version = 0}},
        {"version 2", "version 1", {.version = 2}},
        {"version 2^32 + 1", "version 1", {.version = (1ull << 32) + 1}},
        {"version 2^64 - 1", "version 1", {.version = most}},
        {"one item fewer", "", {.count = 2}},
        {"one item more", "", {.count = 4}},
        {"no items", "belong to no item", {.count = 0}},
        {"2^16 items", "more than it can hold", {.count = 65'536}},
        {"2^32 items", "more than it can hold", {.count = 1ull << 32}},
        {"2^58 items", "more than it can hold", {.count = 1ull << 58}},
        {"2^59 items, whose headers wrap to 0 bytes", "more than it can hold", {.count = 1ull << 59}},
        {"2^59 + 3 items, which wrap to 3", "more than it can hold", {.count = (1ull << 59) + 3}},
        {"2^63 items", "more than it can hold", {.count = 1ull << 63}},
        {"2^64 - 1 items", "more than it can hold", {.count = most}},
        {"no padding", "", {.padding = 0}},
        {"padding up to the end", "", {.padding = 600}},
        {"padding beyond the end", "ends early", {.padding = 2000}},
        {"padding of 2^63", "ends early", {.padding = 1ull << 63}},
        {"padding of 2^64 - 1", "ends early", {.padding = most}},
        {"padding of 2^64 - 256", "ends early", {.padding = most - 255}},
        {"a byte behind", "1 bytes belong to no item", {.after = "x"}},
        {"256 zeros behind", "256 bytes belong to no item", {.after = std::string(256, '\0')}},
    };
    Bench bench(format("marian bin"));
    for (const HeaderCase& row : rows) bench.expect(row.what, bin_bytes(valid_items(), row.options), row.word);
    for (const std::string& bytes :
         {""s, "\1"s, ByteWriter().u64(1).bytes(), ByteWriter().u64(1).u64(1).bytes(), "PK\3\4"s, "PK"s, "\x93NUMPY"s,
          "version https://git-lfs.github.com/spec/v1\n"s, ByteWriter().u64(1).u64(0).u64(8).bytes(),
          ByteWriter().u64(1).u64(0).u64(0).bytes()})
        bench.expect("a start", bytes, "");
}

TEST_CASE(".bin files of very many items are refused in time and memory") {
    const auto with_items = [](std::size_t count) {
        Items items = valid_items();
        while (items.size() < count)
            items.push_back({.name = "n" + std::to_string(items.size()), .shape = {0}, .data = ""});
        return bin_bytes(items);
    };
    Bench bench(format("marian bin"));
    bench.expect("65,536 items", with_items(max_tensors), nullptr);
    bench.expect("65,537 items", with_items(max_tensors + 1), "65536 items");
}

namespace {

const std::string plain_header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
const std::string six_numbers  = float_bytes({1, 2, 3, 4, 5, 6});

ZipFile settings_member() {
    return {.name = "special:model.yml.npy",
            .content = npy_bytes("{'descr': '|i1', 'fortran_order': False, 'shape': (8,), }", "type: x\n")};
}

std::string npz_of(const std::string& array, const std::string& name = "w.npy") {
    return zip_bytes({{.name = name, .content = array}, settings_member()});
}

struct ArrayCase {
    std::string header;
    const char* word;
    std::string data = six_numbers;
};

std::string of_type(const char* type) { return "{'descr': '" + std::string(type) + "', 'fortran_order': False, 'shape': (6,), }"; }
std::string of_shape(const std::string& shape) { return "{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }"; }

const ArrayCase arrays[] = {
    {plain_header, nullptr},
    {"{'shape': (2, 3), 'fortran_order': True, 'descr': '<f4'}", nullptr},
    {"{ \"descr\" : \"<f4\" , \"shape\":(6),\"fortran_order\":False,}", nullptr},
    // the dictionary
    {"", "no dictionary"},
    {"{", "no dictionary"},
    {"{}", "lacks"},
    {"[]", "no dictionary"},
    {"{,}", "no dictionary"},
    {"{'descr'}", "no dictionary"},
    {"{'descr'", "no dictionary"},
    {"{'descr", "no dictionary"},
    {"{'descr:", "no dictionary"},
    {"{'descr':", "no dictionary"},
    {"{'descr': '<f4'", "no dictionary"},
    {"{'descr': '<f4'}", "lacks"},
    {"{'descr': '<f4', 'fortran_order': False, }", "lacks"},
    {"{'descr': '<f4', 'shape': (6,), }", "lacks"},
    {"{'fortran_order': False, 'shape': (6,), }", "lacks"},
    {"{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (6,), }", "twice"},
    {"{'descr': '<f4', 'fortran_order': False, 'fortran_order': False, 'shape': (6,), }", "twice"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (6,), 'shape': (6,), }", "twice"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (6,), 'x': 1, }", "unknown"},
    {"{'descr': '<f4' 'fortran_order': False, 'shape': (6,), }", "no dictionary"},
    {plain_header + "}", "after its end"},
    {plain_header + plain_header, "after its end"},
    {plain_header + "\0"s, "after its end"},
    {"{'descr': '<f4', 'fortran_order': None, 'shape': (6,), }", "neither True nor False"},
    {"{'descr': '<f4', 'fortran_order': 0, 'shape': (6,), }", "neither True nor False"},
    {"{'descr': '<f4', 'fortran_order': 'True', 'shape': (6,), }", "neither True nor False"},
    // types
    {of_type("<f8"), "not the size"},
    {of_type("<f2"), "not the size"},
    {of_type("<f2"), nullptr, std::string(12, 'x')},
    {of_type(">f4"), nullptr},
    {of_type("=f4"), nullptr},
    {of_type("|S4"), nullptr},
    {of_type("<U1"), nullptr},
    {of_type("<U4"), "not the size"},
    {of_type("<i4"), nullptr},
    {of_type("|b1"), nullptr, "123456"},
    {of_type("|V4"), nullptr},
    {of_type("|O"), "not read"},
    {of_type("O"), "not read"},
    {of_type(""), "not read"},
    {of_type("<"), "not read"},
    {of_type("<f"), "not read"},
    {of_type("4"), "not read"},
    {of_type("<f-4"), "not read"},
    {of_type("<f 4"), "not read"},
    {of_type("<f4x"), "not read"},
    {of_type("<M8[us]"), "not read"},
    {of_type("<f18446744073709551620"), "not read"},
    {of_type("|S1073741825"), "not read"},
    {of_type("|S1073741824"), "not the size"},
    {of_type("<U1073741824"), "not the size"},
    {of_type("|S0"), nullptr, ""},
    {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (6,), }", "records"},
    {"{'descr': [], 'fortran_order': False, 'shape': (6,), }", "records"},
    {"{'descr': 4, 'fortran_order': False, 'shape': (6,), }", "no dictionary"},
    // shapes
    {of_shape("(6,)"), nullptr},
    {of_shape("(6)"), nullptr},
    {of_shape("()"), nullptr, "1234"},
    {of_shape("(0,)"), nullptr, ""},
    {of_shape("(2,0,3)"), nullptr, ""},
    {of_shape("(1,1,1,1,1,1,1,6)"), nullptr},
    {of_shape("(1,1,1,1,1,1,1,1,6)"), "more than 8 axes"},
    {of_shape("6"), "no dictionary"},
    {of_shape("[6]"), "no dictionary"},
    {of_shape("(6"), "no list"},
    {of_shape("("), "no list"},
    {of_shape("(,)"), "no list"},
    {of_shape("(2 3)"), "no list"},
    {of_shape("(2,,3)"), "no list"},
    {of_shape("(-6,)"), "no list"},
    {of_shape("(+6,)"), "no list"},
    {of_shape("(6.0,)"), "no list"},
    {of_shape("(0x6,)"), "no list"},
    {of_shape("(6L,)"), "no list"},
    {of_shape("('6',)"), "no list"},
    {of_shape("(5,)"), "not the size"},
    {of_shape("(7,)"), "not the size"},
    {of_shape("()"), "not the size"},
    {of_shape("(18446744073709551616,)"), "no list"},
    {of_shape("(18446744073709551615,)"), "impossible shape"},
    {of_shape("(4294967296,4294967296)"), "impossible shape"},
    {of_shape("(4611686018427387910,)"), "impossible shape"},
    {of_shape("(0,4294967296,4294967296)"), "impossible shape"},
    {of_shape("(576460752303423488,)"), "not the size"},
};

}   // namespace

TEST_CASE("arrays of .npz files that break a rule are refused") {
    Bench bench(format("marian npz"));
    for (const ArrayCase& row : arrays) bench.expect(row.header, npz_of(npy_bytes(row.header, row.data)), row.word);

    const std::string valid = npy_bytes(plain_header, six_numbers);
    bench.expect("version 0", npz_of(npy_bytes(plain_header, six_numbers, 0)), "version 0");
    bench.expect("version 4", npz_of(npy_bytes(plain_header, six_numbers, 4)), "version 4");
    bench.expect("version 255", npz_of(npy_bytes(plain_header, six_numbers, 255)), "version 255");
    for (std::size_t length = 0; length < valid.size(); ++length)
        bench.expect("cut to " + std::to_string(length), npz_of(valid.substr(0, length)), "\"w\"");
    bench.expect("a byte more", npz_of(valid + "x"), "not the size");
    bench.expect("no array", npz_of("\x93NUMPX" + valid.substr(6)), "no .npy array");
    const auto of_length = [](std::uint64_t length, unsigned version) {
        ByteWriter out;
        out.text("\x93NUMPY").u8(version).u8(0);
        version == 1 ? out.u16(length) : out.u32(length);
        return npz_of(out.text(plain_header).text(six_numbers).bytes());
    };
    bench.expect("a header of 0 bytes", of_length(0, 1), "no dictionary");
    bench.expect("a header of 65,535 bytes", of_length(65'535, 1), "ends early");
    bench.expect("a header of 64 KiB", of_length(65'536, 2), "ends early");
    bench.expect("a header of more", of_length(65'537, 2), "64 KiB");
    bench.expect("a header of 4 GiB", of_length(0xFFFFFFFF, 3), "64 KiB");
    bench.expect("a full header", npz_of(npy_bytes(plain_header + std::string(65'400, ' '), six_numbers)), nullptr);
    bench.expect("brackets", npz_of(npy_bytes(std::string(65'000, '('), six_numbers)), "no dictionary");
    bench.expect("commas", npz_of(npy_bytes(of_shape("(" + std::string(65'000, ',') + ")"), six_numbers)), "no list");
    CHECK(bench.attempts() > 150);
}

TEST_CASE("archives of .npz files that break a rule are refused") {
    using Files = std::vector<ZipFile>;
    struct ArchiveCase {
        const char* what;
        const char* word;
        std::function<void(Files&)> change;
    };
    const std::string array = npy_bytes(plain_header, six_numbers), packed = deflated_bytes(array);
    const auto        size = static_cast<std::uint32_t>(array.size());
    const auto        bomb = deflated_bytes(std::string(8u << 20, '\0'));

    const ArchiveCase rows[] = {
        {"as written", nullptr, [](Files&) {}},
        {"a byte fewer", "more than the archive says", [&](Files& f) { f[0].size = size - 1; }},
        {"a byte more", "less than the archive says", [&](Files& f) { f[0].size = size + 1; }},
        {"no bytes", "more than the archive says", [](Files& f) { f[0].size = 0; }},
        {"1 MiB", "less than the archive says", [](Files& f) { f[0].size = 1u << 20; }},
        {"4 GiB", "allowed", [](Files& f) { f[0].size = 0xFFFFFFFE; }},
        {"2^64 - 1 bytes", "allowed", [](Files& f) { f[0].size = 0xFFFFFFFF, f[0].extra = zip64_extra({most}); }},
        {"sizes that wrap together", "allowed",
         [](Files& f) {
             f.push_back(f[0]), f[2].name = "v.npy";
             f[0].size = f[2].size = 0xFFFFFFFF, f[0].extra = f[2].extra = zip64_extra({1ull << 63});
         }},
        {"a bomb", "allowed", [&](Files& f) { f[0].content = bomb, f[0].size = 8u << 20; }},
        {"a bomb that claims less", "more than the archive says", [&](Files& f) { f[0].content = bomb, f[0].size = 1u << 19; }},
        {"many small bombs", "allowed",
         [&](Files& f) {
             for (int i = 0; i < 40; ++i) f.push_back(f[0]), f.back().name = std::to_string(i) + ".npy", f.back().size = 1u << 16;
         }},
        {"another checksum", "checksum", [](Files& f) { ++f[0].checksum; }},
        {"cut", "ends early", [&](Files& f) { f[0].content = packed.substr(0, packed.size() / 2); }},
        {"a byte less", "ends early", [&](Files& f) { f[0].content.pop_back(); }},
        {"nothing", "ends early", [](Files& f) { f[0].content.clear(); }},
        {"a byte behind", "do not belong", [](Files& f) { f[0].content += 'x'; }},
        {"twice", "do not belong", [&](Files& f) { f[0].content += packed; }},
        {"no deflate stream", "damaged", [](Files& f) { f[0].content = std::string(20, '\xFF'); }},
        {"stored, not deflated", "", [&](Files& f) { f[0].content = array; }},
        {"a gzip stream", "", [&](Files& f) { f[0].content = gzip_bytes(array); }},
        {"deflated, not stored", "stored in", [](Files& f) { f[0].method = 0; }},
        {"method 1", "method 1", [](Files& f) { f[0].method = 1; }},
        {"deflate64", "method 9", [](Files& f) { f[0].method = 9; }},
        {"zstd", "method 93", [](Files& f) { f[0].method = 93; }},
        {"method 65535", "method 65535", [](Files& f) { f[0].method = 0xFFFF; }},
        {"encrypted", "encrypted", [](Files& f) { f[0].flags = 1; }},
        {"not an array by its name", "no .npy array", [](Files& f) { f[0].name = "w"; }},
        {"another kind of file", "no .npy array", [](Files& f) { f[0].name = "w.npy.txt"; }},
        {"an empty name", "empty name", [](Files& f) { f[0].name = ".npy"; }},
        {"a name of 256 bytes", nullptr, [](Files& f) { f[0].name = std::string(252, 'n') + ".npy"; }},
        {"a name of 257 bytes", "too long", [](Files& f) { f[0].name = std::string(253, 'n') + ".npy"; }},
        {"the same name", "twice", [](Files& f) { f.push_back(f[0]); }},
        {"no settings", "holds no special:model.yml", [](Files& f) { f.pop_back(); }},
        {"settings of floats", "not bytes", [&](Files& f) { f[1].content = array; }},
        {"settings of text", nullptr,
         [](Files& f) { f[1].content = npy_bytes("{'descr': '|S7', 'fortran_order': False, 'shape': (), }", "type: x"); }},
        {"settings of wide text", "not bytes",
         [](Files& f) { f[1].content = npy_bytes("{'descr': '<U1', 'fortran_order': False, 'shape': (), }", "t\0\0\0"s); }},
        {"settings of unsigned bytes", nullptr,
         [](Files& f) { f[1].content = npy_bytes("{'descr': '|u1', 'fortran_order': False, 'shape': (7,), }", "type: x"); }},
        {"settings of 64 KiB and a byte", "more than 65536 bytes",
         [](Files& f) {
             f[1].content = npy_bytes("{'descr': '|i1', 'fortran_order': False, 'shape': (65537,), }", std::string(65'537, ' '));
         }},
    };
    Bench bench(format("marian npz"));
    for (const ArchiveCase& row : rows) {
        Files files = {{.name = "w.npy", .content = packed, .method = 8, .size = size, .checksum = crc32_of(array)},
                       settings_member()};
        row.change(files);
        bench.expect(row.what, zip_bytes(files), row.word);
    }
    bench.expect("an empty archive", zip_bytes({}), "");
    bench.expect("no directory", zip_bytes({settings_member()}).substr(0, 100), "no end record");
}

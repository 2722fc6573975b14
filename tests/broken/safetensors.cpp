// Every rule of safetensors files and of sharded folders, broken alone at its edges.
#include "broken/bench.h"

#include "formats/stored_tensor.h"
#include "support/byte_writer.h"
#include "support/checkpoint_writer.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace attune;
using namespace attune::test;

namespace {

const std::string valid_entry  = R"("a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]})";
const std::string valid_header = "{" + valid_entry + "}";
const std::string data(24, '\1');

struct HeaderCase {
    std::string header;
    const char* word;
    std::string data = ::data;
};

// Another tensor behind the valid one.
std::string with(const std::string& entry) { return "{" + valid_entry + "," + entry + "}"; }

std::string entry(const char* dtype, const std::string& shape, const std::string& offsets) {
    return std::string(R"({"a":{"dtype":)") + dtype + R"(,"shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}";
}

const std::string f32 = R"("F32")";

// Those without a word are just inside a rule and load.
const HeaderCase headers[] = {
    {valid_header, nullptr},
    {"{}", nullptr, ""},
    {valid_header + "   ", nullptr},
    // the text
    {"", "'{'"},
    {"[]", "'{'"},
    {" " + valid_header, "'{'"},
    {"{", "JSON"},
    {"{}}", "JSON"},
    {valid_header + "x", "JSON"},
    {valid_header + std::string(1, '\0'), "JSON"},
    {"{\"\xFF\":1}", "UTF-8"},
    // what stands where
    {R"({"a":1})", "where none belongs"},
    {R"({"a":null})", "where none belongs"},
    {R"({"a":"F32"})", "where none belongs"},
    {R"({"a":true})", "where none belongs"},
    {R"({"a":[]})", "where none belongs"},
    {R"({"a":{"dtype":{}}})", "where none belongs"},
    {R"({"a":{"shape":{}}})", "where none belongs"},
    {R"({"a":{"dtype":["F32"]}})", "where none belongs"},
    {R"({"a":{"dtype":null}})", "where none belongs"},
    {R"({"a":{"dtype":5}})", "where none belongs"},
    {R"({"a":{"shape":5}})", "where none belongs"},
    {R"({"a":{"shape":"5"}})", "where none belongs"},
    {R"({"a":{"shape":[[2]]}})", "where none belongs"},
    {R"({"a":{"shape":[{}]}})", "where none belongs"},
    {R"({"a":{"shape":["2"]}})", "where none belongs"},
    {R"({"a":{"shape":[null]}})", "where none belongs"},
    {R"({"a":{"shape":[true]}})", "where none belongs"},
    {R"({"a":{}})", "lacks"},
    {R"({"a":{"dtype":"F32","shape":[2,3]}})", "lacks"},
    {R"({"a":{"dtype":"F32","data_offsets":[0,24]}})", "lacks"},
    {R"({"a":{"shape":[2,3],"data_offsets":[0,24]}})", "lacks"},
    {R"({"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24],"x":1}})", "unknown field"},
    {R"({"a":{"dtype":"F32","dtype":"F32","shape":[2,3],"data_offsets":[0,24]}})", "twice"},
    {R"({"a":{"dtype":"F32","shape":[2,3],"shape":[2,3],"data_offsets":[0,24]}})", "twice"},
    // metadata
    {R"({"__metadata__":1})", "where none belongs"},
    {R"({"__metadata__":"x"})", "where none belongs"},
    {R"({"__metadata__":{"a":1}})", "where none belongs"},
    {R"({"__metadata__":{"a":{}}})", "where none belongs"},
    {R"({"__metadata__":{"a":[]}})", "where none belongs"},
    {R"({"__metadata__":{"a":null}})", "where none belongs"},
    {R"({"__metadata__":{"a":"x","a":"x"}})", "twice"},
    {R"({"__metadata__":{},"__metadata__":{}})", "twice"},
    {R"({"__metadata__":{}})", nullptr, ""},
    {R"({"__metadata__":{"a":"x"}})", nullptr, ""},
    {R"({"__metadata__":{},"a":{"data_offsets":[0,1],"dtype":"U8","shape":[1]}}    )", nullptr, "x"},
    // names
    {"{\"" + std::string(256, 'n') + R"(":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}})", nullptr},
    {with(valid_entry), "twice"},
    {R"({"":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}})", "empty name"},
    {"{\"" + std::string(257, 'n') + R"(":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}})", "257 bytes"},
    // types
    {entry(R"("F33")", "[2,3]", "[0,24]"), "unknown dtype"},
    {entry(R"("f32")", "[2,3]", "[0,24]"), "unknown dtype"},
    {entry(R"("")", "[2,3]", "[0,24]"), "unknown dtype"},
    {entry(R"("F16")", "[2,3]", "[0,24]"), "not the size"},
    {entry(R"("F64")", "[2,3]", "[0,24]"), "not the size"},
    {entry(R"("BOOL")", "[2,3]", "[0,24]"), "not the size"},
    {entry(R"("F16")", "[2,6]", "[0,24]"), nullptr},
    {entry(R"("BF16")", "[12]", "[0,24]"), nullptr},
    {entry(R"("F64")", "[3]", "[0,24]"), nullptr},
    {entry(R"("BOOL")", "[24]", "[0,24]"), nullptr},
    // shapes
    {entry(f32.c_str(), "[]", "[0,4]"), nullptr, "1234"},
    {entry(f32.c_str(), "[0,3]", "[0,0]"), nullptr, ""},
    {entry(f32.c_str(), "[1,1,1,1,1,1,1,6]", "[0,24]"), nullptr},
    {entry(f32.c_str(), "[]", "[0,24]"), "not the size"},
    {entry(f32.c_str(), "[2,4]", "[0,24]"), "not the size"},
    {entry(f32.c_str(), "[0,3]", "[0,24]"), "not the size"},
    {entry(f32.c_str(), "[-2,3]", "[0,24]"), "negative"},
    {entry(f32.c_str(), "[2.0,3]", "[0,24]"), "not an integer"},
    {entry(f32.c_str(), "[2e0,3]", "[0,24]"), "not an integer"},
    {entry(f32.c_str(), "[1,1,1,1,1,1,1,1,6]", "[0,24]"), "more than 8"},
    {entry(f32.c_str(), "[18446744073709551616]", "[0,24]"), "not an integer"},
    {entry(f32.c_str(), "[18446744073709551615]", "[0,24]"), "impossible shape"},
    {entry(f32.c_str(), "[4294967296,4294967296]", "[0,0]"), "impossible shape"},   // the product wraps to 0
    {entry(f32.c_str(), "[4611686018427387910]", "[0,24]"), "impossible shape"},    // 4 x that wraps to 24
    {entry(f32.c_str(), "[0,4294967296,4294967296]", "[0,0]"), "impossible shape"},
    {entry(f32.c_str(), "[2305843009213693952]", "[0,24]"), "impossible shape"},
    // offsets
    {entry(f32.c_str(), "[2,3]", "[]"), "two data_offsets"},
    {entry(f32.c_str(), "[2,3]", "[24]"), "two data_offsets"},
    {entry(f32.c_str(), "[2,3]", "[0,24,24]"), "two data_offsets"},
    {entry(f32.c_str(), "[2,3]", "[24,0]"), "not the size"},
    {entry(f32.c_str(), "[2,3]", "[0,23]"), "not the size"},
    {entry(f32.c_str(), "[2,3]", "[0,25]"), "not the size"},
    {entry(f32.c_str(), "[2,3]", "[-24,0]"), "negative"},
    {entry(f32.c_str(), "[2,3]", "[0,-24]"), "negative"},
    {entry(f32.c_str(), "[2,3]", "[0,24.0]"), "not an integer"},
    {entry(f32.c_str(), "[2,3]", "[0,1e999]"), "overflow"},
    {entry(f32.c_str(), "[2,3]", "[18446744073709551592,18446744073709551616]"), "not an integer"},
    {entry(f32.c_str(), "[2,3]", "[18446744073709551591,18446744073709551615]"), "beyond the end"},
    {entry(f32.c_str(), "[2,3]", "[4,28]"), "beyond the end"},
    {entry(f32.c_str(), "[5]", "[4,24]"), "gap"},
    {entry(f32.c_str(), "[5]", "[0,20]"), "belong to no tensor"},
    {"{}", "belong to no tensor"},
    {valid_header, "beyond the end", std::string(23, '\1')},
    {valid_header, "belong to no tensor", std::string(25, '\1')},
    {valid_header, "beyond the end", ""},
    {with(R"("b":{"dtype":"F32","shape":[1],"data_offsets":[24,28]})"), nullptr, std::string(28, '\1')},
    {with(R"("b":{"dtype":"F32","shape":[0],"data_offsets":[24,24]})"), nullptr},
    {with(R"("b":{"dtype":"F32","shape":[0],"data_offsets":[0,0]})"), nullptr},
    {with(R"("b":{"dtype":"F32","shape":[1],"data_offsets":[20,24]})"), "overlaps"},
    {with(R"("b":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]})"), "overlaps"},
    {with(R"("b":{"dtype":"F32","shape":[1],"data_offsets":[25,29]})"), "gap", std::string(29, '\1')},
    {with(R"("b":{"dtype":"F32","shape":[1],"data_offsets":[24,28]})"), "beyond the end"},
    {with(R"("b":{"dtype":"F32","shape":[0],"data_offsets":[12,12]})"), "overlaps"},
    {with(R"("b":{"dtype":"F32","shape":[0],"data_offsets":[28,28]})"), "beyond the end"},
};

const std::string with_matrix = with(R"("matrix":{"dtype":"F32","shape":[6],"data_offsets":[24,48]})");

// `count` tensors without elements, with names of `name_bytes`, and blanks up to `header_bytes`.
std::string many_tensors(std::size_t count, std::size_t name_bytes, std::size_t header_bytes = 0) {
    std::string header = "{";
    for (std::size_t i = 0; i < count; ++i) {
        const std::string number = std::to_string(i);
        header += (i ? ",\"" : "\"") + number + std::string(name_bytes - number.size(), 'n') +
                  R"(":{"dtype":"F32","shape":[0],"data_offsets":[0,0]})";
    }
    header += "}";
    header.resize(std::max(header.size(), header_bytes), ' ');
    return header;
}

std::string metadata(std::size_t bytes) { return R"({"__metadata__":{"a":")" + std::string(bytes, 'm') + "\"}}"; }

}   // namespace

TEST_CASE("safetensors headers that break a rule are refused") {
    Bench bench(format("safetensors"));
    for (const HeaderCase& row : headers)
        bench.expect(row.header.substr(0, 120), safetensors_bytes(row.header, row.data), row.word);
}

TEST_CASE("safetensors headers of a wrong length are refused") {
    struct LengthCase {
        std::uint64_t length;
        const char*   word;
    };
    const LengthCase      rows[] = {{0, "'{'"},
                                    {valid_header.size() - 1, "JSON"},
                                    {valid_header.size() + 1, "JSON"},
                                    {valid_header.size() + 25, "ends early"},
                                    {16u << 20, "ends early"},
                                    {(16u << 20) + 1, "16 MiB"},
                                    {1ull << 32, "16 MiB"},
                                    {~0ull - 7, "16 MiB"},
                                    {~0ull, "16 MiB"}};
    Bench bench(format("safetensors"));
    for (const LengthCase& row : rows)
        bench.expect(std::to_string(row.length), ByteWriter().u64(row.length).text(valid_header).text(data).bytes(),
                     row.word);
}

TEST_CASE("safetensors headers that are nested, long or full are refused in time and memory") {
    Bench bench(format("safetensors"));
    for (const char* opening : {"{\"dtype\":", "{\"shape\":[", "["}) {
        std::string nested = "{\"a\":";
        for (int i = 0; i < 100'000; ++i) nested += opening;
        bench.expect(opening, safetensors_bytes(nested, ""), "where none belongs");
    }
    constexpr std::size_t most = 16u << 20;
    bench.expect("65,536 tensors", safetensors_bytes(many_tensors(max_tensors, 5), ""), nullptr);
    bench.expect("65,537 tensors", safetensors_bytes(many_tensors(max_tensors + 1, 5), ""), "65536 tensors");
    bench.expect("a full header", safetensors_bytes(many_tensors(max_tensors, 199, most), ""), nullptr);
    bench.expect("a header of 16 MiB and a byte", safetensors_bytes(many_tensors(1, 5, most + 1), ""), "16 MiB");
    bench.expect("metadata of 1 MiB", safetensors_bytes(metadata((1u << 20) - 3), ""), nullptr);
    bench.expect("metadata of more", safetensors_bytes(metadata((1u << 20) - 2), ""), "over 1 MiB");
    bench.expect("a header of blanks", safetensors_bytes("{" + std::string(most - 2, ' ') + "}", ""), "over 1 MiB");
    bench.expect("a number of 16 MiB", safetensors_bytes(R"({"a":{"shape":[)" + std::string(most - 50, '1'), ""),
                 "over 1 MiB");
}

namespace {

struct IndexCase {
    std::string index;
    const char* word;
};

const std::string most_named = std::string(255, 's');

// Those without a word load.
const IndexCase indexes[] = {
    {R"({"weight_map":{"matrix":"s.safetensors"}})", nullptr},
    {R"({"x":[[[[[[[]]]]]]],"weight_map":{"matrix":"s.safetensors"}})", nullptr},
    {R"({"weight_map":{"matrix":")" + most_named + "\"}}", "opened"},
    {"", "JSON"},
    {"[]", "weight_map"},
    {"{}", "weight_map"},
    {R"({"weight_map":{}})", "weight_map"},
    {R"({"weight_map":[]})", "weight_map"},
    {R"({"weight_map":null})", "weight_map"},
    {R"({"weight_map":{"a":1}})", "no file name"},
    {R"({"weight_map":{"a":null}})", "no file name"},
    {R"({"weight_map":{"a":["s.safetensors"]}})", "no file name"},
    {R"({"weight_map":{"a":""}})", "plain file name"},
    {R"({"weight_map":{"a":"."}})", "plain file name"},
    {R"({"weight_map":{"a":".."}})", "plain file name"},
    {R"({"weight_map":{"a":"../s.safetensors"}})", "plain file name"},
    {R"({"weight_map":{"a":"/etc/passwd"}})", "plain file name"},
    {R"({"weight_map":{"a":"x/s.safetensors"}})", "plain file name"},
    {R"({"weight_map":{"a":"..\\s.safetensors"}})", "plain file name"},
    {R"({"weight_map":{"a":"s.safetensors\u0000.txt"}})", "plain file name"},
    {R"({"weight_map":{"a":")" + std::string(256, 's') + "\"}}", "plain file name"},
    {R"({"weight_map":{"":"s.safetensors"}})", "empty name"},
    {R"({"weight_map":{"a":"s.safetensors","a":"s.safetensors"}})", "twice"},
    {R"({"weight_map":{"b":"s.safetensors"}})", "missing"},
    {R"({"weight_map":{"matrix":"s.safetensors","b":"s.safetensors"}})", "missing"},
    {R"({"weight_map":{"a":"none.safetensors"}})", "opened"},
    {R"({"weight_map":{"a":"folder"}})", "plain file"},
    {R"({"x":[[[[[[[[[]]]]]]]]],"weight_map":{"a":"s.safetensors"}})", "deeper"},
};

}   // namespace

TEST_CASE("indexes of shards that break a rule are refused") {
    Bench bench(format("shards"));
    for (const IndexCase& row : indexes) bench.expect(row.index.substr(0, 120), row.index, row.word);

    const auto index = [](std::size_t tensors, std::size_t shards) {
        std::string map;
        for (std::size_t i = 0; i < tensors; ++i)
            map += (i ? ",\"t" : "\"t") + std::to_string(i) + "\":\"" + std::to_string(i % shards) + '"';
        return "{\"weight_map\":{" + map + "}}";
    };
    bench.expect("65,537 tensors", index(max_tensors + 1, 1), "65536 tensors");
    bench.expect("65,536 tensors", index(max_tensors, 1), "opened");
    bench.expect("4,097 shards", index(5000, 4097), "4096 shards");
    bench.expect("4,096 shards", index(5000, 4096), "opened");
    bench.expect("8 MiB and a byte", std::string((8u << 20) + 1, ' '), "more than the 8388608");
    std::string list = R"({"weight_map":{"matrix":"s.safetensors"},"x":[0)";
    for (int i = 0; i < 262'144; ++i) list += ",0";
    bench.expect("a list of a quarter million", list + "]}", "values of JSON");
}

TEST_CASE("a shard that breaks a rule is named") {
    Bench bench(format("shard"));
    bench.expect("another tensor besides", safetensors_bytes(with_matrix, data + data), nullptr);
    bench.expect("not the tensor of the index", safetensors_bytes(valid_header, data), "\"matrix\" is missing");
    bench.expect("a byte too many", safetensors_bytes(with_matrix, data + data + "x"), "belong to no tensor");
    bench.expect("an index", R"({"weight_map":{"matrix":"s.safetensors"}})", "16 MiB");
}

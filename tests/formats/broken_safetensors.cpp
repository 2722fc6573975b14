// Every rule of safetensors files and of sharded folders, broken alone.
#include "formats/checkpoint.h"

#include "support/byte_writer.h"
#include "support/checkpoint_writer.h"
#include "support/expect_error.h"
#include "support/temporary_folder.h"

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

const HeaderCase broken_headers[] = {
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
    // names
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
    // shapes
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
    {with(R"("b":{"dtype":"F32","shape":[1],"data_offsets":[20,24]})"), "overlaps"},
    {with(R"("b":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]})"), "overlaps"},
    {with(R"("b":{"dtype":"F32","shape":[1],"data_offsets":[25,29]})"), "gap", std::string(29, '\1')},
    {with(R"("b":{"dtype":"F32","shape":[1],"data_offsets":[24,28]})"), "beyond the end"},
    {with(R"("b":{"dtype":"F32","shape":[0],"data_offsets":[12,12]})"), "overlaps"},
    {with(R"("b":{"dtype":"F32","shape":[0],"data_offsets":[28,28]})"), "beyond the end"},
};

void expect_refused(const TemporaryFolder& folder, const char* word) {
    expect_error(Status::bad_input, {"model.safetensors", word}, [&] { open_checkpoint(folder.path()); });
}

}   // namespace

TEST_CASE("safetensors headers that break a rule are refused") {
    const TemporaryFolder folder;
    for (const HeaderCase& row : broken_headers) {
        CAPTURE(row.header.substr(0, 120));
        folder.write("model.safetensors", safetensors_bytes(row.header, row.data));
        expect_refused(folder, row.word);
    }
    folder.write("model.safetensors", safetensors_bytes(valid_header, data));
    CHECK(open_checkpoint(folder.path())->list().size() == 1);
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
    const TemporaryFolder folder;
    for (const LengthCase& row : rows) {
        CAPTURE(row.length);
        folder.write("model.safetensors", ByteWriter().u64(row.length).text(valid_header).text(data).bytes());
        expect_refused(folder, row.word);
    }
}

TEST_CASE("a safetensors file cut short anywhere is refused") {
    const TemporaryFolder folder;
    const std::string     whole = safetensors_bytes(valid_header, data);
    for (std::size_t length = 0; length < whole.size(); ++length) {
        CAPTURE(length);
        folder.write("model.safetensors", std::string_view(whole).substr(0, length));
        expect_error(Status::bad_input, {"model.safetensors"}, [&] { open_checkpoint(folder.path()); });
    }
}

TEST_CASE("a safetensors file with any byte changed is refused or still legal") {
    const TemporaryFolder folder;
    const std::string     whole = safetensors_bytes(valid_header, data);
    for (std::size_t i = 0; i < 8 + valid_header.size(); ++i) {
        for (const char flip : {'\x01', '\x10', '\x80', '\xFF'}) {
            std::string changed = whole;
            changed[i]          = static_cast<char>(changed[i] ^ flip);
            folder.write("model.safetensors", changed);
            try {
                const auto checkpoint = open_checkpoint(folder.path());
                for (const auto& [name, desc] : checkpoint->list())
                    CHECK(checkpoint->at(name).bytes.size() == desc.bytes());
            } catch (const Error& error) { CHECK(error.status() == Status::bad_input); }
        }
    }
}

TEST_CASE("headers that are nested, long or full are refused in time") {
    const TemporaryFolder folder;
    for (const char* opening : {"{\"dtype\":", "{\"shape\":[", "["}) {
        std::string nested = "{\"a\":";
        for (int i = 0; i < 100'000; ++i) nested += opening;
        folder.write("model.safetensors", safetensors_bytes(nested, ""));
        expect_refused(folder, "where none belongs");
    }
    std::string many = "{";
    for (int i = 0; i <= 65'536; ++i)
        many += (i ? ",\"" : "\"") + std::to_string(i) + R"(":{"dtype":"F32","shape":[0],"data_offsets":[0,0]})";
    folder.write("model.safetensors", safetensors_bytes(many + "}", ""));
    expect_refused(folder, "65536 tensors");
}

namespace {

struct IndexCase {
    std::string index;
    const char* word;
};

const IndexCase broken_indexes[] = {
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
    {R"({"weight_map":{"a":"s.safetensors","b":"s.safetensors"}})", "missing"},
    {R"({"weight_map":{"a":"none.safetensors"}})", "opened"},
    {R"({"weight_map":{"a":"model.safetensors.index.json"}})", "16 MiB"},
    {R"({"weight_map":{"a":"folder"}})", "plain file"},
    {R"({"x":[[[[[[[[[]]]]]]]]],"weight_map":{"a":"s.safetensors"}})", "deeper"},
};

}   // namespace

TEST_CASE("indexes of shards that break a rule are refused") {
    const TemporaryFolder folder;
    folder.write("s.safetensors", safetensors_bytes(valid_header, data));
    std::filesystem::create_directory(folder.path() / "folder");
    for (const IndexCase& row : broken_indexes) {
        CAPTURE(row.index);
        folder.write("model.safetensors.index.json", row.index);
        expect_error(Status::bad_input, {folder.path().string(), row.word}, [&] { open_checkpoint(folder.path()); });
    }
    folder.write("model.safetensors.index.json", R"({"weight_map":{"a":"s.safetensors"}})");
    CHECK(open_checkpoint(folder.path())->find("a") != nullptr);
    folder.write("s.safetensors", safetensors_bytes(valid_header, data + "x"));
    expect_error(Status::bad_input, {"s.safetensors", "belong to no tensor"}, [&] { open_checkpoint(folder.path()); });
}

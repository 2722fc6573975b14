#include "formats/marian_file.h"

#include "support/expect_error.h"
#include "support/marian_writer.h"
#include "support/temporary_folder.h"
#include "support/zip_writer.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <random>

using namespace attune;
using namespace attune::test;

namespace {

const std::string settings = "type: transformer\ndim-vocabs:\n  - 5\n  - 5\n";

Tensor random_f32(const Shape& shape, std::uint32_t seed) {
    std::mt19937       random(seed);
    std::vector<float> values(shape.elements());
    for (float& value : values) value = static_cast<float>(random() % 2001) / 1000.0f - 1;
    return Tensor::f32(shape, values);
}

// Of every kind: a table, matrices that are not square, a bias, one whose bytes need no padding.
NamedTensors floats() {
    return {{"Wemb", random_f32({5, 4}, 1)},
            {"encoder_l1_ffn_W1", random_f32({4, 6}, 2)},
            {"encoder_l1_ffn_b1", random_f32({1, 6}, 3)},
            {"decoder_Wemb", random_f32({3, 4}, 4)},
            {"decoder_ff_logit_out_b", random_f32({1, 64}, 5)}};
}

std::unique_ptr<MarianFile> open_bytes(const TemporaryFolder& folder, const std::string& bytes) {
    return open_marian_file(folder.write("model.bin", bytes));
}

// [a, b] -> [b, a]
std::vector<double> transposed(const std::vector<double>& values, std::size_t rows, std::size_t columns) {
    std::vector<double> out(values.size());
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t c = 0; c < columns; ++c) out[c * rows + r] = values[r * columns + c];
    return out;
}

bool is_table(const std::string& name) { return name.find("Wemb") != std::string::npos; }

// What was written in Marian's orientation is there in that of the bytes, up to the rounding of two reciprocals.
void expect_tensors(MarianFile& file, const NamedTensors& written) {
    for (const auto& entry : written) {
        const std::string& name   = entry.first;
        const TensorDesc&  desc   = entry.second.desc();
        const bool         turned = desc.type == Type::i8 && !is_table(name);
        CAPTURE(name);
        REQUIRE(file.find(name) != nullptr);
        CHECK(*file.find(name) == TensorDesc{desc.type, turned ? Shape{desc.shape[1], desc.shape[0]} : desc.shape});
        const TensorView view   = file.at(name);
        auto             values = entry.second.doubles();
        CHECK(view.desc == *file.find(name));
        CHECK(view.scales.size() == (desc.type == Type::i8 ? 1 : 0));
        REQUIRE(view.bytes.size() == view.desc.bytes());
        if (turned) values = transposed(values, desc.shape[0], desc.shape[1]);
        const auto read = view.doubles();
        REQUIRE(read.size() == values.size());
        const double most_error = desc.type == Type::i8 ? 3e-7 : 0;
        for (std::size_t i = 0; i < read.size(); ++i) CHECK(std::abs(read[i] - values[i]) <= most_error);
    }
}

}   // namespace

TEST_CASE("models come back from every variant of Marian's files") {
    const NamedTensors f32 = floats(), i8 = quantized(floats());
    struct Variant {
        const char*         name;
        std::string         bytes;
        const NamedTensors* tensors;
        std::size_t         alphas;
    };
    const Variant variants[] = {
        {"bin", marian_bin(f32, settings), &f32, 0},
        {"bin of intgemm8", marian_bin(i8, settings), &i8, 0},
        {"bin of intgemm8 with alphas", marian_bin(with_alphas(i8), settings), &i8, 4},
        {"npz", marian_npz(f32, settings), &f32, 0},
        {"npz, deflated", marian_npz(f32, settings, NpzMembers::deflated), &f32, 0},
    };
    for (const Variant& variant : variants) {
        for (const std::string& bytes : {variant.bytes, gzip_bytes(variant.bytes), zstd_bytes(variant.bytes)}) {
            CAPTURE(std::string(variant.name));
            const TemporaryFolder folder;
            const auto            file = open_bytes(folder, bytes);
            CHECK(file->settings_text() == settings);
            CHECK(file->files() == std::vector<std::string>{"model.bin"});
            CHECK(file->entries().size() == variant.tensors->size() + variant.alphas);
            expect_tensors(*file, *variant.tensors);
        }
    }
}

TEST_CASE("the table of activation scales that means nothing is listed, but not read") {
    const TemporaryFolder folder;
    auto                  items = bin_items(with_alphas(quantized(floats())), settings);
    const auto            found = std::ranges::find(items, "Wemb_QuantMultA", &BinItem::name);
    REQUIRE(found != items.end());
    for (const float multiplier : {1.18e24f, -1.0f, std::numeric_limits<float>::quiet_NaN()}) {
        found->data     = padded(std::string(1, '\0') + float_bytes({multiplier}));
        const auto file = open_bytes(folder, bin_bytes(items));
        CHECK(file->find("Wemb_QuantMultA") == nullptr);
        CHECK(file->find("none_QuantMultA") != nullptr);
        const auto entries = file->entries();
        const auto entry   = std::ranges::find(entries, "Wemb_QuantMultA", &Checkpoint::Entry::name);
        REQUIRE(entry != entries.end());
        CHECK_FALSE(entry->readable);
        CHECK(entry->type == "intgemm8");
    }
}

TEST_CASE("what is not read is named") {
    struct Row {
        std::uint64_t type;
        const char*   name;
    };
    const Row rows[] = {{0x101, "int8"},       {0x102, "int16"},        {0x402, "float16"},
                        {0x408, "float64"},    {0x204, "uint32"},       {0x802, "packed16"},
                        {0x1801, "packed8avx2"}, {0x2801, "packed8avx512"}, {0x4102, "intgemm16"},
                        {0x10002, "intgemm16"}, {0x11001, "intgemm8avx2"}, {0x13001, "intgemm8avx512vnni"}};
    for (const Row& row : rows) {
        CAPTURE(std::string(row.name));
        const TemporaryFolder folder;
        auto                  items = bin_items(floats(), settings);
        items.push_back({.name = "odd_W", .shape = {3, 8}, .data = std::string(256, 'x'), .type = row.type});
        const auto file = open_bytes(folder, bin_bytes(items));
        CHECK(file->find("odd_W") == nullptr);
        expect_error(Status::bad_input, {"odd_W", row.name, "float32 and intgemm8"}, [&] { file->at("odd_W"); });
        CHECK(file->find("Wemb") != nullptr);
    }
}

TEST_CASE("intgemm8 is the same tensor under the number that Marian's own repository gave it") {
    const TemporaryFolder folder;
    const NamedTensors    tensors = quantized(floats());
    auto                  items   = bin_items(tensors, settings);
    for (BinItem& item : items)
        if (item.type == 0x4101) item.type = 0x10001;
    expect_tensors(*open_bytes(folder, bin_bytes(items)), tensors);
}

TEST_CASE("data of older files without padding is read wherever it lies") {
    const TemporaryFolder folder;
    const NamedTensors    tensors = quantized(floats());
    auto                  items   = bin_items(tensors, settings);
    for (BinItem& item : items) {
        if (item.type == 0x101) continue;
        const std::size_t elements = static_cast<std::size_t>(item.shape[0] * item.shape[1]);
        item.data.resize(item.type == 0x404 ? 4 * elements : elements + 4);
    }
    items.insert(items.begin(), {.name = "odd", .shape = {1}, .data = "x", .type = 0x201});
    expect_tensors(*open_bytes(folder, bin_bytes(items)), tensors);
}

TEST_CASE("arrays of NumPy in either order, and every version of its header") {
    const TemporaryFolder folder;
    const std::string     numbers = float_bytes({0, 1, 2, 3, 4, 5});
    const std::string     text    = npy_bytes("{'descr': '|S9', 'fortran_order': False, 'shape': (), }", std::string("a: 1\n\0\0\0\0", 9));
    const auto            member  = [](const std::string& name, const std::string& array) {
        return ZipFile{.name = name + ".npy", .content = array};
    };
    const auto open = [&](const std::string& header, unsigned version) {
        return open_bytes(folder, zip_bytes({member("w", npy_bytes(header, numbers, version)),
                                             member("special:model.yml", text)}));
    };
    using Numbers = std::vector<double>;
    for (const unsigned version : {1u, 2u, 3u}) {
        const auto rows = open("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", version);
        CHECK(rows->at("w").doubles() == Numbers{0, 1, 2, 3, 4, 5});
        CHECK(rows->settings_text() == "a: 1\n");
        const auto columns = open("{\"shape\":(3,2),\"fortran_order\":True,\"descr\":\"<f4\"}", version);
        CHECK(columns->at("w").desc.shape == Shape{3, 2});
        CHECK(columns->at("w").doubles() == Numbers{0, 3, 1, 4, 2, 5});
        const auto deep = open("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 3, 2), }", version);
        CHECK(deep->at("w").doubles() == Numbers{0, 3, 1, 4, 2, 5});
        const auto line = open("{'descr': '<f4', 'fortran_order': True, 'shape': (6,), }", version);
        CHECK(line->at("w").doubles() == Numbers{0, 1, 2, 3, 4, 5});
        const auto doubles = open("{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }", version);
        expect_error(Status::bad_input, {"\"w\"", "<f8", "float32"}, [&] { doubles->at("w"); });
    }
}

TEST_CASE("tensors are the same where type, shape, bytes and scale are") {
    const TemporaryFolder folder;
    const std::int8_t     q[] = {1, 2, 3, 4};
    const NamedTensors    tensors = {{"a_W", Tensor::i8({2, 2}, q, {0.5f})},
                                     {"b_W", Tensor::i8({2, 2}, q, {0.5f})},
                                     {"c_W", Tensor::i8({2, 2}, q, {0.25f})},
                                     {"d_W", Tensor::i8({1, 4}, q, {0.5f})}};
    const auto            file    = open_bytes(folder, marian_bin(tensors, settings));
    CHECK(file->same("a_W", "b_W"));
    CHECK_FALSE(file->same("a_W", "c_W"));
    CHECK_FALSE(file->same("a_W", "d_W"));
}

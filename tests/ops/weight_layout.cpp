// How weights are packed: every element where the formula of tensor/weight_layout.h puts it.
#include "tensor/weight_layout.h"
#include "support/expect_error.h"
#include "checks/numbers.h"

#include <attune/weights.hpp>

#include <algorithm>
#include <cstring>

namespace attune::test {
namespace {

double element(Type type, const std::vector<std::byte>& bytes, std::uint64_t index) {
    if (type == Type::f32) {
        float value;
        std::memcpy(&value, bytes.data() + index * 4, 4);
        return value;
    }
    std::uint16_t bits;
    std::memcpy(&bits, bytes.data() + index * 2, 2);
    return from_f16(bits);
}

// Where element (row, k) of a chunk lies in it; the chunk has `width` columns, and begins at row 0.
std::uint64_t place(Packing packing, std::uint64_t width, std::uint64_t row, std::uint64_t k) {
    if (packing == Packing::plain) return row * width + k;
    return row / 16 * (16 * width) + k * 16 + row % 16;
}

struct Weight {
    Tensor              whole;   // f32
    std::vector<Tensor> parts;   // rows of it one after the other, in `source` types
};

// [rows, width], or [rows] if width is 0, in some parts.
Weight random_weight(std::uint64_t rows, std::uint64_t width, unsigned parts, Random& random) {
    const std::uint64_t       columns = std::max<std::uint64_t>(width, 1);
    const auto                shape = [&](std::uint64_t n) { return width ? Shape{n, width} : Shape{n}; };
    std::vector<double>       numbers;
    Weight                    weight;
    for (unsigned part = 0; part < parts; ++part) {
        const std::uint64_t begin = rows * part / parts, end = rows * (part + 1) / parts;
        static constexpr Type types[] = {Type::f32, Type::f16, Type::bf16};
        weight.parts.push_back(random_tensor({types[random.below(3)], shape(end - begin)}, random));
        const auto stored = weight.parts.back().doubles();
        numbers.insert(numbers.end(), stored.begin(), stored.end());
        CHECK(stored.size() == (end - begin) * columns);
    }
    weight.whole = Tensor::from_doubles({Type::f32, shape(rows)}, numbers);
    return weight;
}

std::string first_difference(const WeightLayout& layout, const Weight& weight) {
    const bool                vector = layout.desc.shape.rank() == 1;
    const std::uint64_t       width = vector ? 1 : layout.desc.width();
    const std::vector<double> wanted = Tensor::from_doubles({layout.desc.type, weight.whole.desc().shape}, weight.whole.doubles()).doubles();
    for (std::size_t c = 0; c < layout.chunks.size(); ++c) {
        const WeightChunk&     chunk = layout.chunks[c];
        std::vector<std::byte> bytes(chunk.bytes + 8, std::byte{0});
        std::fill(bytes.end() - 8, bytes.end(), std::byte{0xa5});
        std::uint64_t row = 0;
        for (const Tensor& part : weight.parts) {
            pack_weight(layout, c, row, part.view(), std::span(bytes).first(chunk.bytes));
            row += part.desc().elements() / width;
        }
        if (std::any_of(bytes.end() - 8, bytes.end(), [](std::byte b) { return b != std::byte{0xa5}; })) return "beyond chunk " + std::to_string(c);
        std::vector<bool> seen(chunk.bytes / size_of(layout.desc.type));
        for (std::uint64_t r = 0; r < chunk.rows; ++r)
            for (std::uint64_t k = 0; k < chunk.columns; ++k) {
                const std::uint64_t at = place(layout.packing, chunk.columns, r, k), column = chunk.first_column + k;
                if (element(layout.desc.type, bytes, at) != wanted[(chunk.first_row + r) * width + column]) return "row " + std::to_string(chunk.first_row + r) + " column " + std::to_string(column);
                seen[at] = true;
            }
        for (std::size_t i = 0; i < seen.size(); ++i)
            if (!seen[i] && element(layout.desc.type, bytes, i) != 0) return "padding " + std::to_string(i) + " of chunk " + std::to_string(c);
    }
    return {};
}

}  // namespace

TEST_CASE("weights of any shape, cut and concatenated anywhere, lie where they should") {
    std::size_t chunks = 0, parts = 0;
    for (std::uint64_t seed = 0; seed < 600; ++seed) {
        CAPTURE(seed);
        Random              random(seed);
        const Packing       packing = random.below(2) ? Packing::panels : Packing::plain;
        const Type          type = random.below(2) ? Type::f32 : Type::f16;
        const std::uint64_t rows = 1 + random.below(90), width = packing == Packing::plain && random.below(4) == 0 ? 0 : 1 + random.below(40);
        const Weight        weight = random_weight(rows, width, 1 + random.below(4), random);
        const std::uint64_t unit_rows = packing == Packing::panels ? 16 : 1, unit = std::max<std::uint64_t>(width, 1) * size_of(type) * unit_rows;
        // Several rows or panels in a chunk, or only some columns of one.
        const std::uint64_t most = random.below(3) ? unit * (2 + random.below(7)) + random.below(static_cast<std::uint32_t>(unit)) : unit_rows * 4 + random.below(static_cast<std::uint32_t>(unit));
        CAPTURE(rows);
        CAPTURE(width);
        const WeightLayout layout = make_weight_layout({type, weight.whole.desc().shape}, packing, most);
        CHECK(first_difference(layout, weight) == "");
        std::uint64_t next_row = 0, next_column = 0, bytes = 0;
        for (const WeightChunk& chunk : layout.chunks) {
            CHECK(chunk.first_row == next_row);
            CHECK(chunk.first_column == next_column);
            CHECK(chunk.bytes <= most);
            CHECK(chunk.bytes % 4 == 0);
            if (packing == Packing::panels) CHECK(chunk.first_row % panel_rows == 0);
            next_column += chunk.columns;
            parts += chunk.columns < std::max<std::uint64_t>(width, 1);
            if (next_column == std::max<std::uint64_t>(width, 1)) next_column = 0, next_row += chunk.rows;
            bytes += chunk.bytes;
        }
        CHECK(next_row == rows);
        CHECK(next_column == 0);
        CHECK(bytes == layout.bytes());
        chunks += layout.chunks.size();
    }
    CHECK(parts > 500);
    CHECK(chunks > 1500);
}

TEST_CASE("a binding never sees more than it may, even rounded to whole words") {
    for (const std::uint64_t most : {64u, 65u, 66u, 67u, 70u, 98u, 102u}) {
        CAPTURE(most);
        for (const Shape& shape : {Shape{40}, Shape{40, 1}, Shape{40, 3}, Shape{7, 5}})
            for (const WeightChunk& chunk : make_weight_layout({Type::f16, shape}, Packing::plain, most).chunks) CHECK(chunk.bytes <= most);
    }
}

TEST_CASE("numbers beyond f16 become its largest") {
    const float              values[] = {1e6f, -1e6f, 65504.0f, 0.5f};
    const Tensor             source = Tensor::f32({1, 4}, values);
    const WeightLayout       layout = make_weight_layout({Type::f16, {1, 4}}, Packing::plain, 1024);
    std::vector<std::byte>   bytes(layout.chunks[0].bytes);
    pack_weight(layout, 0, 0, source.view(), bytes);
    const double wanted[] = {65504, -65504, 65504, 0.5};
    for (std::size_t i = 0; i < 4; ++i) CHECK(element(Type::f16, bytes, i) == wanted[i]);
}

TEST_CASE("a table larger than a binding is cut by rows") {
    const WeightLayout layout = make_weight_layout({Type::f32, {70'000, 512}}, Packing::panels, std::uint64_t{1} << 27);
    REQUIRE(layout.chunks.size() == 2);
    CHECK(layout.chunks[0].rows == 65'536);
    CHECK(layout.chunks[1].first_row == 65'536);
    CHECK(layout.chunks[1].rows == 4'464);
}

TEST_CASE("a row or panel that no binding can see is cut into columns") {
    const auto layout = [](const Shape& shape, Packing packing, std::uint64_t most) { return make_weight_layout({Type::f32, shape}, packing, most); };
    CHECK(layout({4, 100}, Packing::panels, 6400).chunks.size() == 1);
    CHECK(layout({4, 100}, Packing::plain, 400).chunks.size() == 4);

    const WeightLayout plain = layout({4, 100}, Packing::plain, 399);   // 99 elements: three times 32, and the rest
    REQUIRE(plain.chunks.size() == 8);
    CHECK(plain.chunks[0].columns == 96);
    CHECK(plain.chunks[1].columns == 4);
    CHECK(first_element(plain, plain.chunks[3]) == 196);

    const WeightLayout tiles = layout({1000, 8192}, Packing::panels, 1 << 16);   // a tile's rows side by side
    CHECK(tiles.chunks[0].rows == 64);
    CHECK(tiles.chunks[0].columns == 256);
    CHECK(tiles.chunks.size() == 16 * 32);
    CHECK(layout({9, 4096}, Packing::panels, 1 << 16).chunks[0].columns == 1024);   // a panel: there are no more rows
    CHECK(layout({100, 100}, Packing::panels, 4096).chunks[0].rows == 16);          // a tile would have 16 columns
    CHECK(layout({100, 100}, Packing::panels, 4096).chunks[0].columns == 64);
}

TEST_CASE("a column of a panel that no binding can see is refused") {
    expect_error(Status::bad_input, {"f32[4, 100]", "64"}, [] { make_weight_layout({Type::f32, {4, 100}}, Packing::panels, 63); });
    CHECK(make_weight_layout({Type::f32, {4, 100}}, Packing::panels, 64).chunks.size() == 100);
}

}  // namespace attune::test

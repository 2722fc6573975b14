// Weights of i8: scales and whole numbers where tensor/weight_layout.h puts them, from i8 and from floats.
#include "checks/numbers.h"
#include "plan/planning.h"
#include "support/expect_error.h"
#include "tensor/weight_layout.h"

#include <attune/ops.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace attune::test {
namespace {

struct Stored {
    float scale  = 0;
    int   number = 0;

    double value() const { return static_cast<double>(scale) * number; }
    friend bool operator==(const Stored&, const Stored&) = default;
};

// Parts of a matrix, one below the other, of any type that files have.
std::vector<Tensor> random_parts(std::uint64_t rows, std::uint64_t width, std::uint64_t parts, Random& random) {
    std::vector<Tensor> made;
    for (std::uint64_t part = 0; part < parts; ++part) {
        const Shape           shape{rows * (part + 1) / parts - rows * part / parts, width};
        static constexpr Type types[] = {Type::f32, Type::f16, Type::bf16, Type::i8};
        const Type            type    = types[random.below(4)];
        made.push_back(type == Type::i8 ? random_int8(shape, random, random.below(2) ? Scales::by_row : Scales::one)
                                        : random_tensor({type, shape}, random, 0.3));
    }
    return made;
}

std::vector<std::byte> packed(const WeightLayout& layout, std::size_t chunk, std::span<const Tensor> parts) {
    std::vector<std::byte> bytes(layout.chunks[chunk].bytes + 8, std::byte{0});
    std::fill(bytes.end() - 8, bytes.end(), std::byte{0xa5});
    std::uint64_t row = 0;
    for (const Tensor& part : parts) {
        pack_weight(layout, chunk, row, part.view(), std::span(bytes).first(layout.chunks[chunk].bytes));
        row += part.desc().rows();
    }
    CHECK(std::all_of(bytes.end() - 8, bytes.end(), [](std::byte b) { return b == std::byte{0xa5}; }));
    return bytes;
}

// All elements of a matrix, row after row.
std::vector<Stored> stored(const WeightLayout& layout, std::span<const Tensor> parts) {
    const std::uint64_t width = layout.desc.width();
    std::vector<Stored> all(layout.desc.elements());
    for (std::size_t c = 0; c < layout.chunks.size(); ++c) {
        const WeightChunk&           chunk = layout.chunks[c];
        const std::vector<std::byte> bytes = packed(layout, c, parts);
        const std::uint64_t          panel_bytes = (chunk.columns + 31) / 32 * 64 + chunk.columns * 16;
        CHECK(chunk.bytes == (chunk.rows + 15) / 16 * panel_bytes);
        CHECK(chunk.first_column % 32 == 0);
        for (std::uint64_t row = 0; row < chunk.rows; ++row)
            for (std::uint64_t k = 0; k < chunk.columns; ++k) {
                const std::byte* block = bytes.data() + row / 16 * panel_bytes + k / 32 * (64 + 32 * 16);
                Stored&          one   = all[(chunk.first_row + row) * width + chunk.first_column + k];
                std::memcpy(&one.scale, block + row % 16 * 4, 4);
                one.number = static_cast<std::int8_t>(block[64 + k % 32 * 16 + row % 16]);
            }
    }
    return all;
}

double squared_error(std::span<const Stored> got, std::span<const double> wanted) {
    double sum = 0;
    for (std::size_t i = 0; i < got.size(); ++i) sum += std::pow(got[i].value() - wanted[i], 2);
    return sum;
}

// "" or what is wrong with a row: i8 is as it was; floats are rounded to the nearest, by scales that are no worse
// than those that make the largest magnitude 127.
std::string wrong_row(const Tensor& part, std::uint64_t row, std::span<const Stored> got) {
    const std::uint64_t       width  = part.desc().width();
    const std::vector<double> wanted = part.doubles();
    if (part.desc().type == Type::i8) {
        const auto scales = part.view().scales;
        for (std::uint64_t k = 0; k < width; ++k)
            if (got[k] != Stored{scales[scales.size() == 1 ? 0 : row], part.as<std::int8_t>()[row * width + k]})
                return "is not the file's";
        return {};
    }
    for (std::uint64_t first = 0; first < width; first += 32) {
        const std::uint64_t           count  = std::min<std::uint64_t>(32, width - first);
        const std::span<const double> block  = std::span(wanted).subspan(row * width + first, count);
        const auto                    stored = got.subspan(first, count);
        for (std::uint64_t k = 0; k < count; ++k)
            if (std::fabs(stored[k].value() - block[k]) > 0.5001 * static_cast<double>(stored[k].scale))
                return "is not the nearest";
        const Tensor        plain = Tensor::from_doubles({Type::i8, {1, count}}, block);
        std::vector<Stored> others;
        for (const std::int8_t number : plain.as<std::int8_t>()) others.push_back({plain.view().scales[0], number});
        double squares = 0;   // scales are rounded to f32
        for (const double value : block) squares += value * value;
        if (squared_error(stored, block) > squared_error(others, block) + 1e-12 * squares) return "has a scale that is worse";
    }
    return {};
}

}  // namespace

TEST_CASE("i8 of any shape, cut and concatenated anywhere, lies where it should") {
    std::size_t cut = 0;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        CAPTURE(seed);
        Random              random(seed);
        const std::uint64_t rows = 1 + random.below(70), width = 1 + random.below(150);
        const auto          parts  = random_parts(rows, width, 1 + random.below(3), random);
        const TensorDesc    desc{Type::i8, {rows, width}};
        const WeightLayout  whole = make_weight_layout(desc, Packing::panels, 1 << 20);
        const WeightLayout  layout = make_weight_layout(desc, Packing::panels, 576 + random.below(6000));
        REQUIRE(whole.chunks.size() == 1);
        const std::vector<Stored> numbers = stored(layout, parts);
        CHECK(numbers == stored(whole, parts));
        cut += layout.chunks.size() > 1;
        std::uint64_t first = 0;
        for (const Tensor& part : parts)
            for (std::uint64_t row = 0; row < part.desc().rows(); ++row, ++first)
                CHECK(wrong_row(part, row, std::span(numbers).subspan(first * width, width)) == "");
    }
    CHECK(cut > 100);
}

TEST_CASE("i8 becomes floats where these are stored") {
    Random       random(std::string_view("floats of i8"));
    const Tensor source = random_int8({5, 40}, random, Scales::by_row);
    for (const Packing packing : {Packing::plain, Packing::panels}) {
        const WeightLayout     layout = make_weight_layout({Type::f32, {5, 40}}, packing, 1 << 20);
        std::vector<std::byte> bytes  = packed(layout, 0, {&source, 1});
        for (std::uint64_t i = 0; i < 200; ++i) {
            float got;
            std::memcpy(&got, bytes.data() + 4 * (packing == Packing::plain ? i : i % 40 * 16 + i / 40), 4);
            CHECK(got == static_cast<float>(source.doubles()[i]));
        }
    }
}

TEST_CASE("blocks of zeros, of the smallest numbers and of none") {
    const float inf = INFINITY, tiny = 1e-45f;
    for (const float value : {0.0f, tiny, 3e38f, inf, -inf, std::nanf("")}) {
        CAPTURE(value);
        const Tensor              source  = Tensor::from_doubles({Type::f32, {1, 3}}, std::vector<double>{0, value, 0});
        const std::vector<Stored> numbers = stored(make_weight_layout({Type::i8, {1, 3}}, Packing::panels, 1 << 20), {&source, 1});
        if (!std::isfinite(value)) CHECK(std::isnan(numbers[1].value()));   // as a product with it would be
        else CHECK(std::fabs(numbers[1].value() - static_cast<double>(value)) <= 1e-4 * std::fabs(static_cast<double>(value)) + 2e-45);
    }
}

TEST_CASE("i8 lies in panels of 32 columns at least, and in nothing else") {
    expect_error(Status::bad_input, {"i8[4, 100]", "576"}, [] { make_weight_layout({Type::i8, {4, 100}}, Packing::panels, 575); });
    CHECK(make_weight_layout({Type::i8, {4, 100}}, Packing::panels, 576).chunks.size() == 4);
    expect_error(Status::bad_input, {"i8[4, 100]"}, [] { make_weight_layout({Type::i8, {4, 100}}, Packing::plain, 1 << 20); });
    expect_error(Status::bad_input, {"i8[100]"}, [] { make_weight_layout({Type::i8, {100}}, Packing::panels, 1 << 20); });

    Graph g;   // a table that is gathered alone
    g.output("y", embedding(g, g.control("ids", {Type::u32, {2}}), g.weight("table", {Type::i8, {50, 8}})));
    const Graph* const one = &g;
    WeightLayouts      layouts;
    add_weight_layouts(layouts, {&one, 1}, DeviceTraits{});
    CHECK(layouts.at("table").packing == Packing::panels);
}

TEST_CASE("i8 that is no weight is refused") {
    Graph g;
    g.output("y", linear(g, g.input("x", {Type::f32, {2, 8}}), g.input("w", {Type::i8, {4, 8}})));
    expect_error(Status::bad_input, {"linear", "weight"}, [&] { plan_of(g, DeviceTraits{}); });
    Graph h;
    h.output("y", embedding(h, h.control("ids", {Type::u32, {2}}), h.input("table", {Type::i8, {4, 8}})));
    expect_error(Status::bad_input, {"embedding", "table"}, [&] { plan_of(h, DeviceTraits{}); });
}

}  // namespace attune::test

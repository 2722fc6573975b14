// A chunk of a weight packed piece by piece is the chunk packed at once.
#include "checks/numbers.h"
#include "tensor/weight_layout.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace attune;

namespace {

struct Row {
    TensorDesc    desc;
    Packing       packing;
    std::uint64_t max_chunk, most_bytes;
};

const Row rows[] = {
    {{Type::f32, {70, 33}}, Packing::panels, 1u << 20, 5000},    // a last panel that is not full
    {{Type::f32, {70, 33}}, Packing::panels, 1u << 20, 1},       // a panel at a time
    {{Type::f16, {70, 33}}, Packing::panels, 1u << 20, 1u << 20},   // all at once
    {{Type::i8, {70, 70}}, Packing::panels, 1u << 20, 4000},
    {{Type::f32, {64, 40}}, Packing::panels, 4096, 2600},        // chunks of two axes
    {{Type::f16, {9, 7}}, Packing::plain, 1u << 20, 30},         // rows that are no whole words
    {{Type::f16, {9, 7}}, Packing::plain, 1u << 20, 1},
    {{Type::f32, {1, 9}}, Packing::plain, 1u << 20, 8},          // a piece is a row at least
    {{Type::f16, {101}}, Packing::plain, 1u << 20, 10},          // a vector
    {{Type::f32, {101}}, Packing::plain, 64, 12},
};

}  // namespace

TEST_CASE("a chunk packed in pieces") {
    for (const Row& row : rows) {
        CAPTURE(row.desc.text());
        CAPTURE(row.most_bytes);
        test::Random       random{5};
        const Tensor       numbers = test::random_tensor({Type::f32, row.desc.shape}, random);
        const WeightLayout layout  = make_weight_layout(row.desc, row.packing, row.max_chunk);
        for (std::size_t c = 0; c < layout.chunks.size(); ++c) {
            const WeightChunk&     chunk = layout.chunks[c];
            std::vector<std::byte> whole(chunk.bytes), pieced(chunk.bytes, std::byte{0xEE});
            pack_weight(layout, c, 0, numbers.view(), whole);
            std::uint64_t at = 0, first = chunk.first_row;
            for (const WeightPiece& piece : pieces_of(layout, chunk, row.most_bytes)) {
                REQUIRE(piece.offset == at);
                REQUIRE(piece.offset % 4 == 0);
                REQUIRE(piece.rows.first_row == first);
                const WeightLayout part{.desc = layout.desc, .packing = layout.packing, .chunks = {piece.rows}};
                const auto         out = std::span(pieced).subspan(piece.offset, piece.rows.bytes);
                std::ranges::fill(out, std::byte{0});
                pack_weight(part, 0, 0, numbers.view(), out);
                at += piece.rows.bytes;
                first += piece.rows.rows;
            }
            CHECK(at == chunk.bytes);
            CHECK(first == chunk.first_row + chunk.rows);
            CHECK(std::ranges::equal(whole, pieced));
        }
    }
}

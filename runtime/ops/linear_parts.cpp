// linear where one of its operands needs more than one binding for what a dispatch wants of it: rows of x, y or
// the residual that are too long, a bias that is, or a weight whose chunks have some of the columns only.
#include "kernels/kernels.h"
#include "ops/box.h"
#include "ops/linear_products.h"

namespace attune::ops {
namespace {

// The chunks of a weight that share rows: between them they have all columns.
struct Band {
    std::uint64_t              first_row = 0;
    std::uint64_t              rows      = 0;
    std::vector<std::uint32_t> chunks;
};

std::vector<Band> bands_of(const WeightLayout& layout) {
    std::vector<Band> bands;
    for (std::uint32_t c = 0; c < layout.chunks.size(); ++c) {
        const WeightChunk& chunk = layout.chunks[c];
        if (chunk.first_column == 0) bands.push_back({.first_row = chunk.first_row, .rows = chunk.rows, .chunks = {}});
        bands.back().chunks.push_back(c);
    }
    return bands;
}

class Parts {
public:
    explicit Parts(const Lowering& l) : l_(l), layout_(*l.input(linear_inputs::weight).layout) {}

    Lowered make() {
        for (const Band& band : bands_of(layout_)) {
            const Box    all{.first = {0, band.first_row, 0, 0, 0}, .extent = {x().desc.rows(), band.rows, 1, 1, 1}};
            const double columns = static_cast<double>(layout_.chunks[band.chunks[0]].columns);
            for_boxes(l_.traits, all, sides(band),
                      {.granularity = {1, panel_rows, 1, 1, 1}, .flops_per_point = 2 * columns}, [&](const Box& box) {
                          if (band.chunks.size() == 1)
                              lowered_.dispatches.push_back(product_dispatch(l_, whole_product(box, band)));
                          else
                              add_sums(box, band);
                      });
        }
        return std::move(lowered_);
    }

private:
    const LoweredOperand& x() const { return l_.input(linear_inputs::x); }

    // Axes: row, output. Rows of x need not be seen whole, only those columns that a chunk has: each chunk's, since
    // bindings begin at other distances before them.
    std::vector<BoxSide> sides(const Band& band) const {
        std::vector<BoxSide> sides = {y_side()};
        for (const std::uint32_t chunk : band.chunks) sides.push_back(x_side(layout_.chunks[chunk]));
        if (band.chunks.size() > 1) sides.push_back(sums_side(band));
        if (l_.has(linear_inputs::bias)) sides.push_back(bias_side());
        if (l_.has(linear_inputs::residual)) sides.push_back(residual_side());
        return sides;
    }

    BoxSide x_side(const WeightChunk& chunk) const {
        return {.operand  = x(),
                .access   = Access::read,
                .start    = x().column + chunk.first_column,
                .strides  = {x().stride, 0, 0, 0, 0},
                .reads_on = chunk.columns};
    }

    BoxSide y_side() const {
        return {.operand = l_.output(), .access = Access::write, .strides = {l_.output().stride, 1, 0, 0, 0}};
    }

    BoxSide residual_side() const {
        const LoweredOperand& residual = l_.input(linear_inputs::residual);
        return {.operand = residual, .access = Access::read, .strides = {residual.stride, 1, 0, 0, 0}};
    }

    BoxSide bias_side() const {
        return {.operand = l_.input(linear_inputs::bias), .access = Access::read, .strides = {0, 1, 0, 0, 0}};
    }

    // No operand, but what a temporary for the sums of a box must be small enough for.
    BoxSide sums_side(const Band& band) const {
        const std::uint64_t  stride = round_up(band.rows, 4), elements = x().desc.rows() * stride;
        const std::uint64_t  outputs = l_.output().desc.width();
        const LoweredOperand sums{.value  = 0,
                                  .desc   = {Type::f32, {elements}},
                                  .column = 0,
                                  .stride = elements,
                                  .bytes  = (elements + outputs + 4) * 4,
                                  .layout = nullptr};
        return {.operand = sums, .access = Access::both, .strides = {stride, 1, 0, 0, 0}, .reads_on = 4};
    }

    // The product of one chunk; no epilogue yet.
    Product product(const Box& box, std::uint32_t chunk_index, const ProductRows& y) const {
        const WeightChunk& chunk = layout_.chunks[chunk_index];
        const RowBinding   from  = bind(x_side(chunk), box, l_.traits);
        return {.kernel  = choose_product(l_.traits, box.extent[0]),
                .rows    = box.extent[0],
                .width   = chunk.columns,
                .outputs = box.extent[1],
                .x      = {.binding = from.binding, .first = from.skipped, .stride = x().stride, .type = x().desc.type},
                .weight = whole(l_.input(linear_inputs::weight), Access::read, chunk_index),
                .first_panel = (box.first[1] - chunk.first_row) / panel_rows,
                .bias        = {},
                .bias_first  = 0,
                .residual    = {},
                .y           = y,
                .activation  = 0};
    }

    void add_epilogue(const Box& box, Product& product) const {
        const auto rows_of = [&](const BoxSide& side) {
            const RowBinding bound = bind(side, box, l_.traits);
            return ProductRows{.binding = bound.binding,
                               .first   = bound.skipped,
                               .stride  = side.operand.stride,
                               .type    = side.operand.desc.type};
        };
        product.y          = rows_of(y_side());
        product.activation = static_cast<std::uint32_t>(l_.attributes().integer("activation"));
        if (l_.has(linear_inputs::residual)) product.residual = rows_of(residual_side());
        if (l_.has(linear_inputs::bias)) {
            const RowBinding bias = bind(bias_side(), box, l_.traits);
            product.bias          = bias.binding;
            product.bias_first    = bias.skipped;
        }
    }

    Product whole_product(const Box& box, const Band& band) const {
        Product one = product(box, band.chunks[0], {});
        add_epilogue(box, one);
        return one;
    }

    // Each chunk but the last adds to the sums of those before it, from one temporary into the other; the last has
    // a temporary for itself. linear_join adds the two: sums are added in the order of the columns.
    void add_sums(const Box& box, const Band& band) {
        const std::uint64_t stride = round_up(box.extent[1], 4), bytes = box.extent[0] * stride * 4;
        const auto          first = static_cast<std::uint32_t>(lowered_.temporaries.size());
        lowered_.temporaries.insert(lowered_.temporaries.end(), 2, bytes);
        const auto sums = [&](std::size_t part, Access access) {
            return ProductRows{.binding = temporary(first + static_cast<std::uint32_t>(part % 2), bytes, access),
                               .first   = 0,
                               .stride  = stride};
        };
        const std::size_t last = band.chunks.size() - 1;
        for (std::size_t part = 0; part <= last; ++part) {
            Product one = product(box, band.chunks[part], sums(part, Access::write));
            if (part > 0 && part < last) one.residual = sums(part - 1, Access::read);
            lowered_.dispatches.push_back(product_dispatch(l_, one));
        }
        lowered_.dispatches.push_back(join(box, sums(last - 1, Access::read), sums(last, Access::read)));
    }

    // y = activation(sums + those of the last chunk + bias) + residual
    Dispatch join(const Box& box, const ProductRows& sums, const ProductRows& last) const {
        const std::uint32_t lanes = group_lanes(l_.traits, 64);
        Product one{.kernel   = {.kernel = &kernels::linear_join, .lanes = lanes, .rows = 1, .outputs = 4 * lanes},
                    .rows     = box.extent[0],
                    .width    = 0,
                    .outputs  = box.extent[1],
                    .x        = sums,
                    .weight   = last.binding,
                    .bias     = {},
                    .residual = {},
                    .y        = {}};
        add_epilogue(box, one);
        return product_dispatch(l_, one);
    }

    const Lowering&     l_;
    const WeightLayout& layout_;
    Lowered             lowered_;
};

}  // namespace

Lowered lower_linear_in_parts(const Lowering& l) { return Parts(l).make(); }

}  // namespace attune::ops

#include "params/linear_chosen.h"
#include "kernels/kernels.h"
#include "ops/box.h"
#include "ops/ops.h"

#include <attune/ops.hpp>

// A projection onto chosen rows of a weight: logits of a shortlist.
namespace attune {
namespace ops {
namespace {

namespace inputs {
enum : std::size_t { x, weight, chosen, bias };
}

// x [.., K], weight [V, K], chosen [S, n], bias [V]? -> [.., n] f32
std::vector<TensorDesc> infer(InputDescs in, const Attributes&) {
    const TensorDesc& x      = required("linear_chosen", "x", in, inputs::x);
    const TensorDesc& weight = required("linear_chosen", "weight", in, inputs::weight);
    const TensorDesc& chosen = required("linear_chosen", "chosen", in, inputs::chosen);
    expect_type("linear_chosen", "x", x, {Type::f32, Type::f16});
    expect_type("linear_chosen", "weight", weight, {Type::f32, Type::f16, Type::i8});
    expect_type("linear_chosen", "chosen", chosen, {Type::u32});
    if (weight.shape.rank() != 2 || weight.elements() == 0)
        refuse("linear_chosen", "weight", "has shape " + weight.shape.text() + ", wants [V, K]");
    if (x.shape.rank() == 0 || x.width() != weight.width())
        refuse("linear_chosen", "x", "has shape " + x.shape.text(),
               "the weight's rows have " + std::to_string(weight.width()) + " elements");
    if (chosen.shape.rank() != 2 || chosen.shape[0] == 0 || x.rows() % chosen.shape[0])
        refuse("linear_chosen", "chosen",
               "has shape " + chosen.shape.text() + ", wants [S, n], S a divisor of " + std::to_string(x.rows()));
    if (const TensorDesc* bias = optional_input(in, inputs::bias)) {
        expect_shape("linear_chosen", "bias", *bias, {weight.shape[0]});
        expect_type("linear_chosen", "bias", *bias, {Type::f32});
    }
    return {{Type::f32, x.shape.with_width(chosen.width())}};
}

// A kernel makes the sums of some rows of a sentence at once; all kernels add in the same order.
struct Choice {
    const Kernel* kernel = nullptr;
    std::uint64_t rows   = 0;
};

Choice choose(const DeviceTraits& traits, std::uint64_t rows) {
    // As linear does: shuffles are worth it where loads are made lane by lane.
    const bool share = sharing_lanes(traits) && traits.allows(Variant::linear_chosen_shared);
    if (rows == 1) return {share ? &kernels::linear_chosen_1_shared_4 : &kernels::linear_chosen_1, 1};
    if (rows <= 4) return {share ? &kernels::linear_chosen_4_shared_4 : &kernels::linear_chosen_4, 4};
    return {share ? &kernels::linear_chosen_8_shared_4 : &kernels::linear_chosen_8, 8};
}

// What a dispatch sees of the weight: rows of one chunk whose biases one binding sees.
struct WeightRun {
    std::uint32_t chunk = 0;
    std::uint64_t first = 0;  // row of the weight
    std::uint64_t rows  = 0;
    bool          last  = true;  // of the columns: the bias is added
};

class Chosen {
public:
    explicit Chosen(const Lowering& l)
        : l_(l), layout_(*l.input(inputs::weight).layout), sentences_(l.input(inputs::chosen).desc.shape[0]),
          rows_(l.input(inputs::x).desc.rows() / sentences_), choice_(choose(l.traits, rows_)),
          lanes_(group_lanes(l.traits, l.traits.is_cpu ? l.traits.subgroup_size : 64)) {}

    // A row's columns in several chunks: y has the sums up to each of them in turn.
    Lowered make() {
        for (std::uint32_t c = 0; c < layout_.chunks.size(); ++c) {
            const WeightChunk& chunk = layout_.chunks[c];
            WeightRun          run{.chunk = c,
                                   .first = chunk.first_row,
                                   .rows  = chunk.rows,
                                   .last  = chunk.first_column + chunk.columns == layout_.desc.width()};
            for (const std::uint64_t end = run.first + chunk.rows; run.first < end; run.first += run.rows) {
                run.rows = end - run.first;
                if (has_bias(run)) run.rows = std::min(run.rows, reach(l_.input(inputs::bias), l_.traits, run.first));
                multiply(run);
            }
        }
        return std::move(lowered_);
    }

private:
    bool has_bias(const WeightRun& run) const { return run.last && l_.has(inputs::bias); }

    // Axes: sentence, its row, place in its list.
    void multiply(const WeightRun& run) {
        const WeightChunk&    chunk = layout_.chunks[run.chunk];
        const LoweredOperand &x = l_.input(inputs::x), &y = l_.output();
        const std::uint64_t   places  = l_.input(inputs::chosen).desc.width();
        const BoxSide         sides[] = {
                    {.operand  = x,
                     .access   = Access::read,
                     .start    = x.column + chunk.first_column,
                     .strides  = {rows_ * x.stride, x.stride, 0, 0, 0},
                     .reads_on = chunk.columns},
                    {.operand = l_.input(inputs::chosen), .access = Access::read, .strides = {places, 0, 1, 0, 0}},
                    {.operand = y, .access = Access::both, .strides = {rows_ * places, places, 1, 0, 0}}};
        for_boxes(l_.traits, {.extent = {sentences_, rows_, places, 1, 1}}, sides,
                  {.flops_per_point = 2.0 * static_cast<double>(chunk.columns), .points_per_group = 1},
                  [&](const Box& box) { lowered_.dispatches.push_back(dispatch(run, sides, box)); });
    }

    Dispatch dispatch(const WeightRun& run, std::span<const BoxSide, 3> sides, const Box& box) const {
        const WeightChunk&    chunk = layout_.chunks[run.chunk];
        const LoweredOperand &x = l_.input(inputs::x), &weight = l_.input(inputs::weight);
        const RowBinding      from = bind(sides[0], box, l_.traits), chosen = bind(sides[1], box, l_.traits),
                         to = bind(sides[2], box, l_.traits);
        RowBinding bias{.binding = from.binding, .skipped = 0};
        if (has_bias(run)) bias = element_range(l_.input(inputs::bias), Access::read, l_.traits, run.first, run.rows);
        const std::uint64_t row_groups   = divide_up(box.extent[1], choice_.rows);
        const std::uint64_t place_groups = divide_up(box.extent[2], lanes_);
        const auto          points = static_cast<double>(box.points()), columns = static_cast<double>(chunk.columns);
        return {
            .kernel    = choice_.kernel,
            .bindings  = {from.binding, whole(weight, Access::read, run.chunk), chosen.binding, bias.binding,
                          to.binding},
            .constants = {/* GROUP */ lanes_, /* X_TYPE */ storage_constant(x.desc.type),
                          /* WEIGHT_TYPE */ storage_constant(layout_.desc.type), /* BIAS */ has_bias(run)},
            .push      = LinearChosenParams{.sentences       = static_cast<uint>(box.extent[0]),
                                            .rows            = static_cast<uint>(box.extent[1]),
                                            .places          = static_cast<uint>(box.extent[2]),
                                            .row_groups      = static_cast<uint>(row_groups),
                                            .place_groups    = static_cast<uint>(place_groups),
                                            .width           = static_cast<uint>(chunk.columns),
                                            .weight_rows     = static_cast<uint>(layout_.desc.shape[0]),
                                            .first_row       = static_cast<uint>(run.first),
                                            .end_row         = static_cast<uint>(run.first + run.rows),
                                            .chunk_row       = static_cast<uint>(chunk.first_row),
                                            .goes_on         = chunk.first_column > 0,
                                            .x_start         = from.skipped,
                                            .x_sentence      = static_cast<uint>(sides[0].strides[0]),
                                            .x_row           = static_cast<uint>(sides[0].strides[1]),
                                            .chosen_start    = chosen.skipped,
                                            .chosen_sentence = static_cast<uint>(sides[1].strides[0]),
                                            .bias_start      = bias.skipped,
                                            .y_start         = to.skipped,
                                            .y_sentence      = static_cast<uint>(sides[2].strides[0]),
                                            .y_row           = static_cast<uint>(sides[2].strides[1])},
            .groups    = fold_groups(box.extent[0] * place_groups * row_groups, l_.traits),
            .cost      = {.flops = 2 * points * columns,
                          .bytes = points * (4 + columns * static_cast<double>(size_of(layout_.desc.type)) /
                                                static_cast<double>(box.extent[1]))},
        };
    }

    const Lowering&     l_;
    const WeightLayout& layout_;
    std::uint64_t       sentences_, rows_;  // rows of x for each sentence
    Choice              choice_;
    std::uint32_t       lanes_;
    Lowered             lowered_;
};

Lowered lower(const Lowering& l) {
    if (!l.input(inputs::weight).layout)
        refuse("linear_chosen", "weight", "is no weight of the graph", "make it with Graph::weight");
    return Chosen(l).make();
}

}  // namespace

const Op linear_chosen{.name           = "linear_chosen",
                       .infer          = infer,
                       .lower          = lower,
                       .strided_inputs = 1u << inputs::x,
                       .half_inputs    = 1u << inputs::x | 1u << inputs::weight,
                       .int8_inputs    = 1u << inputs::weight,
                       .panel_inputs   = 1u << inputs::weight};

}  // namespace ops

Value linear_chosen(Graph& g, Value x, Value weight, Value chosen, std::optional<Value> bias) {
    std::optional<Operand> operand;
    if (bias) operand = Operand{*bias};
    return g.add(ops::linear_chosen, {Operand{x}, Operand{weight}, Operand{chosen}, operand})[0];
}

}  // namespace attune

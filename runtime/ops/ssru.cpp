#include "params/ssru.h"
#include "kernels/kernels.h"
#include "ops/box.h"
#include "ops/ops.h"
#include "params/rearrange.h"

#include <attune/error.hpp>
#include <attune/ops.hpp>

#include <bit>

// One step of a recurrent decoder: its cell moves with its beam and is updated in place.
namespace attune {
namespace ops {
namespace {

namespace inputs {
enum : std::size_t { cell, forget, candidate, parents, position };
}

constexpr std::uint64_t few_beams  = 8;   // what ssru_8 holds
constexpr std::uint64_t most_beams = 64;  // what others do
constexpr double        step_flops = 20;  // of an element

void check_books(InputDescs in, std::uint64_t rows, std::uint64_t beams) {
    if (beams == 0 || beams > most_beams || rows % beams)
        throw Error(Status::bad_input, "ssru",
                    std::to_string(beams) + " beams do not divide " + std::to_string(rows) +
                        " rows, or are not 1 to 64");
    if (const TensorDesc* parents = optional_input(in, inputs::parents)) {
        expect_type("ssru", "parents", *parents, {Type::u32});
        if (parents->elements() != rows)
            refuse("ssru", "parents", "has shape " + parents->shape.text() + ", wants " + std::to_string(rows));
    }
    if (const TensorDesc* position = optional_input(in, inputs::position)) {
        expect_type("ssru", "position", *position, {Type::u32});
        if (position->elements() < rows) refuse("ssru", "position", "has fewer elements than forget has rows");
    }
}

// cell [>= R, d] f32, forget and candidate [.., d], parents [R]?, position [>= R]? -> [.., d] of `type`, cell
std::vector<TensorDesc> infer(InputDescs in, const Attributes& attributes) {
    const TensorDesc& cell      = required("ssru", "cell", in, inputs::cell);
    const TensorDesc& forget    = required("ssru", "forget", in, inputs::forget);
    const TensorDesc& candidate = required("ssru", "candidate", in, inputs::candidate);
    expect_type("ssru", "cell", cell, {Type::f32});
    expect_type("ssru", "forget", forget, {Type::f32, Type::f16});
    expect_type("ssru", "candidate", candidate, {Type::f32, Type::f16});
    expect_shape("ssru", "candidate", candidate, forget.shape);
    if (cell.shape.rank() != 2 || forget.shape.rank() == 0 || cell.width() != forget.width() ||
        cell.shape[0] < forget.rows())
        refuse("ssru", "cell",
               "has shape " + cell.shape.text() + ", forget " + forget.shape.text() + " wants [" +
                   std::to_string(forget.rows()) + " or more, " + std::to_string(forget.width()) + "]");
    check_books(in, forget.rows(), static_cast<std::uint64_t>(attributes.integer("beams")));

    const TensorDesc result{static_cast<Type>(attributes.integer("type")), forget.shape};
    if (result.type != Type::f32 && result.type != Type::f16)
        refuse("ssru", "result", std::string("is ") + name_of(result.type) + ", wants f32 or f16");
    if (result.type == Type::f16 && result.width() % 2)
        refuse("ssru", "result", "is " + result.text() + ", f16 rows need an even width");
    return {result, cell};
}

// The operands over (sentence, beam, column), from some sentence on.
struct Sides {
    BoxSide cell, forget, candidate, parents, position, result;

    std::array<BoxSide, 6> all() const { return {cell, forget, candidate, parents, position, result}; }
};

Sides sides_from(const Lowering& l, std::uint64_t first_row, std::uint64_t beams) {
    const auto rows = [&](const LoweredOperand& operand, Access access) {
        return BoxSide{.operand = operand,
                       .access  = access,
                       .start   = operand.column + first_row * operand.stride,
                       .strides = {beams * operand.stride, operand.stride, 1, 0, 0}};
    };
    const BoxSide forget = rows(l.input(inputs::forget), Access::read);
    const auto    book   = [&](std::size_t i) {  // absent ones are bound to something that is there
        if (!l.has(i)) return forget;
        return BoxSide{
                 .operand = l.input(i), .access = Access::read, .start = first_row, .strides = {beams, 1, 0, 0, 0}};
    };
    return {.cell      = rows(l.input(inputs::cell), Access::both),
            .forget    = forget,
            .candidate = rows(l.input(inputs::candidate), Access::read),
            .parents   = book(inputs::parents),
            .position  = book(inputs::position),
            .result    = rows(l.output(), Access::write)};
}

// What the rows of a sentence had in their cells, some columns of it: where they do not fit one binding.
struct Window {
    Binding       binding;
    std::uint64_t first = 0;  // column
    std::uint64_t width = 0;
};

// The kernel, and how it is compiled.
struct CellKernel {
    const Kernel* kernel = nullptr;
    std::uint32_t lanes  = 0;
    std::uint32_t beams  = 0;  // for how many it has shared memory
};

// On GPUs, many beams are held in shared memory: 16 KiB of it, two columns for each.
CellKernel kernel_for(const DeviceTraits& traits, std::uint64_t beams, bool window) {
    if (window || beams <= few_beams) return {&kernels::ssru_8, group_lanes(traits, 64)};
    if (traits.is_cpu || !traits.allows(Variant::ssru_shared)) return {&kernels::ssru_64, group_lanes(traits, 64)};
    const auto held = std::bit_ceil(static_cast<std::uint32_t>(beams));
    return {&kernels::ssru_shared, group_lanes(traits, std::min(64u, 2048u / held)), held};
}

// A box of some sentences, where `sides` begin with row `first_row`.
Dispatch dispatch(const Lowering& l, const Sides& sides, const Box& box, std::uint64_t first_row, std::uint64_t beams,
                  const Window* window) {
    const auto       type     = [](const BoxSide& side) { return storage_constant(side.operand.desc.type); };
    const auto       elements = static_cast<double>(box.points());
    const CellKernel kernel   = kernel_for(l.traits, beams, window != nullptr);
    const RowBinding cell = bind(sides.cell, box, l.traits), forget = bind(sides.forget, box, l.traits),
                     candidate = bind(sides.candidate, box, l.traits), parents = bind(sides.parents, box, l.traits),
                     position = bind(sides.position, box, l.traits), result = bind(sides.result, box, l.traits);
    return {
        .kernel    = kernel.kernel,
        .bindings  = {cell.binding, window ? window->binding : forget.binding, forget.binding, candidate.binding,
                      parents.binding, position.binding, result.binding},
        .constants = {/* GROUP */ kernel.lanes, /* FORGET_TYPE */ type(sides.forget),
                      /* CANDIDATE_TYPE */ type(sides.candidate), /* RESULT_TYPE */ type(sides.result),
                      /* PARENTS */ l.has(inputs::parents), /* POSITION */ l.has(inputs::position),
                      /* WINDOW */ window != nullptr, /* BEAMS, of ssru_shared */ kernel.beams},
        .push      = SsruParams{.sentences        = static_cast<uint>(box.extent[0]),
                                .beams            = static_cast<uint>(beams),
                                .rows             = static_cast<uint>(box.extent[1]),
                                .first_beam       = static_cast<uint>(box.first[1]),
                                .columns          = static_cast<uint>(box.extent[2]),
                                .first_row        = static_cast<uint>(first_row + box.first[0] * beams),
                                .width            = static_cast<uint>(l.output().stride),
                                .window_width     = static_cast<uint>(window ? window->width : 0),
                                .forget_stride    = static_cast<uint>(sides.forget.operand.stride),
                                .candidate_stride = static_cast<uint>(sides.candidate.operand.stride),
                                .cell_start       = cell.skipped,
                                .window_start     = static_cast<uint>(window ? box.first[2] - window->first : 0),
                                .forget_start     = forget.skipped,
                                .candidate_start  = candidate.skipped,
                                .parents_start    = parents.skipped,
                                .position_start   = position.skipped,
                                .result_start     = result.skipped},
        .groups    = fold_groups(divide_up(box.extent[0] * divide_up(box.extent[2], 2), kernel.lanes), l.traits),
        .cost      = {.flops = step_flops * elements, .bytes = 20 * elements},
    };
}

// All rows of a sentence, two columns of them, fit one binding of each operand.
bool fits_by_sentences(const DeviceTraits& traits, const Sides& sides, std::uint64_t beams) {
    const auto all = sides.all();
    return std::all_of(all.begin(), all.end(), [&](const BoxSide& side) {
        const std::uint64_t sentence = ((beams - 1) * side.strides[1] + 2) * size_of(side.operand.desc.type);
        return side.operand.bytes <= traits.max_binding || sentence <= traits.max_binding - traits.offset_alignment;
    });
}

Lowered lower_sentences(const Lowering& l, const Sides& sides, std::uint64_t sentences, std::uint64_t beams) {
    const BoxLimits limits{.granularity      = {1, beams, 2, 1, 1},
                           .flops_per_point  = step_flops,
                           .points_per_group = group_lanes(l.traits, 64)};
    Lowered         lowered;
    for_boxes(l.traits, {.extent = {sentences, beams, l.output().desc.width(), 1, 1}}, sides.all(), limits,
              [&](const Box& box) { lowered.dispatches.push_back(dispatch(l, sides, box, 0, beams, nullptr)); });
    return lowered;
}

// A box of a sentence's cell, on its way into a window.
Dispatch take(const Lowering& l, const BoxSide& cell, const Box& box, const Window& window) {
    const std::uint32_t lanes = group_lanes(l.traits, 64);
    const RowBinding    from  = bind(cell, box, l.traits);
    const std::uint64_t pairs = box.extent[1] * divide_up(box.extent[2], 2);
    Binding             to    = window.binding;
    to.access                 = Access::write;
    RearrangeParams params{};
    params.runs       = static_cast<uint>(pairs);
    params.extent1    = 1;
    params.extent2    = static_cast<uint>(box.extent[1]);
    params.extent3    = static_cast<uint>(box.extent[2]);
    params.from_start = from.skipped;
    params.from2      = static_cast<uint>(cell.operand.stride);
    params.to_start   = static_cast<uint>(box.first[1] * window.width + box.first[2] - window.first);
    params.to2        = static_cast<uint>(window.width);
    return {.kernel    = &kernels::rearrange,
            .bindings  = {from.binding, to},
            .constants = {/* GROUP */ lanes, /* FROM_TYPE */ storage_constant(Type::f32),
                          /* TO_TYPE */ storage_constant(Type::f32), /* RUN */ 2},
            .push      = params,
            .groups    = fold_groups(divide_up(pairs, lanes), l.traits),
            .cost      = {.flops = 0, .bytes = 8.0 * static_cast<double>(box.points())}};
}

// One sentence, some columns at a time: what all its rows have into a window, and from there each row's next cell.
void lower_in_windows(const Lowering& l, std::uint64_t first_row, std::uint64_t beams, Lowered& lowered) {
    const Sides         sides  = sides_from(l, first_row, beams);
    BoxSide             before = sides.cell;
    const std::uint64_t width = l.output().desc.width(), widest = l.traits.max_binding / 4 / beams / 2 * 2;
    before.access = Access::read;
    for (std::uint64_t first = 0; first < width; first += widest) {
        const std::uint64_t columns = std::min(widest, width - first), bytes = beams * columns * 4;
        const auto          index = static_cast<std::uint32_t>(lowered.temporaries.size());
        const Window        window{.binding = temporary(index, bytes, Access::read), .first = first, .width = columns};
        lowered.temporaries.push_back(bytes);
        const Box all{.first = {0, 0, first, 0, 0}, .extent = {1, beams, columns, 1, 1}};
        for_boxes(l.traits, all, std::span(&before, 1), {.granularity = {1, 1, 2, 1, 1}},
                  [&](const Box& box) { lowered.dispatches.push_back(take(l, before, box, window)); });
        for_boxes(
            l.traits, all, sides.all(), {.granularity = {1, 1, 2, 1, 1}, .flops_per_point = step_flops},
            [&](const Box& box) { lowered.dispatches.push_back(dispatch(l, sides, box, first_row, beams, &window)); });
    }
}

Lowered lower(const Lowering& l) {
    // Rows that go on from themselves are sentences of their own.
    const auto beams = l.has(inputs::parents) ? static_cast<std::uint64_t>(l.attributes().integer("beams")) : 1;
    const std::uint64_t sentences = l.output().desc.rows() / beams;
    const Sides         sides     = sides_from(l, 0, beams);
    if (fits_by_sentences(l.traits, sides, beams)) return lower_sentences(l, sides, sentences, beams);
    Lowered lowered;
    for (std::uint64_t sentence = 0; sentence < sentences; ++sentence)
        lower_in_windows(l, sentence * beams, beams, lowered);
    return lowered;
}

}  // namespace

const Op ssru{.name           = "ssru",
              .infer          = infer,
              .lower          = lower,
              .in_place       = {-1, inputs::cell, -1, -1},
              .strided_inputs = 1u << inputs::forget | 1u << inputs::candidate,
              .half_inputs    = 1u << inputs::forget | 1u << inputs::candidate,
              .half_output    = true};

}  // namespace ops

SsruStep ssru(Graph& g, Value cell, Value forget, Value candidate, const SsruOptions& options) {
    std::optional<Operand> parents, position;
    if (options.parents) parents = Operand{*options.parents};
    if (options.position) position = Operand{*options.position};
    const auto made =
        g.add(ops::ssru, {Operand{cell}, Operand{forget}, Operand{candidate}, parents, position},
              {{"beams", static_cast<std::int64_t>(options.beams)}, {"type", static_cast<std::int64_t>(options.type)}});
    return {.output = made[0], .cell = made[1]};
}

}  // namespace attune

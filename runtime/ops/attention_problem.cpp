#include "ops/attention_problem.h"

#include "ops/attention_slice.h"

namespace attune::ops {
namespace {

// What is copied at a time where rows share a cache that exceeds a binding.
constexpr std::uint64_t most_gathered = 32u << 20;

class Cutter {
    using Widths = SliceLowering::Widths;
    struct Axis {
        std::uint64_t Slice::*first;
        std::uint64_t Slice::*count;
    };
    static constexpr Axis axes[] = {
        {&Slice::batch, &Slice::batches}, {&Slice::head, &Slice::heads}, {&Slice::unit, &Slice::units}};

public:
    explicit Cutter(const AttentionProblem& problem)
        : problem_(problem), traits_(problem.lowering.traits), slices_(problem, problem.kernel),
          gather_(problem.ancestors && slices_.widest(slices_.whole()).keys > traits_.max_binding) {}

    Lowered lowered() {
        cut(slices_.whole());
        return std::move(plan_.lowered);
    }

private:
    // Halves a slice along its outermost axis until it fits: rows are never cut within a sum.
    void cut(const Slice& slice) {
        const Widths widths     = widest(slice);
        const bool   table_fits = widths.table <= traits_.max_binding;
        const bool   rows_fit   = widths.rows <= traits_.max_binding;
        const bool   sums_fit   = widths.sums <= traits_.max_binding;
        const bool   keys_fit =
            widths.keys <= (gather_ ? std::min(traits_.max_binding, most_gathered) : traits_.max_binding);
        const bool fits      = table_fits && rows_fit && sums_fit && keys_fit;
        const bool brief     = slices_.flops(slice) <= traits_.unit_seconds * traits_.flops;
        const auto exceeding = !table_fits ? &Widths::table
                               : !rows_fit ? &Widths::rows
                               : !sums_fit ? &Widths::sums
                                           : &Widths::keys;
        if (fits && brief) return add(slice);
        for (const Axis& axis : axes) {
            if (slice.*axis.count < 2 || (!fits && !narrows(slice, axis, exceeding))) continue;
            cut(half(slice, axis, 0));
            return cut(half(slice, axis, 1));
        }
        if (fits) return add(slice);
        add_windows(problem_, slices_, slice, plan_);
    }

    void add(const Slice& slice) {
        const Window        all    = everything(slice);
        const Window* const window = problem_.slice ? &all : nullptr;
        if (!gather_) return plan_.lowered.dispatches.push_back(slices_.dispatch(slice, window));
        const AttentionProblem own = gathered(problem_, slice, {0, problem_.shape.keys}, plan_);
        plan_.lowered.dispatches.push_back(SliceLowering(own, own.kernel).dispatch(slice, window));
    }

    // Kernels of slices are told what they see even where that is all there is.
    Window everything(const Slice& slice) {
        Window window{.rows = slices_.query_rows(slice), .keys = {0, problem_.shape.keys}};
        if (problem_.slice) window.carry = plan_.scratch(plan_.carry, slices_.widest(slice).sums, Access::both);
        return window;
    }

    Widths widest(const Slice& slice) const {
        Widths widths = slices_.widest(slice);
        if (gather_) widths.keys = gathered_bytes(problem_, slice, problem_.shape.keys);
        return widths;
    }

    static Slice half(const Slice& slice, const Axis& axis, unsigned which) {
        const std::uint64_t left = slice.*axis.count / 2;
        Slice               part = slice;
        part.*axis.first += which ? left : 0;
        part.*axis.count = which ? slice.*axis.count - left : left;
        return part;
    }

    // Whether half of the axis needs much less of the operands, or windows of them will: not so where heads lie
    // side by side, or rows are found through blocks.
    bool narrows(const Slice& slice, const Axis& axis, std::uint64_t Widths::*which) const {
        const bool heads_apart = problem_.query.head > problem_.query.row || problem_.result.head > problem_.result.row;
        if (axis.count == &Slice::heads && which == &Widths::rows && heads_apart) return true;
        return widest(half(slice, axis, 0)).*which * 4 <= widest(slice).*which * 3;
    }

    const AttentionProblem& problem_;
    const DeviceTraits&     traits_;
    SliceLowering           slices_;
    bool                    gather_;
    AttentionPlan           plan_;
};

}  // namespace

bool HeadsView::aligned() const { return (first | batch | head | row | width) % 4 == 0; }

HeadsView heads_view(const LoweredOperand& operand, Access access, std::uint64_t size) {
    const Shape& s = operand.desc.shape;
    HeadsView    view{
           .operand = &operand, .access = access, .first = operand.column, .row = operand.stride, .width = size};
    if (s.rank() == 4) {
        view.head  = s[2] * operand.stride;
        view.batch = s[1] * view.head;
    } else {
        view.head  = size;
        view.batch = s[1] * operand.stride;
    }
    return view;
}

std::size_t head_size_class(std::uint64_t size) { return size <= 32 ? 0 : size <= 64 ? 1 : size <= 128 ? 2 : 3; }

Lowered lower_attention(const AttentionProblem& problem) { return Cutter(problem).lowered(); }

}  // namespace attune::ops

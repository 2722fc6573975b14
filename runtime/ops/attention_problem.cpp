#include "ops/attention_problem.h"

#include <attune/error.hpp>

namespace attune::ops {
namespace {

enum Seen : std::uint32_t { all = 0, lengths = 1, blocks = 2 };  // SEEN in shaders/common/attention_tile.glsl

// Part of the work: batches x heads x units; a unit is a tile of the query rows, or of a block.
struct Slice {
    std::uint64_t batch, batches, head, heads, unit, units;

    double share_of(const Slice& whole) const {
        return static_cast<double>(batches * heads * units) /
               static_cast<double>(whole.batches * whole.heads * whole.units);
    }
};

struct Run {
    std::uint64_t first, count;
};

// The part of an operand that a slice touches. Its start moves down to what bindings allow and
// four-element loads need.
Binding bind(const HeadsView& view, const DeviceTraits& traits, Run batches, Run heads, Run rows) {
    const std::uint64_t item = size_of(view.operand->desc.type), alignment = std::max(traits.offset_alignment, 16u);
    const std::uint64_t low = view.first + batches.first * view.batch + heads.first * view.head + rows.first * view.row;
    const std::uint64_t high = low + (batches.count - 1) * view.batch + (heads.count - 1) * view.head +
                               (rows.count - 1) * view.row + view.width;
    Binding binding = whole(*view.operand, view.access);
    binding.offset  = low * item / alignment * alignment;
    binding.bytes   = round_up(high * item, 4) - binding.offset;
    return binding;
}

class Lowerer {
public:
    explicit Lowerer(const AttentionProblem& problem) : problem_(problem), traits_(problem.lowering.traits) {
        const AttentionShape& s    = problem.shape;
        const std::uint64_t   rows = problem.kernel.tile_rows;
        unit_tiles_ =
            problem.has_blocks() ? divide_up(static_cast<std::uint64_t>(attribute("block_rows", 8)), rows) : 1;
        whole_ = {0,
                  problem.has_blocks() ? 1 : s.batches,
                  0,
                  s.heads,
                  0,
                  problem.has_blocks() ? problem.lowering.input(problem.mask.blocks).desc.shape[0] * unit_tiles_
                                       : divide_up(s.queries, rows)};
        // How many keys a row sees is known on the device alone: as many as the caller expects, else all.
        const auto typical = static_cast<std::uint64_t>(attribute("typical_keys"));
        flops_             = problem.flops_per_score *
                 static_cast<double>(s.batches * s.heads * s.queries * (typical ? std::min(typical, s.keys) : s.keys));
    }

    Lowered lowered() {
        cut(whole_);
        return std::move(lowered_);
    }

private:
    std::int64_t attribute(std::string_view name, std::int64_t otherwise = 0) const {
        return problem_.lowering.attributes().integer(name, otherwise);
    }

    // Halves a slice along its outermost axis until it fits: rows are never cut within a sum.
    void cut(const Slice& slice) {
        const bool fits  = widest(slice) <= traits_.max_binding;
        const bool brief = flops_ * slice.share_of(whole_) <= traits_.unit_seconds * traits_.flops;
        const bool divisible =
            slice.batches > 1 || slice.heads > 1 || (slice.units > 1 && (fits || !problem_.has_blocks()));
        if ((fits && brief) || (fits && !divisible)) return lowered_.dispatches.push_back(dispatch(slice));
        if (!divisible)
            throw Error(Status::bad_input, "attention",
                        "an operand's part of " + std::to_string(widest(slice)) +
                            " bytes exceeds what a binding of this device may see",
                        "use shorter sequences or smaller batches");
        Slice      left = slice, right = slice;
        const auto halve = [&](std::uint64_t Slice::*first, std::uint64_t Slice::*count) {
            left.*count  = slice.*count / 2;
            right.*first = slice.*first + left.*count;
            right.*count = slice.*count - left.*count;
        };
        if (slice.batches > 1)
            halve(&Slice::batch, &Slice::batches);
        else if (slice.heads > 1)
            halve(&Slice::head, &Slice::heads);
        else
            halve(&Slice::unit, &Slice::units);
        cut(left);
        cut(right);
    }

    Binding query_binding(const HeadsView& view, const Slice& slice) const {
        const Run heads{slice.head, slice.heads};
        if (problem_.has_blocks())
            return bind(view, traits_, {0, problem_.shape.batches}, heads, {0, problem_.shape.queries});
        const std::uint64_t first = slice.unit * problem_.kernel.tile_rows;
        const std::uint64_t rows  = std::min(slice.units * problem_.kernel.tile_rows, problem_.shape.queries - first);
        return bind(view, traits_, {slice.batch, slice.batches}, heads, {first, rows});
    }

    Binding key_binding(const HeadsView& view, const Slice& slice) const {
        const std::uint64_t sharing = problem_.shape.heads / problem_.shape.key_heads;
        const std::uint64_t first = slice.head / sharing, last = (slice.head + slice.heads - 1) / sharing;
        const bool          any     = problem_.has_blocks() || problem_.lowering.has(problem_.mask.ancestors);
        const Run           batches = any ? Run{0, problem_.shape.key_batches} : Run{slice.batch, slice.batches};
        return bind(view, traits_, batches, {first, last - first + 1}, {0, problem_.shape.keys});
    }

    // The operands' bindings in order, and through `params` where they begin.
    std::vector<Binding> bindings(const Slice& slice, AttentionParams& params) const {
        std::vector<Binding> list;
        const auto           add = [&](const HeadsView& view, bool of_keys, AttentionOperand& operand) {
            if (!view.operand) return;
            list.push_back(of_keys ? key_binding(view, slice) : query_binding(view, slice));
            const std::uint64_t before = list.back().offset / size_of(view.operand->desc.type);
            operand = {static_cast<uint>(view.first - before), static_cast<uint>(view.batch),
                       static_cast<uint>(view.head), static_cast<uint>(view.row)};
        };
        add(problem_.query, false, params.query);
        add(problem_.key, true, params.key);
        add(problem_.value, true, params.value);
        add(problem_.result, false, params.result);
        const auto optional = [&](std::size_t index) {
            list.push_back(problem_.lowering.has(index) ? reads(problem_.lowering.input(index)) : list.front());
        };
        optional(seen() == Seen::blocks ? problem_.mask.blocks : problem_.mask.lengths);
        optional(problem_.mask.ancestors);
        return list;
    }

    Seen seen() const {
        if (problem_.has_blocks()) return Seen::blocks;
        return problem_.lowering.has(problem_.mask.lengths) ? Seen::lengths : Seen::all;
    }

    std::uint64_t widest(const Slice& slice) const {
        AttentionParams params{};
        std::uint64_t   bytes = 0;
        for (const Binding& binding : bindings(slice, params)) bytes = std::max(bytes, binding.bytes);
        return bytes;
    }

    Dispatch dispatch(const Slice& slice) const {
        const AttentionShape&  s     = problem_.shape;
        const AttentionKernel& k     = problem_.kernel;
        const std::uint64_t    tiles = slice.batches * slice.heads * slice.units;
        constexpr std::int64_t far   = 1 << 30;

        AttentionParams params{};
        Dispatch        result{.kernel    = k.kernel,
                               .bindings  = bindings(slice, params),
                               .constants = problem_.constants,
                               .push      = {},
                               .groups    = {},
                               .cost      = {}};
        params.tiles          = static_cast<uint>(tiles);
        params.heads          = static_cast<uint>(slice.heads);
        params.first_head     = static_cast<uint>(slice.head);
        params.first_batch    = static_cast<uint>(slice.batch);
        params.units          = static_cast<uint>(slice.units);
        params.first_unit     = static_cast<uint>(slice.unit);
        params.unit_tiles     = static_cast<uint>(unit_tiles_);
        params.batches        = static_cast<uint>(s.batches);
        params.queries        = static_cast<uint>(s.queries);
        params.keys           = static_cast<uint>(s.keys);
        params.columns        = static_cast<uint>(s.columns);
        params.sharing        = static_cast<uint>(s.heads / s.key_heads);
        params.position       = static_cast<int>(std::clamp(attribute("query_position"), -far, far));
        params.lengths_offset = static_cast<int>(std::clamp(attribute("lengths_offset"), -far, far));
        params.scale          = static_cast<float>(problem_.scale);

        result.constants.insert(result.constants.end(),
                                {/* SEEN */ seen(), /* CAUSAL */ attribute("causal") != 0,
                                 /* ANCESTORS */ problem_.lowering.has(problem_.mask.ancestors)});
        result.push       = params;
        result.groups     = fold_groups(divide_up(tiles * k.parts, k.items_per_group), traits_);
        result.cost.flops = flops_ * slice.share_of(whole_);
        for (const Binding& binding : result.bindings) result.cost.bytes += static_cast<double>(binding.bytes);
        return result;
    }

    const AttentionProblem& problem_;
    const DeviceTraits&     traits_;
    std::uint64_t           unit_tiles_ = 1;
    Slice                   whole_{};
    double                  flops_ = 0;
    Lowered                 lowered_;
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

Lowered lower_attention(const AttentionProblem& problem) { return Lowerer(problem).lowered(); }

}  // namespace attune::ops

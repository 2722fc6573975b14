#include "ops/attention_slice.h"

#include <bit>

namespace attune::ops {
namespace {

enum Seen : std::uint32_t { all = 0, lengths = 1, blocks = 2 };  // SEEN in shaders/common/attention_tile.glsl

// The part of an operand that runs of its axes span. The start moves down to what bindings allow and four-element
// loads need.
Binding bind(const HeadsView& view, const DeviceTraits& traits, Run batches, Run heads, Run rows) {
    const std::uint64_t item = size_of(view.operand->desc.type), alignment = std::max(traits.offset_alignment, 16u);
    const std::uint64_t low = view.first + batches.first * view.batch + heads.first * view.head + rows.first * view.row;
    const std::uint64_t high = low + (batches.count - 1) * view.batch + (heads.count - 1) * view.head +
                               (rows.count - 1) * view.row + view.width;
    Binding binding = view.scratch.bytes ? view.scratch : whole(*view.operand, view.access);
    binding.access  = view.access;
    binding.offset  = low * item / alignment * alignment;
    binding.bytes   = attune::round_up(high * item, 4) - binding.offset;
    return binding;
}

}  // namespace

SliceLowering::SliceLowering(const AttentionProblem& problem, const AttentionKernel& kernel)
    : problem_(problem), kernel_(kernel), traits_(problem.lowering.traits) {
    const AttentionShape& s = problem.shape;
    if (problem.has_blocks())
        unit_tiles_ = divide_up(static_cast<std::uint64_t>(attribute("block_rows", 8)), kernel.tile_rows);
    whole_ = {0,
              problem.has_blocks() ? 1 : s.batches,
              0,
              s.heads,
              0,
              problem.has_blocks() ? problem.lowering.input(problem.mask.blocks).desc.shape[0] * unit_tiles_
                                   : divide_up(s.queries, kernel.tile_rows)};
    // How many keys a row sees is known on the device alone: as many as the caller expects, else all.
    const auto typical = static_cast<std::uint64_t>(attribute("typical_keys"));
    flops_             = problem.flops_per_score *
             static_cast<double>(s.batches * s.heads * s.queries * (typical ? std::min(typical, s.keys) : s.keys));
}

std::int64_t SliceLowering::attribute(std::string_view name, std::int64_t otherwise) const {
    return problem_.lowering.attributes().integer(name, otherwise);
}

Slice SliceLowering::in_rows(const Slice& slice) const {
    const bool          blocks = problem_.has_blocks();
    const std::uint64_t whole =
        blocks ? static_cast<std::uint64_t>(attribute("block_rows", 8)) : problem_.shape.queries;
    const std::uint64_t tiles = blocks ? unit_tiles_ : whole_.units;  // of a block, or of a batch
    const auto          row   = [&](std::uint64_t unit) {
        return unit / tiles * whole + std::min(unit % tiles * kernel_.tile_rows, whole);
    };
    Slice rows = slice;
    rows.unit  = row(slice.unit);
    rows.units = row(slice.unit + slice.units) - rows.unit;
    return rows;
}

Run SliceLowering::query_rows(const Slice& slice) const {
    const AttentionShape& s = problem_.shape;
    if (problem_.has_blocks()) return {0, s.batches * s.queries};
    const Slice rows = in_rows(slice);
    return {slice.batch * s.queries + rows.unit, (slice.batches - 1) * s.queries + rows.units};
}

Binding SliceLowering::query_binding(const HeadsView& view, const Slice& slice, const Window* window) const {
    const std::uint64_t queries = problem_.shape.queries;
    const Run           heads{slice.head, slice.heads};
    if (window && (problem_.has_blocks() || slice.batches == 1))
        return bind(view, traits_, {window->rows.first / queries, 1}, heads,
                    {window->rows.first % queries, window->rows.count});
    if (problem_.has_blocks()) return bind(view, traits_, {0, problem_.shape.batches}, heads, {0, queries});
    const Slice rows = in_rows(slice);
    return bind(view, traits_, {slice.batch, slice.batches}, heads, {rows.unit, rows.units});
}

Binding SliceLowering::key_binding(const HeadsView& view, const Slice& slice, const Window* window) const {
    const bool all_batches = problem_.has_blocks() || problem_.ancestors;
    const Run  batches     = all_batches ? Run{0, problem_.shape.key_batches} : Run{slice.batch, slice.batches};
    return bind(view, traits_, batches, key_heads(problem_.shape, slice),
                window ? window->keys : Run{0, problem_.shape.keys});
}

// Blocks or ancestors that the slice needs; nothing where there are none.
std::optional<RowBinding> SliceLowering::table(const Slice& slice) const {
    const Lowering& l = problem_.lowering;
    if (problem_.ancestors)
        return row_range(l.input(problem_.mask.ancestors), Access::read, traits_, slice.batch, slice.batches);
    if (!problem_.has_blocks()) return std::nullopt;
    const std::uint64_t first = slice.unit / unit_tiles_, last = (slice.unit + slice.units - 1) / unit_tiles_;
    return row_range(l.input(problem_.mask.blocks), Access::read, traits_, first, last - first + 1);
}

// The operands' bindings in order, and through `params` where they begin.
std::vector<Binding> SliceLowering::bindings(const Slice& slice, const Window* window, AttentionParams& params) const {
    std::vector<Binding> list;
    const auto           add = [&](const HeadsView& view, bool of_keys, AttentionOperand& operand) {
        if (!view.operand) return;
        list.push_back(of_keys ? key_binding(view, slice, window) : query_binding(view, slice, window));
        const std::uint64_t before = list.back().offset / size_of(view.operand->desc.type);
        operand = {static_cast<uint>(view.first - before), static_cast<uint>(view.batch), static_cast<uint>(view.head),
                   static_cast<uint>(view.row)};
    };
    add(problem_.query, false, params.query);
    add(problem_.key, true, params.key);
    add(problem_.value, true, params.value);
    add(problem_.result, false, params.result);

    const Lowering&                 l     = problem_.lowering;
    const std::optional<RowBinding> found = table(slice);
    const Binding                   none  = list.front();
    if (problem_.has_blocks()) {
        list.insert(list.end(), {found->binding, none});
        params.table_start = static_cast<uint>(found->skipped - slice.unit / unit_tiles_ * 5);
    } else {
        list.push_back(l.has(problem_.mask.lengths) ? reads(l.input(problem_.mask.lengths)) : none);
        list.push_back(found ? found->binding : none);
        if (found) params.table_start = static_cast<uint>(found->skipped - slice.batch * problem_.shape.keys);
    }
    if (window && window->carry.bytes) list.push_back(window->carry);
    if (problem_.slice) list.push_back(counters(window->rows.count * slice.heads));
    return list;
}

SliceLowering::Widths SliceLowering::widest(const Slice& slice) const {
    Widths widths;
    for (const HeadsView* view : {&problem_.query, &problem_.result})
        if (view->operand) widths.rows = std::max(widths.rows, query_binding(*view, slice, nullptr).bytes);
    for (const HeadsView* view : {&problem_.key, &problem_.value})
        if (view->operand) widths.keys = std::max(widths.keys, key_binding(*view, slice, nullptr).bytes);
    if (const auto found = table(slice)) widths.table = found->binding.bytes;
    if (problem_.slice) widths.sums = query_rows(slice).count * slice.heads * problem_.carried * 4;
    return widths;
}

Dispatch SliceLowering::dispatch(const Slice& slice, const Window* window) const {
    const AttentionShape&  s     = problem_.shape;
    const std::uint64_t    tiles = slice.batches * slice.heads * slice.units;
    constexpr std::int64_t far   = 1 << 30;

    AttentionParams params{};
    Dispatch        result{.kernel    = kernel_.kernel,
                           .bindings  = bindings(slice, window, params),
                           .constants = {},
                           .push      = {},
                           .groups    = {},
                           .cost      = {}};
    params.tiles       = static_cast<uint>(tiles);
    params.heads       = static_cast<uint>(slice.heads);
    params.first_head  = static_cast<uint>(slice.head);
    params.first_batch = static_cast<uint>(slice.batch);
    params.units       = static_cast<uint>(slice.units);
    params.first_unit  = static_cast<uint>(slice.unit);
    params.batches     = static_cast<uint>(s.batches);
    params.queries     = static_cast<uint>(s.queries);
    params.keys        = static_cast<uint>(s.keys);
    params.columns     = static_cast<uint>(s.columns);
    params.position    = static_cast<int>(std::clamp(attribute("query_position"), -far, far));
    if (window) {
        params.first_row = static_cast<uint>(window->rows.first);
        params.end_row   = static_cast<uint>(window->rows.first + window->rows.count);
        params.first_key = window->first_keys ? 0 : static_cast<uint>(window->keys.first);
        params.end_key   = window->last_keys ? UINT32_MAX : static_cast<uint>(window->keys.first + window->keys.count);
    }

    if (kernel_.group) result.constants.push_back(kernel_.group);
    result.constants.insert(result.constants.end(), problem_.constants.begin(), problem_.constants.end());
    const Seen seen = problem_.has_blocks()                          ? Seen::blocks
                      : problem_.lowering.has(problem_.mask.lengths) ? Seen::lengths
                                                                     : Seen::all;
    result.constants.insert(
        result.constants.end(),
        {/* SEEN */ seen, /* CAUSAL */ attribute("causal") != 0,
         /* ANCESTORS */ problem_.ancestors,
         /* SHARING */ static_cast<std::uint32_t>(s.heads / s.key_heads),
         /* UNIT_TILES */ static_cast<std::uint32_t>(unit_tiles_),
         /* LENGTHS_OFFSET */ static_cast<std::uint32_t>(std::clamp(attribute("lengths_offset"), -far, far)),
         /* SCALE */ std::bit_cast<std::uint32_t>(static_cast<float>(problem_.scale))});
    std::uint64_t parts = kernel_.parts;
    if (problem_.slice) {
        const std::uint64_t slices = divide_up(window->keys.count, problem_.slice),
                            each   = slices_at_once(kernel_, traits_, tiles, slices);
        result.constants.push_back(/* SLICE */ static_cast<std::uint32_t>(problem_.slice));
        params.columns = static_cast<uint>(each);
        parts          = std::bit_ceil(divide_up(slices, each));
    }
    result.push       = params;
    result.groups     = fold_groups(divide_up(tiles * parts, kernel_.items_per_group), traits_);
    result.cost.flops = flops(slice);
    for (const Binding& binding : result.bindings) result.cost.bytes += static_cast<double>(binding.bytes);
    return result;
}

Run key_heads(const AttentionShape& shape, const Slice& slice) {
    const std::uint64_t sharing = shape.heads / shape.key_heads, first = slice.head / sharing;
    return {first, (slice.head + slice.heads - 1) / sharing - first + 1};
}

std::uint64_t binding_room(const DeviceTraits& traits) {
    return traits.max_binding - std::min<std::uint64_t>(traits.offset_alignment, traits.max_binding / 2);
}

}  // namespace attune::ops

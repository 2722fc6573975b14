// A part of an attention as one dispatch: which bytes of the operands it binds, and its parameters.
#pragma once

#include "ops/attention_problem.h"

namespace attune::ops {

struct Run {
    std::uint64_t first = 0, count = 0;
};

// Part of the work: batches x heads x units; a unit is a tile of the query rows, or of a block.
struct Slice {
    std::uint64_t batch, batches, head, heads, unit, units;

    double share_of(const Slice& whole) const {
        return static_cast<double>(batches * heads * units) /
               static_cast<double>(whole.batches * whole.heads * whole.units);
    }
};

// What of the operands a dispatch sees: see shaders/common/attention_tile.glsl.
struct Window {
    Run     rows;  // of the query, counted over all batches
    Run     keys;  // of a head of a batch
    bool    first_keys = true, last_keys = true;
    Binding carry = {};  // what is carried on, or what slices of keys come to; no bytes: nothing
};

// Dispatches in the making. Temporaries serve one slice after the other.
struct AttentionPlan {
    Lowered                      lowered;
    std::optional<std::uint32_t> carry = {}, key = {}, value = {};  // places in lowered.temporaries

    Binding scratch(std::optional<std::uint32_t>& place, std::uint64_t bytes, Access access);
};

class SliceLowering {
public:
    // `kernel` is one of the problem's; slices count tiles of its rows.
    SliceLowering(const AttentionProblem& problem, const AttentionKernel& kernel);

    const Slice& whole() const noexcept { return whole_; }
    double       flops(const Slice& slice) const { return flops_ * slice.share_of(whole_); }

    Dispatch dispatch(const Slice& slice, const Window* window = nullptr) const;

    // Bytes of a slice's longest binding: of blocks or ancestors, and of what grows with the rows of the query and of
    // the keys; and of what slices of keys come to.
    struct Widths {
        std::uint64_t table = 0, rows = 0, keys = 0, sums = 0;
    };
    Widths widest(const Slice& slice) const;

    // The same rows for a kernel with tiles of one row.
    Slice in_rows(const Slice& slice) const;
    // Rows of the query that a slice has, counted over all batches; with blocks they are anywhere.
    Run query_rows(const Slice& slice) const;

private:
    std::int64_t         attribute(std::string_view name, std::int64_t otherwise = 0) const;
    Binding              query_binding(const HeadsView& view, const Slice& slice, const Window* window) const;
    Binding              key_binding(const HeadsView& view, const Slice& slice, const Window* window) const;
    std::optional<RowBinding> table(const Slice& slice) const;
    std::vector<Binding> bindings(const Slice& slice, const Window* window, AttentionParams& params) const;

    const AttentionProblem& problem_;
    const AttentionKernel&  kernel_;
    const DeviceTraits&     traits_;
    std::uint64_t           unit_tiles_ = 1;
    Slice                   whole_{};
    double                  flops_ = 0;
};

// Key heads that a slice of query heads reads.
Run key_heads(const AttentionShape& shape, const Slice& slice);

// Bytes that one binding may see, wherever in an operand it begins.
std::uint64_t binding_room(const DeviceTraits& traits);

// Dispatches for a slice whose operands exceed a binding however it is cut, one window after the
// other; throws bad_input if one row of one head exceeds a binding.
void add_windows(const AttentionProblem& problem, const SliceLowering& lowering, const Slice& slice,
                 AttentionPlan& plan);

// The problem without ancestors: adds dispatches that copy each row's keys and values of a slice to temporaries.
AttentionProblem gathered(const AttentionProblem& problem, const Slice& slice, Run keys, AttentionPlan& plan);

// Bytes of the longer of these copies.
std::uint64_t gathered_bytes(const AttentionProblem& problem, const Slice& slice, std::uint64_t keys);

}  // namespace attune::ops

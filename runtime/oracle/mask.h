// Which keys a query sees: the oracle's reading of lengths, blocks, causal and ancestors.
#pragma once

#include "oracle/call.h"

namespace attune::oracle {

// One row of queries that attention is asked about.
struct QueryRow {
    std::uint64_t batch = 0, query = 0;   // where it lies in the query operand's B and S
    std::uint64_t first_key = 0;          // its keys begin here on the key operand's S axis,
    std::uint64_t keys = 0;               // are so many,
    std::uint64_t seen = 0;               // and it sees the first of them
};

class Mask {
public:
    struct Sizes {
        std::uint64_t batches = 0, queries = 0;              // B and S of the query operand
        std::uint64_t key_batches = 0, keys = 0;             // B and T of the key operand
    };

    // The operands lengths, blocks and ancestors of a call begin at `first_input`.
    Mask(const Call& call, std::size_t first_input, const Sizes& sizes);

    const std::vector<QueryRow>& rows() const noexcept { return rows_; }

    // The batch of the key operand that holds key `key` (counted on its S axis) of a row.
    std::uint64_t batch_of_key(const QueryRow& row, std::uint64_t key) const;

    // Where a row's scores of one head begin: [B, H, S, width], or with blocks [1, H, B * S, width].
    std::uint64_t scores_at(const QueryRow& row, std::uint64_t head, std::uint64_t heads, std::uint64_t width) const;

private:
    void add_batches(const Call& call, const Array* lengths);
    void add_blocks(const Call& call);

    Sizes                 sizes_;
    const Array*          blocks_ = nullptr;
    const Array*          ancestors_ = nullptr;
    std::vector<QueryRow> rows_;
};

}  // namespace attune::oracle

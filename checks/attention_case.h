// One attention of the op table: sizes, which keys are seen, how operands lie, and its numbers.
#pragma once

#include "checks/case.h"

namespace attune::test {

enum class Seen { all, lengths, blocks, ancestors };

// Scores that every query has: of random numbers, or made on purpose, in the order of the keys.
enum class Scores { random, low, lowest, high, mixed, equal, one_hot };

struct Attend {
    std::uint64_t batch = 1, heads = 1, key_heads = 1, queries = 1, keys = 1, size = 1;
    Seen          seen = Seen::all;
    bool          causal = false;
    std::int64_t  position = 0;            // of the first query; lengths_offset where lengths are given
    bool          split = true;            // heads layout of query, key and value, else rows
    Type          storage = Type::f32;     // of key and value
    Type          query = Type::f32, result = Type::f32;
    std::uint64_t block_rows = 8;
    Scores        scores = Scores::random;
    bool          staged = false;

    std::string name() const;
    bool        compiled_anyway() const;   // the one of the long compilations that all devices do
};

// Outputs "y" and, if staged, "weights". Keys and values that no query sees are exchanged for NaN, Inf
// and 1e38 in Case::unseen.
Case attention_case(const Attend& attend, Random& random);

// Adds a row if the types can hold such heads.
void add_attention(Rows& rows, const Attend& attend);

}  // namespace attune::test

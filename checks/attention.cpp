#include "checks/attention_case.h"

namespace attune::test {
namespace {

// Kernels are compiled for each head size, storage and mask, which takes longer than to run them: heads
// of 64 are stored in f16, the others in f32.
Attend stored(Attend a) {
    if (a.size == 64) a.query = a.storage = a.result = Type::f16;
    return a;
}

//                           B  H  Hk  S  T  D
constexpr Attend shapes[] = {{.batch = 1, .heads = 1, .key_heads = 1, .queries = 1, .keys = 1, .size = 32},
                             {.batch = 2, .heads = 3, .key_heads = 3, .queries = 1, .keys = 37, .size = 32},
                             {.batch = 3, .heads = 4, .key_heads = 2, .queries = 7, .keys = 13, .size = 32},
                             {.batch = 1, .heads = 8, .key_heads = 1, .queries = 9, .keys = 64, .size = 64},
                             {.batch = 2, .heads = 2, .key_heads = 2, .queries = 33, .keys = 33, .size = 64},
                             {.batch = 1, .heads = 2, .key_heads = 1, .queries = 65, .keys = 127, .size = 32},
                             {.batch = 5, .heads = 6, .key_heads = 3, .queries = 2, .keys = 5, .size = 64},
                             {.batch = 4, .heads = 8, .key_heads = 8, .queries = 1, .keys = 17, .size = 64}};

}  // namespace

void attention_rows(Rows& rows) {
    for (const std::uint64_t size : {1u, 8u, 31u, 100u, 128u, 256u})
        for (const std::uint64_t queries : {1u, 11u})
            add_attention(rows, {.batch = 2, .heads = 2, .key_heads = 1, .queries = queries, .keys = 19, .size = size, .split = size % 3 != 0});
    for (const Attend& shape : shapes)
        for (const bool split : {true, false})
            for (const bool causal : {true, false}) {
                Attend a = stored(shape);
                a.split = split;
                a.causal = causal;
                a.position = causal ? static_cast<std::int64_t>(a.keys) - static_cast<std::int64_t>(a.queries) : 0;
                add_attention(rows, a);
            }
    for (const std::uint64_t keys : {255u, 1024u, 4099u, 8192u})
        for (const std::uint64_t queries : {1u, 3u}) add_attention(rows, {.heads = 2, .key_heads = 1, .queries = queries, .keys = keys, .size = 32});
    for (const std::uint64_t size : {100u, 128u, 256u})   // the most turns that loops take
        for (const std::uint64_t queries : {1u, 3u}) add_attention(rows, {.queries = queries, .keys = 8192, .size = size});
    for (const Scores scores : {Scores::low, Scores::lowest, Scores::high, Scores::mixed, Scores::equal, Scores::one_hot})
        for (const std::uint64_t keys : {1u, 2u, 3u, 8u, 17u, 64u, 127u, 509u, 2048u, 8192u})
            for (const std::uint64_t queries : {1u, 5u}) add_attention(rows, {.queries = queries, .keys = keys, .size = 8, .scores = scores});
}

void masked_attention_rows(Rows& rows) {
    for (const Attend& shape : shapes)
        for (const bool split : {true, false}) {
            Attend a = stored(shape);
            a.split = split;
            a.seen = Seen::lengths;
            for (const std::int64_t position : {-1, 0, 1})
                for (const bool causal : {false, true}) {
                    a.position = position;
                    a.causal = causal;
                    add_attention(rows, a);
                }
            a.position = 0;
            a.seen = Seen::blocks;
            for (const std::uint64_t block_rows : {1u, 3u, 8u, 16u})
                for (const bool causal : {false, true}) {
                    a.block_rows = block_rows;
                    a.causal = causal;
                    add_attention(rows, a);
                }
        }
    // Caches of f16 under queries of f32.
    for (const std::uint64_t queries : {1u, 5u})
        for (const std::uint64_t keys : {1u, 33u, 100u})
            add_attention(rows, {.batch = 5, .heads = 4, .key_heads = 2, .queries = queries, .keys = keys, .size = 32, .seen = Seen::lengths, .storage = Type::f16});
    // Rows that see nothing: the first ones, all of them; and keys behind the last query.
    for (const std::int64_t position : {-1, -4, -12, -40, 0, 3})
        for (const bool split : {true, false})
            for (const std::uint64_t size : {32u, 64u})
                add_attention(rows, stored({.batch = 2, .heads = 2, .key_heads = 2, .queries = 13, .keys = 29, .size = size, .causal = true, .position = position, .split = split}));
    // Beams over one cache.
    for (const std::uint64_t size : {32u, 64u, 33u, 256u})
        for (const std::uint64_t keys : {1u, 7u, 21u, 150u})
            add_attention(rows, stored({.batch = 6, .heads = 4, .key_heads = 2, .keys = keys, .size = size, .seen = Seen::ancestors, .position = keys > 1}));
}

// Keys of decode steps in slices of 256: on both sides of where a slice ends, lengths that end in any of them and in none,
// scores that rise and fall from one to the next.
void sliced_attention_rows(Rows& rows) {
    for (const std::uint64_t keys : {256u, 257u, 511u, 512u, 513u, 769u, 1281u})
        for (const bool split : {true, false}) {
            Attend a{.batch = 5, .heads = 3, .key_heads = 3, .keys = keys, .size = 32, .seen = Seen::lengths, .split = split};
            add_attention(rows, a);
            a.position = 1;
            add_attention(rows, a);
            a.causal = true;
            a.seen = Seen::all;
            for (const std::int64_t position : {-1, 0, 255, 256, 700}) {
                a.position = position;
                add_attention(rows, a);
            }
        }
    for (const std::uint64_t size : {1u, 8u, 31u, 64u, 100u, 256u}) {
        add_attention(rows, stored({.batch = 3, .heads = 4, .key_heads = 2, .keys = 600, .size = size, .seen = Seen::lengths}));
        add_attention(rows, stored({.batch = 6, .heads = 2, .key_heads = 1, .keys = 900, .size = size, .seen = Seen::ancestors, .split = false}));
    }
    for (const std::uint64_t batch : {1u, 40u})
        add_attention(rows, {.batch = batch, .heads = 8, .key_heads = 2, .keys = 2500, .size = 32, .seen = Seen::lengths, .storage = Type::f16});
    for (const Scores scores : {Scores::low, Scores::lowest, Scores::high, Scores::mixed, Scores::equal, Scores::one_hot})
        for (const std::uint64_t keys : {300u, 1024u, 4099u}) add_attention(rows, {.heads = 2, .key_heads = 2, .keys = keys, .size = 16, .scores = scores});
}

void staged_attention_rows(Rows& rows) {
    for (const Attend& shape : shapes)
        for (const bool split : {true, false})
            for (const Seen seen : {Seen::all, Seen::lengths, Seen::blocks}) {
                Attend a = stored(shape);
                a.query = a.result = Type::f32;
                a.staged = true;
                a.split = split;
                a.seen = seen;
                a.causal = seen == Seen::blocks;
                add_attention(rows, a);
            }
    for (const std::uint64_t size : {1u, 31u, 80u, 256u})
        for (const std::uint64_t queries : {1u, 11u}) add_attention(rows, {.batch = 2, .heads = 2, .key_heads = 1, .queries = queries, .keys = 19, .size = size, .staged = true});
    for (const std::int64_t position : {-4, -40})
        add_attention(rows, {.batch = 2, .heads = 2, .key_heads = 2, .queries = 13, .keys = 29, .size = 32, .causal = true, .position = position, .staged = true});
    for (const std::uint64_t keys : {1u, 21u, 150u})
        add_attention(rows, {.batch = 6, .heads = 4, .key_heads = 2, .keys = keys, .size = 32, .seen = Seen::ancestors, .staged = true});
    add_attention(rows, {.heads = 2, .key_heads = 2, .queries = 3, .keys = 8192, .size = 32, .staged = true});
}

}  // namespace attune::test

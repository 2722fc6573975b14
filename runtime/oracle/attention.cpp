// softmax(scale Q K^T + mask) V per head, in one function and in the two around softmax.
#include "oracle/functions.h"
#include "oracle/heads.h"
#include "oracle/mask.h"
#include "oracle/softmax.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace attune::oracle {
namespace {

// The heads of an operand and its numbers.
struct Heads {
    HeadsLayout   layout;
    const double* numbers;

    const double* at(std::uint64_t batch, std::uint64_t head, std::uint64_t row) const {
        return numbers + layout.at(batch, head, row);
    }
};

Heads heads_of(const Array& array, std::uint64_t heads) {
    return {heads_layout(array.shape, heads), array.values.data()};
}

std::uint64_t key_value_heads(const Call& call, std::uint64_t heads) {
    const std::uint64_t stated = call.count("key_value_heads");
    return stated ? stated : heads;
}

double scale_of(const Call& call, std::uint64_t size) {
    const double stated = call.attributes.real("scale");
    return stated != 0 ? stated : 1 / std::sqrt(static_cast<double>(size));
}

// scores[j] = scale * q . k[j] for the keys that the row sees
void score_row(const Mask& mask, const QueryRow& row, const double* query, const Heads& key, std::uint64_t key_head,
               double scale, std::span<double> scores) {
    for (std::uint64_t j = 0; j < scores.size(); ++j) {
        const std::uint64_t position = row.first_key + j;
        const double*       k        = key.at(mask.batch_of_key(row, position), key_head, position);
        double              sum      = 0;
        for (std::uint64_t d = 0; d < key.layout.size; ++d) sum += query[d] * k[d];
        scores[j] = scale * sum;
    }
}

// out = sum_j weights[j] * v[j]; a key of weight 0 is not read
void mix_row(const Mask& mask, const QueryRow& row, std::span<const double> weights, const Heads& value,
             std::uint64_t key_head, double* out) {
    std::fill_n(out, value.layout.size, 0.0);
    for (std::uint64_t j = 0; j < weights.size(); ++j) {
        if (weights[j] == 0) continue;
        const std::uint64_t position = row.first_key + j;
        const double*       v        = value.at(mask.batch_of_key(row, position), key_head, position);
        for (std::uint64_t d = 0; d < value.layout.size; ++d) out[d] += weights[j] * v[d];
    }
}

Mask::Sizes sizes(const HeadsLayout& query, const HeadsLayout& key) {
    return {.batches = query.batches, .queries = query.rows, .key_batches = key.batches, .keys = key.rows};
}

}  // namespace

// query, key, value, lengths?, blocks?, ancestors? -> the layout of query
void attention(const Call& call) {
    const Heads       query = heads_of(call.input(0), call.count("heads", 1));
    const Heads       key   = heads_of(call.input(1), key_value_heads(call, query.layout.heads));
    const Heads       value = heads_of(call.input(2), key.layout.heads);
    const HeadsLayout out   = heads_layout(call.output().shape, query.layout.heads);
    const Mask        mask(call, 3, sizes(query.layout, key.layout));
    const double      scale = scale_of(call, query.layout.size);

    std::vector<double> scores;
    for (const QueryRow& row : mask.rows())
        for (std::uint64_t head = 0; head < query.layout.heads; ++head) {
            const std::uint64_t key_head = head * key.layout.heads / query.layout.heads;
            scores.resize(row.seen);
            score_row(mask, row, query.at(row.batch, head, row.query), key, key_head, scale, scores);
            softmax_row(scores);
            double* const result = call.output().values.data() + out.at(row.batch, head, row.query);
            mix_row(mask, row, scores, value, key_head, result);
        }
}

// query, key, lengths?, blocks?, ancestors? -> [B, H, S, T], or with blocks [1, H, B * S, keys_per_query]
void attention_scores(const Call& call) {
    const Heads         query = heads_of(call.input(0), call.count("heads", 1));
    const Heads         key   = heads_of(call.input(1), key_value_heads(call, query.layout.heads));
    const Mask          mask(call, 2, sizes(query.layout, key.layout));
    const double        scale = scale_of(call, query.layout.size);
    const std::uint64_t width = call.output().shape.width();

    for (const QueryRow& row : mask.rows())
        for (std::uint64_t head = 0; head < query.layout.heads; ++head) {
            const std::uint64_t first  = mask.scores_at(row, head, query.layout.heads, width);
            const auto          scores = std::span(call.output().values).subspan(first, width);
            std::fill(scores.begin(), scores.end(), -std::numeric_limits<double>::infinity());
            const std::uint64_t key_head = head * key.layout.heads / query.layout.heads;
            score_row(mask, row, query.at(row.batch, head, row.query), key, key_head, scale,
                      scores.first(std::min(row.seen, width)));
        }
}

// weights, value, lengths?, blocks?, ancestors? -> [B, H, S, D] or [B, S, H * D], as the output is shaped
void attention_values(const Call& call) {
    const Array&        weights = call.input(0);
    const std::uint64_t heads = weights.shape[1], width = weights.shape.width();
    const Heads         value = heads_of(call.input(1), key_value_heads(call, heads));
    const HeadsLayout   out   = heads_layout(call.output().shape, heads);
    const Mask          mask(call, 2, sizes(out, value.layout));

    for (const QueryRow& row : mask.rows())
        for (std::uint64_t head = 0; head < heads; ++head) {
            const std::uint64_t first  = mask.scores_at(row, head, heads, width);
            const auto          seen   = std::span(weights.values).subspan(first, std::min(row.seen, width));
            double* const       result = call.output().values.data() + out.at(row.batch, head, row.query);
            mix_row(mask, row, seen, value, head * value.layout.heads / heads, result);
        }
}

}  // namespace attune::oracle

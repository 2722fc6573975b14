// Ops of beam search: the best tokens of each row, and whose history a row goes on from.
#include "oracle/functions.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace attune::oracle {
namespace {

constexpr double nothing = -std::numeric_limits<double>::infinity();
constexpr double no_id   = 0xffffffffu;

struct Candidate {
    double id    = no_id;
    double value = nothing;
};

// log sum exp of a row without the banned ones; 0 if there is nothing to divide by
double normaliser(std::span<const double> logits, std::span<const double> banned) {
    const auto allowed = [&](std::size_t id) {
        return std::find(banned.begin(), banned.end(), static_cast<double>(id)) == banned.end();
    };
    double largest = nothing, sum = 0;
    for (std::size_t id = 0; id < logits.size(); ++id)
        if (allowed(id)) largest = std::max(largest, logits[id]);
    if (largest == nothing) return 0;
    for (std::size_t id = 0; id < logits.size(); ++id)
        if (allowed(id)) sum += std::exp(logits[id] - largest);
    return largest + std::log(sum);
}

// The k best logits that are not banned, best first. Ids come in ascending order, so an equal that
// comes later stays behind the ones that are there.
std::vector<Candidate> best(std::span<const double> logits, std::span<const double> banned, std::size_t k) {
    std::vector<Candidate> chosen;
    std::size_t            next_banned = 0;
    for (std::size_t id = 0; id < logits.size(); ++id) {
        while (next_banned < banned.size() && banned[next_banned] < static_cast<double>(id)) ++next_banned;
        if (next_banned < banned.size() && banned[next_banned] == static_cast<double>(id)) continue;
        const double worst = chosen.size() < k ? nothing : chosen.back().value;
        if (!(logits[id] > worst)) continue;  // so a token of probability 0 is never chosen
        const auto worse = [&](const Candidate& c) { return c.value < logits[id]; };
        chosen.insert(std::find_if(chosen.begin(), chosen.end(), worse), {static_cast<double>(id), logits[id]});
        if (chosen.size() > k) chosen.pop_back();
    }
    chosen.resize(k);
    return chosen;
}

}  // namespace

// logits [.., V], banned [rows, C]? -> ids [rows, k], log_probabilities [rows, k]
void top_k(const Call& call) {
    const Array&        logits = call.input(0);
    const std::uint64_t k = call.count("k"), width = logits.shape.width();
    for (std::uint64_t row = 0; row < logits.shape.rows(); ++row) {
        const auto              numbers = std::span(logits.values).subspan(row * width, width);
        std::span<const double> banned;
        if (call.has(1)) {
            const std::uint64_t count = call.input(1).shape.width();
            banned                    = std::span(call.input(1).values).subspan(row * count, count);
        }
        const double total =
            normaliser(numbers, call.attributes.flag("in_normaliser") ? banned : std::span<const double>{});
        const auto chosen = best(numbers, banned, k);
        for (std::uint64_t i = 0; i < k; ++i) {
            call.output(0).values[row * k + i] = chosen[i].id;
            call.output(1).values[row * k + i] = chosen[i].value - total;
        }
    }
}

// ancestors [>= R, T], parents [R], position [>= R] -> ancestors
void reorder_ancestors(const Call& call) {
    const Array         before   = call.input(0);  // a copy: the output is the same array
    const Array&        parents  = call.input(1);
    const Array&        position = call.input(2);
    const std::uint64_t rows = parents.values.size(), capacity = before.shape.width();
    for (std::uint64_t r = 0; r < rows; ++r) {
        const std::uint64_t parent = std::min(index_at(parents, r), rows - 1);
        for (std::uint64_t t = 0; t < capacity; ++t)
            call.output().values[r * capacity + t] =
                t < index_at(position, r) ? before.values[parent * capacity + t] : static_cast<double>(r);
    }
}

}  // namespace attune::oracle

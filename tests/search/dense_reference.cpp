#include "search/dense_reference.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

namespace attune::test {
namespace {

using search::EarlyStopping;
using search::SearchOptions;
using Ids = std::vector<std::uint32_t>;

constexpr float infinity = std::numeric_limits<float>::infinity();

bool is_end(std::uint32_t id, const SearchOptions& o) {
    return std::count(o.end_tokens.begin(), o.end_tokens.end(), id) > 0;
}

// Logits processors in their order, on log-probabilities; `ids` has the start token.
void edit(std::vector<float>& lp, const Ids& ids, const SearchOptions& o) {
    if (const std::size_t n = o.no_repeat_ngram; n > 0) {
        std::set<Ids> seen;
        for (std::size_t i = 0; i + n <= ids.size(); ++i)
            seen.insert(Ids(ids.begin() + static_cast<long>(i), ids.begin() + static_cast<long>(i + n)));
        for (std::uint32_t v = 0; v < lp.size(); ++v) {
            if (ids.size() + 1 < n) continue;
            Ids gram(ids.end() - static_cast<long>(n - 1), ids.end());
            gram.push_back(v);
            if (seen.count(gram) > 0) lp[v] = -infinity;
        }
    }
    for (const Ids& word : o.bad_words) {
        if (word.size() == 1 && is_end(word[0], o)) continue;
        Ids with = ids;
        with.push_back(word.back());
        if (with.size() >= word.size() && std::equal(word.rbegin(), word.rend(), with.rbegin()))
            lp[word.back()] = -infinity;
    }
    if (ids.size() < o.min_length)
        for (const std::uint32_t end : o.end_tokens) lp[end] = -infinity;
    const auto force = [&](std::uint32_t id) {
        std::fill(lp.begin(), lp.end(), -infinity);
        lp[id] = 0;
    };
    if (o.forced_first && ids.size() == 1) force(*o.forced_first);
    if (o.forced_last && ids.size() == o.max_length) force(*o.forced_last);
}

// Indices of the k largest values, equal ones by `before`.
template <class Before>
std::vector<std::size_t> top_k(const std::vector<float>& values, std::size_t k, Before&& before) {
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        if (values[a] != values[b]) return values[a] > values[b];
        return before(a, b);
    });
    order.resize(k);
    return order;
}
constexpr auto by_index = [](std::size_t a, std::size_t b) { return a < b; };

float divisor(std::size_t length, const SearchOptions& o) {
    return static_cast<float>(std::pow(static_cast<double>(length), o.length_penalty));
}

struct Dense {
    std::vector<Ids>   running;   // with start token
    std::vector<float> running_scores;
    std::vector<Ids>   done;
    std::vector<float> done_scores;
    std::vector<char>  is_done, is_real;   // is_real: not from a placeholder
};

// One round of the loop; returns whether another follows.
bool round(Dense& d, bool& open, const Logits& logits, const SearchOptions& o, std::size_t vocabulary) {
    const std::size_t  B = o.beam_size, K = std::max<std::size_t>(2, 1 + o.end_tokens.size()) * B;
    std::vector<float> total, own;
    for (std::size_t b = 0; b < B; ++b) {
        std::vector<float> lp = log_softmax(logits(d.running[b]));
        edit(lp, d.running[b], o);
        for (const float p : lp) {
            total.push_back(p + d.running_scores[b]);
            own.push_back(p);
        }
    }
    // Equal sums: lower beam, then (sums that rounding made equal) the better log-probability, lower id.
    const auto top = top_k(total, K, [&](std::size_t a, std::size_t b) {
        if (a / vocabulary != b / vocabulary) return a < b;
        return own[a] != own[b] ? own[a] > own[b] : a < b;
    });

    const std::size_t  n = d.running[0].size();   // new tokens after this round
    std::vector<Ids>   ids;
    std::vector<float> scores, running_scores;
    std::vector<char>  hits;
    for (const std::size_t i : top) {
        ids.push_back(d.running[i / vocabulary]);
        ids.back().push_back(static_cast<std::uint32_t>(i % vocabulary));
        scores.push_back(total[i]);
        hits.push_back(is_end(ids.back().back(), o) || n >= o.max_length);
        running_scores.push_back(total[i] + (hits.back() ? 1.0f : 0.0f) * -1e9f);
    }

    Dense next;
    for (const std::size_t i : top_k(running_scores, B, by_index)) {
        next.running.push_back(ids[i]);
        next.running_scores.push_back(running_scores[i]);
    }

    const bool full_before = std::count(d.is_done.begin(), d.is_done.end(), 1) == static_cast<long>(B);
    Dense      merged      = d;
    for (std::size_t i = 0; i < K; ++i) {
        const bool just_finished = hits[i] && i < B;
        float      score         = scores[i] / divisor(n, o);
        score += (full_before && o.early_stopping == EarlyStopping::yes ? 1.0f : 0.0f) * -1e9f;
        score += (open ? 0.0f : 1.0f) * -1e9f;
        score += (just_finished ? 0.0f : 1.0f) * -1e9f;
        merged.done.push_back(ids[i]);
        merged.done_scores.push_back(score);
        merged.is_done.push_back(just_finished);
        merged.is_real.push_back(scores[i] > -5e8f);
    }
    for (const std::size_t i : top_k(merged.done_scores, B, by_index)) {
        next.done.push_back(merged.done[i]);
        next.done_scores.push_back(merged.done_scores[i]);
        next.is_done.push_back(merged.is_done[i]);
        next.is_real.push_back(merged.is_real[i]);
    }
    d = next;

    const bool  hopeful    = o.early_stopping == EarlyStopping::never && o.length_penalty > 0;
    const float best       = d.running_scores[0] / divisor(hopeful ? o.max_length : n, o);
    const float worst      = *std::min_element(d.done_scores.begin(), d.done_scores.end());
    bool        improvable = false;
    for (const char is_done : d.is_done) improvable = improvable || best > (is_done ? worst : -1e9f);
    open               = open && improvable;
    const bool full    = std::count(d.is_done.begin(), d.is_done.end(), 1) == static_cast<long>(B);
    const bool all_hit = std::count(hits.begin(), hits.end(), 1) == static_cast<long>(K);
    return open && !(full && o.early_stopping == EarlyStopping::yes) && !all_hit && n < o.max_length;
}

}   // namespace

std::vector<float> log_softmax(const std::vector<float>& logits) {
    const float greatest = *std::max_element(logits.begin(), logits.end());
    double      sum      = 0;
    for (const float x : logits) sum += std::exp(static_cast<double>(x - greatest));
    std::vector<float> out;
    for (const float x : logits) out.push_back(x - greatest - static_cast<float>(std::log(sum)));
    return out;
}

std::vector<DenseResult> dense_beam_search(const Logits& logits, const SearchOptions& o) {
    const std::size_t B = o.beam_size, vocabulary = logits({o.start_token}).size();
    Dense             d;
    d.running.assign(B, {o.start_token});
    d.done.assign(B, {o.start_token});
    d.running_scores.assign(B, -1e9f);
    d.running_scores[0] = 0;
    d.done_scores.assign(B, -1e9f);
    d.is_done.assign(B, 0);
    d.is_real.assign(B, 0);
    for (bool open = true; round(d, open, logits, o, vocabulary);) {}

    std::vector<DenseResult> out;
    for (std::size_t i = 0; i < B && out.size() < o.num_hypotheses; ++i)
        if (d.is_done[i] && d.is_real[i])
            out.push_back({Ids(d.done[i].begin() + 1, d.done[i].end()), d.done_scores[i]});
    return out;
}

std::vector<DenseResult> dense_greedy_search(const Logits& logits, const SearchOptions& o) {
    Ids   ids{o.start_token};
    float sum = 0;
    while (ids.size() <= o.max_length) {
        std::vector<float> lp = log_softmax(logits(ids));
        edit(lp, ids, o);
        const auto best = static_cast<std::size_t>(std::max_element(lp.begin(), lp.end()) - lp.begin());
        if (lp[best] == -infinity) break;
        sum += lp[best];
        ids.push_back(static_cast<std::uint32_t>(best));
        if (is_end(ids.back(), o)) break;
    }
    return {{Ids(ids.begin() + 1, ids.end()), ids.size() == 1 ? 0.0f : sum / divisor(ids.size() - 1, o)}};
}

// Sentences that are not finished yet, best first; each takes a place until it ends.
std::vector<DenseResult> dense_marian_search(const Logits& logits, const SearchOptions& o) {
    std::vector<DenseResult> alive = {{{o.start_token}, 0.0f}}, done;
    for (std::size_t length = 1; !alive.empty(); ++length) {
        std::vector<DenseResult> longer;
        std::vector<float>       scores;
        for (const DenseResult& one : alive) {
            std::vector<float> lp = log_softmax(logits(one.tokens));
            edit(lp, one.tokens, o);
            for (std::uint32_t id = 0; id < lp.size(); ++id) {
                if (lp[id] == -infinity) continue;
                longer.push_back({one.tokens, one.score + lp[id]});
                longer.back().tokens.push_back(id);
                scores.push_back(longer.back().score);
            }
        }
        alive.clear();
        for (const std::size_t i : top_k(scores, std::min(scores.size(), o.beam_size - done.size()), by_index)) {
            if (!is_end(longer[i].tokens.back(), o) && length < o.max_length)
                alive.push_back(longer[i]);
            else
                done.push_back({Ids(longer[i].tokens.begin() + 1, longer[i].tokens.end()),
                                (longer[i].score - static_cast<float>(o.word_penalty) * static_cast<float>(length)) /
                                    divisor(length, o)});
        }
    }
    std::stable_sort(done.begin(), done.end(),
                     [](const DenseResult& a, const DenseResult& b) { return a.score > b.score; });
    if (done.size() > o.num_hypotheses) done.resize(o.num_hypotheses);
    return done;
}

}   // namespace attune::test

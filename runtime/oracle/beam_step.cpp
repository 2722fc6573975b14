// One step of beam search, as attune/ops.hpp says it: everything in a list, sorted, in floats, since the order of their
// sums and of equal ones is what the op promises.
#include "oracle/functions.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace attune::oracle {
namespace {

constexpr std::uint32_t no_token = 0xffffffff;
constexpr float         nothing  = -std::numeric_limits<float>::infinity();

float         float_of(double bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits)); }
double        bits_of(float number) { return std::bit_cast<std::uint32_t>(number); }
std::uint32_t whole(double number) { return static_cast<std::uint32_t>(number); }

struct Next {
    std::uint64_t row;  // of the sentence
    std::uint32_t token;
    float         score;
    bool          ends;
};

// A sentence: its numbers, row 1 + s of `search`.
struct Sentence {
    const Call&   call;
    std::uint64_t index, beams, candidates, slots;

    std::span<double> words() const {
        Array& search = call.output(2);
        return std::span(search.values).subspan((1 + index) * search.shape.width(), search.shape.width());
    }
    std::span<double> scores() const { return words().subspan(6, beams); }
    std::span<double> finished() const { return words().subspan(6 + beams, beams); }
    bool              marian() const { return call.attributes.flag("marian"); }
    std::uint64_t     end_tokens() const { return call.input(2).values.size() - slots; }

    bool ends(std::uint32_t token) const {
        const auto ending = std::span(call.input(2).values).first(end_tokens());
        return words()[0] + 1 == words()[1] || std::ranges::find(ending, static_cast<double>(token)) != ending.end();
    }

    std::uint32_t token(double id) const {
        if (!call.has(3)) return whole(id);
        const std::uint64_t width = call.input(3).shape.width();
        return id < static_cast<double>(width) ? whole(call.input(3).values[index * width + whole(id)]) : no_token;
    }

    // Of all rows, best first.
    std::vector<Next> continuations() const {
        std::vector<Next> all;
        for (std::uint64_t row = 0; row < beams; ++row) {
            const float score = float_of(scores()[row]);
            if (!(score > (marian() ? -5e8f : nothing))) continue;
            for (std::uint64_t c = 0; c < candidates; ++c) {
                const std::uint64_t i   = (index * beams + row) * candidates + c;
                const std::uint32_t id  = token(call.input(0).values[i]);
                const float         sum = score + static_cast<float>(call.input(1).values[i]);
                if (id != no_token && sum > nothing) all.push_back({row, id, sum, ends(id)});
            }
        }
        std::ranges::stable_sort(all, std::greater{}, &Next::score);
        return all;
    }

    void put(std::uint64_t row, const Next& next) const {
        const std::uint64_t at = index * beams + row, width = 2 * candidates + 2, slot = whole(words()[2]);
        call.output(0).values[at] = next.token;
        call.output(1).values[at] = static_cast<double>(index * beams + next.row);
        scores()[row]             = bits_of(next.score);
        if (slot >= slots) return;
        const auto record = std::span(call.output(3).values).subspan((at * slots + slot) * width, width);
        for (std::uint64_t c = 0; c < candidates; ++c) {
            record[c]              = call.input(0).values[at * candidates + c];
            record[candidates + c] = bits_of(static_cast<float>(call.input(1).values[at * candidates + c]));
        }
        record[2 * candidates]     = call.output(0).values[at];
        record[2 * candidates + 1] = call.output(1).values[at];
    }

    void finish(const std::vector<float>& more) const {
        std::vector<float> all;
        for (std::uint64_t i = 0; i < whole(words()[4]); ++i) all.push_back(float_of(finished()[i]));
        for (const float score : more)
            if (score > -1e9f) all.push_back(score);
        std::ranges::stable_sort(all, std::greater{});
        if (all.size() > beams) all.resize(beams);
        for (std::uint64_t i = 0; i < all.size(); ++i) finished()[i] = bits_of(all[i]);
        words()[4] = static_cast<double>(all.size());
    }

    void put_all(std::vector<Next> running, Next filler) const {
        filler.score = nothing;
        running.resize(beams, filler);
        for (std::uint64_t row = 0; row < beams; ++row) put(row, running[row]);
    }

    bool marian_step(std::vector<Next> all) const {
        all.resize(std::min<std::size_t>(all.size(), beams - whole(words()[4])));
        std::vector<Next> running;
        for (const Next& next : all)
            if (!next.ends) running.push_back(next);
        words()[4] += static_cast<double>(all.size() - running.size());
        if (all.empty()) return stay();
        put_all(running, all.front());
        return running.empty();
    }

    bool transformers_step(std::vector<Next> all) const {
        all.resize(std::min<std::size_t>(all.size(), candidates));
        const float divisor =
            float_of(call.input(2).values[end_tokens() + std::min(slots - 1, std::uint64_t{whole(words()[2])})]);
        std::vector<float> ended;
        for (std::size_t rank = 0; rank < std::min<std::size_t>(all.size(), beams); ++rank)
            if (all[rank].ends) ended.push_back(all[rank].score / divisor);
        finish(ended);
        const bool all_ended = std::ranges::all_of(all, &Next::ends);
        for (Next& next : all)
            if (next.ends) next.score += -1e9f;
        std::ranges::stable_sort(all, std::greater{}, &Next::score);
        put_all(all, all.front());

        const float hopeful = float_of(words()[5]), best = all[0].score / (hopeful > 0 ? hopeful : divisor);
        const bool  full  = whole(words()[4]) == beams;
        const bool  open  = best > (full ? float_of(finished()[beams - 1]) : -1e9f);
        const bool  early = call.attributes.flag("early_stopping");
        return !open || (early && full) || all_ended || !(all[0].score > -5e8f);
    }

    // Everything is banned.
    bool stay() const {
        for (std::uint64_t row = 0; row < beams; ++row)
            put(row, {row, whole(call.output(0).values[index * beams + row]), float_of(scores()[row]), false});
        return true;
    }

    void step() const {
        std::vector<Next> all  = continuations();
        const bool        none = all.empty();
        bool              stops;
        if (none) {
            stops = stay();
        } else if (marian()) {
            stops = marian_step(std::move(all));
        } else if (beams == 1) {
            put(0, all[0]);
            stops = all[0].ends;
        } else {
            stops = transformers_step(std::move(all));
        }
        ++words()[0];
        ++words()[2];
        if (!stops || words()[3] != 0) return;
        words()[3] = 1;
        --call.output(2).values[0];
    }
};

}  // namespace

// ids, log_probabilities [R, k], rules [E + N], chosen [S, n]?, tokens, parents, search, history -> the last four
void beam_step(const Call& call) {
    const std::uint64_t beams = call.count("beams"), rows = call.input(0).shape.rows();
    for (std::uint64_t s = 0; s < rows / beams; ++s)
        Sentence{call, s, beams, call.input(0).shape.width(), call.output(3).shape[1]}.step();
}

}  // namespace attune::oracle

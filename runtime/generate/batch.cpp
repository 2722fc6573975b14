#include "generate/batch.h"

#include "generate/ahead.h"
#include "generate/buckets.h"

#include <attune/error.hpp>

#include <algorithm>
#include <cmath>
#include <map>

namespace attune {
namespace {

template <class T> TensorView view_of(Type type, Shape shape, const std::vector<T>& values) {
    return {{type, shape}, std::as_bytes(std::span(values))};
}

// Columns of the table of banned ids that a search needs.
std::uint64_t banned_columns(const search::SearchOptions& options, std::uint64_t cache_tokens) {
    std::uint64_t most = options.bad_words.size() + options.end_tokens.size();
    if (options.no_repeat_ngram > 0) most += cache_tokens + 1;
    return std::max<std::uint64_t>((most + 3) / 4 * 4, 4);
}

// A sentence of the batch while it is being decoded.
struct Slot {
    std::size_t            index;      // in the job
    std::uint32_t          first_key;  // its source tokens within the batch's memory
    std::uint32_t          keys;
    search::SentenceSearch search;
    bool                   live = true;
    // The tokens that it may choose from, ascending; none: all.
    std::vector<std::uint32_t> chosen = {};
    // For every hypothesis that is or was running, by its tokens: the source token of each of them.
    std::map<std::vector<std::uint32_t>, std::vector<std::uint32_t>> aligned = {};
};

}  // namespace

marian::StepShape step_shape(const BatchJob& job) {
    marian::StepShape shape;
    shape.capacity     = job.cache_tokens;
    shape.beams        = job.options.beam_size;
    shape.candidates   = search::candidates_per_row(job.options);
    shape.banned       = banned_columns(job.options, job.cache_tokens);
    shape.renormalised = job.renormalised;
    return shape;
}

class Batch::Impl {
public:
    Impl(Runner& runner, const MarianConfig& config, const BatchLimits& limits, const BatchJob& job,
         BatchCounts& counts)
        : runner_(runner), config_(config), limits_(limits), programs_(config, limits), job_(job), counts_(counts),
          shape_(step_shape(job)), results_(job.sources.size()) {
        if (!job.alignment) ahead_ = ahead::shape_of(job.options, job.steps_per_wait);
    }

    std::optional<Work> next() {
        if (shape_.rows == 0) return encode();
        if (finished()) return std::nullopt;
        if (auto fewer = shrink()) return fewer;
        return step();
    }

    bool finished() const {
        return shape_.rows > 0 &&
               std::none_of(slots_.begin(), slots_.end(), [](const Slot& slot) { return slot.live; });
    }

    std::vector<std::uint32_t> so_far(std::size_t sentence) const {
        if (const auto& done = results_.at(sentence).hypotheses; !done.empty()) return done.front().tokens;
        for (const Slot& slot : slots_)
            if (slot.index == sentence) return slot.search.state().rows.front().tokens;
        return {};
    }

    std::vector<BatchResult> results() { return std::move(results_); }

private:
    // ---- encoder -----------------------------------------------------------------------------

    Work encode() {
        std::vector<std::uint32_t> tokens, positions, blocks;
        std::size_t                longest = 0;
        for (std::size_t i = 0; i < job_.sources.size(); ++i) {
            const auto& source = job_.sources[i];
            const auto  first  = static_cast<std::uint32_t>(tokens.size()),
                       count   = static_cast<std::uint32_t>(source.size());
            slots_.push_back(
                {.index = i, .first_key = first, .keys = count, .search = search::SentenceSearch(options_for(count))});
            if (job_.shortlist) slots_.back().chosen = job_.shortlist->chosen(source);
            for (std::uint32_t at = 0; at < count; at += marian::block_rows)
                blocks.insert(blocks.end(),
                              {first + at, std::min<std::uint32_t>(marian::block_rows, count - at), first, count, at});
            tokens.insert(tokens.end(), source.begin(), source.end());
            for (std::uint32_t at = 0; at < count; ++at) positions.push_back(at);
            longest = std::max(longest, source.size());
        }
        if (job_.alignment) shape_.alignment_keys = buckets::alignment_keys(longest);
        for (const Slot& slot : slots_)
            if (job_.shortlist) shape_.chosen = std::max(shape_.chosen, buckets::chosen(slot.chosen.size()));
        return encoder(std::move(tokens), std::move(positions), std::move(blocks));
    }

    search::SearchOptions options_for(std::size_t source_tokens) const {
        search::SearchOptions options = job_.options;
        if (!job_.max_length_factor) return options;
        const double most  = std::ceil(*job_.max_length_factor * static_cast<double>(source_tokens));
        options.max_length = static_cast<std::uint32_t>(std::clamp(most, 1.0, static_cast<double>(options.max_length)));
        options.min_length = std::min(options.min_length, options.max_length);
        return options;
    }

    Work encoder(std::vector<std::uint32_t> tokens, std::vector<std::uint32_t> positions,
                 std::vector<std::uint32_t> blocks) {
        marian::EncoderShape shape = programs_.encoder_shape(tokens.size());
        for (auto at = static_cast<std::uint32_t>(tokens.size()); at < shape.tokens; at += marian::block_rows)
            blocks.insert(blocks.end(),
                          {at,
                           std::min<std::uint32_t>(marian::block_rows, static_cast<std::uint32_t>(shape.tokens) - at),
                           0, 0, 0});
        shape = programs_.encoder_shape(tokens.size(), blocks.size() / 5);
        blocks.resize(shape.blocks * 5, 0);
        tokens.resize(shape.tokens, 0);  // any token of the source: no key and no query is looked at
        positions.resize(shape.tokens, 0);
        runner_.set(marian::names::source_tokens, view_of(Type::u32, {1, shape.tokens}, tokens));
        runner_.set(marian::names::source_positions, view_of(Type::u32, {1, shape.tokens}, positions));
        runner_.set(marian::names::source_blocks, view_of(Type::u32, {shape.blocks, 5}, blocks));
        program_ = programs_.encoder(shape);
        return {.program = &program_, .done = [this](double seconds) {
                    ++counts_.encoder_runs;
                    ++counts_.waits;
                    counts_.encode_seconds += seconds;
                    begin_decoding();
                }};
    }

    // ---- decoder -----------------------------------------------------------------------------

    void begin_decoding() {
        set_rows(programs_.rows_for(slots_.size(), shape_.beams));
        const std::vector<std::uint32_t> zeros(limits_.capacity.rows, 0);
        runner_.set(marian::names::position, view_of(Type::u32, {limits_.capacity.rows}, zeros));
        set_sentences();
    }

    void set_rows(std::uint64_t rows) {
        shape_.rows = rows;
        step_       = programs_.step(shape_);
        if (!ahead_) return;
        marian::StepShape shape = shape_;
        shape.ahead             = *ahead_;
        steps_                  = programs_.step(shape);
    }

    // What the steps see of each sentence.
    void set_sentences() {
        set_memory_blocks();
        if (shape_.chosen == 0) return;
        const std::uint64_t        sentences = shape_.rows / shape_.beams;
        std::vector<std::uint32_t> chosen(sentences * shape_.chosen, UINT32_MAX);
        for (std::size_t s = 0; s < std::min<std::size_t>(sentences, slots_.size()); ++s)
            std::ranges::copy(slots_[s].chosen, chosen.begin() + static_cast<std::ptrdiff_t>(s * shape_.chosen));
        runner_.set(marian::names::chosen, view_of(Type::u32, {sentences, shape_.chosen}, chosen));
    }

    void set_memory_blocks() {
        std::vector<std::uint32_t> blocks;
        for (std::uint32_t row = 0; row < shape_.rows; ++row) {
            const std::size_t slot = row / shape_.beams;
            const bool        used = slot < slots_.size();
            blocks.insert(blocks.end(), {row, 1, used ? slots_[slot].first_key : 0, used ? slots_[slot].keys : 0, 0});
        }
        runner_.set(marian::names::memory_blocks, view_of(Type::u32, {shape_.rows, 5}, blocks));
    }

    Work step() {
        if (const std::uint64_t count = steps_ahead()) return steps(static_cast<std::uint32_t>(count));
        set_step_controls();
        set_rows_before(marian::names::tokens, marian::names::parents);
        return {.program = &step_, .done = [this](double seconds) {
                    ++counts_.decoder_steps;
                    ++counts_.waits;
                    counts_.decode_seconds += seconds;
                    take_candidates();
                }};
    }

    // ---- steps ahead -------------------------------------------------------------------------

    // How many the device may take by itself; 0: the host takes the next one.
    std::uint64_t steps_ahead() {
        if (!ahead_) return 0;
        std::uint64_t most = std::min<std::uint64_t>(job_.steps_per_wait, shape_.capacity - length_), useful = 0;
        for (const Slot& slot : slots_) {
            if (!slot.live) continue;
            const ahead::Room room = ahead::room(slot.search);
            most                   = std::min(most, room.most);
            useful                 = std::max(useful, room.useful);
        }
        most = std::min(most, useful);
        if (most == 0) return 0;
        const std::uint64_t repeats = runner_.most_repeats(steps_);
        if (repeats < 2) ahead_.reset();
        return repeats < 2 ? 0 : std::min(most, repeats);
    }

    Work steps(std::uint32_t count) {
        static constexpr const char* copied[] = {marian::names::search, marian::names::history};
        set_step_controls();
        set_rows_before(marian::names::next_tokens, marian::names::next_parents);
        const std::uint64_t sentences = shape_.rows / shape_.beams;
        ahead::SearchTable  table(sentences, shape_.beams);
        for (std::size_t s = 0; s < slots_.size(); ++s)
            if (slots_[s].live) table.set(s, slots_[s].search);
        const auto rules = ahead::rules(job_.options, static_cast<std::uint32_t>(length_), ahead_->slots);
        runner_.set(marian::names::search, view_of(Type::u32, {1 + sentences, table.width()}, table.words()));
        runner_.set(marian::names::search_rules, view_of(Type::u32, {rules.size()}, rules));
        return {.program = &steps_,
                .done =
                    [this, count, width = table.width()](double seconds) {
                        ++counts_.waits;
                        counts_.decode_seconds += seconds;
                        take_history(count, width);
                    },
                .repeats = Repeats{.times = count, .until = marian::names::search, .copied = copied}};
    }

    // The searches take the steps that the device has taken.
    void take_history(std::uint32_t count, std::uint64_t width) {
        const auto          table = runner_.integers(marian::names::search);
        const std::uint32_t taken = ahead::steps_of(table, width);
        if (taken == 0 || taken > count)
            throw Error(Status::device_failed, "search",
                        "the device took " + std::to_string(taken) + " steps of " + std::to_string(count));
        const auto           words = runner_.integers(marian::names::history);
        const ahead::History history(words, ahead_->slots, shape_.candidates);
        counts_.bytes_read_back += table.size_bytes() + words.size_bytes();
        counts_.decoder_steps += taken;
        for (std::uint32_t step = 0; step < taken; ++step) {
            ++length_;
            for (std::size_t s = 0; s < slots_.size(); ++s)
                if (slots_[s].live) take_slot(history, step, s);
        }
    }

    void take_slot(const ahead::History& history, std::uint32_t step, std::size_t s) {
        const std::uint64_t first = s * shape_.beams;
        candidates_.clear();
        for (std::uint64_t row = first; row < first + shape_.beams; ++row)
            for (std::uint64_t place = 0; place < shape_.candidates; ++place) {
                candidates_.push_back(history.candidate(step, row, place));
                candidates_.back().id = token_at(row * shape_.candidates + place, candidates_.back().id);
            }
        advance(slots_[s], s, candidates_);
        if (!slots_[s].search.finished()) ahead::check_choice(history, step, first, slots_[s].search);
    }

    // ---- one step ----------------------------------------------------------------------------

    void take_candidates() {
        ++length_;
        const auto ids = runner_.integers(marian::names::ids);
        candidates_.resize(ids.size());
        for (std::size_t i = 0; i < ids.size(); ++i) candidates_[i].id = token_at(i, ids[i]);
        const auto log_probabilities = runner_.reals(marian::names::log_probabilities);
        for (std::size_t i = 0; i < candidates_.size(); ++i) candidates_[i].log_probability = log_probabilities[i];
        counts_.bytes_read_back += candidates_.size() * 8;
        read_alignment();

        const std::size_t per_sentence = shape_.beams * shape_.candidates;
        for (std::size_t s = 0; s < slots_.size(); ++s)
            if (slots_[s].live) advance(slots_[s], s, std::span(candidates_).subspan(s * per_sentence, per_sentence));
    }

    // The token that candidate `i` of a step is.
    std::uint32_t token_at(std::size_t i, std::uint32_t id) const {
        const std::size_t sentence = i / (shape_.beams * shape_.candidates);
        if (shape_.chosen == 0 || sentence >= slots_.size()) return id;
        const auto& chosen = slots_[sentence].chosen;
        return id < chosen.size() ? chosen[id] : search::no_token;
    }

    // What the device calls the tokens that a row must not continue with.
    std::vector<std::uint32_t> banned_of(const Slot& slot, std::uint32_t beam) const {
        std::vector<std::uint32_t> banned = slot.search.banned(beam);
        if (shape_.chosen == 0) return banned;
        std::vector<std::uint32_t> places;
        for (const std::uint32_t id : banned)
            if (const auto found = std::ranges::lower_bound(slot.chosen, id);
                found != slot.chosen.end() && *found == id)
                places.push_back(static_cast<std::uint32_t>(found - slot.chosen.begin()));
        return places;
    }

    void set_step_controls() {
        tokens_.assign(shape_.rows, config_.pad_token_id);
        parents_.resize(shape_.rows);
        for (std::uint32_t row = 0; row < shape_.rows; ++row) parents_[row] = row;
        banned_.assign(shape_.rows * shape_.banned, UINT32_MAX);
        for (std::size_t s = 0; s < slots_.size(); ++s) {
            if (!slots_[s].live) continue;
            const auto        tokens = slots_[s].search.tokens(), parents = slots_[s].search.parents();
            const std::size_t first = s * shape_.beams;
            for (std::uint32_t beam = 0; beam < shape_.beams; ++beam) {
                tokens_[first + beam]  = tokens[beam];
                parents_[first + beam] = static_cast<std::uint32_t>(first + parents[beam]);
                const auto banned      = banned_of(slots_[s], beam);
                if (banned.size() > shape_.banned)
                    throw Error(Status::bad_input, "search",
                                "bans " + std::to_string(banned.size()) + " tokens at once, room is for " +
                                    std::to_string(shape_.banned));
                std::copy(banned.begin(), banned.end(),
                          banned_.begin() + static_cast<std::ptrdiff_t>((first + beam) * shape_.banned));
            }
        }
        runner_.set(marian::names::banned, view_of(Type::u32, {shape_.rows, shape_.banned}, banned_));
    }

    // What the rows are before the step, by the names that it has there.
    void set_rows_before(const char* tokens, const char* parents) {
        runner_.set(tokens, view_of(Type::u32, {shape_.rows, 1}, tokens_));
        runner_.set(parents, view_of(Type::u32, {shape_.rows}, parents_));
    }

    // After step n: `length_` tokens lie in the caches.
    void advance(Slot& slot, std::size_t place, std::span<const search::Candidate> candidates) {
        std::vector<std::vector<std::uint32_t>> before;
        if (job_.alignment)
            for (const search::Beam& beam : slot.search.state().rows) before.push_back(beam.tokens);
        slot.search.step(candidates);
        if (job_.alignment) extend_alignment(slot, place, before);
        if (!slot.search.finished() && length_ < shape_.capacity) return;
        slot.live           = false;
        BatchResult& result = results_[slot.index];
        result.overflowed   = !slot.search.finished();
        if (result.overflowed) return;
        result.hypotheses = slot.search.hypotheses();
        if (job_.alignment)
            for (const search::Hypothesis& hypothesis : result.hypotheses)
                result.alignments.push_back(alignment_of(slot, hypothesis));
    }

    // Live sentences move together once they fit the next smaller step.
    std::optional<Work> shrink() {
        const auto live = static_cast<std::uint64_t>(
            std::count_if(slots_.begin(), slots_.end(), [](const Slot& slot) { return slot.live; }));
        const std::uint64_t rows = live ? programs_.rows_for(live, shape_.beams) : shape_.rows;
        if (live == 0 || !Programs::worth_shrinking(shape_.rows, rows, shape_.beams)) return std::nullopt;
        std::vector<std::size_t> kept;
        for (std::size_t s = 0; s < slots_.size(); ++s)
            if (slots_[s].live) kept.push_back(s);
        for (std::size_t s = 0; s < slots_.size() && kept.size() < rows / shape_.beams;
             ++s)  // fill up with finished ones
            if (!slots_[s].live) kept.push_back(s);
        std::sort(kept.begin(), kept.end());
        std::vector<std::uint32_t> kept_rows;
        std::vector<Slot>          slots;
        for (const std::size_t s : kept) {
            for (std::uint64_t beam = 0; beam < shape_.beams; ++beam)
                kept_rows.push_back(static_cast<std::uint32_t>(s * shape_.beams + beam));
            slots.push_back(std::move(slots_[s]));
        }
        slots_ = std::move(slots);
        set_rows(rows);
        runner_.set(marian::names::kept_rows, view_of(Type::u32, {shape_.rows}, kept_rows));
        program_ = programs_.keep(shape_);
        return Work{.program = &program_, .done = [this](double seconds) {
                        ++counts_.waits;
                        counts_.decode_seconds += seconds;
                        set_sentences();
                    }};
    }

    // ---- alignment ---------------------------------------------------------------------------

    // The source token that each row weights most, averaged over the heads that align.
    void read_alignment() {
        if (!job_.alignment) return;
        const auto          weights = runner_.reals(marian::names::alignment);  // [1, H, R, keys]
        const std::uint64_t keys    = shape_.alignment_keys;
        const std::uint64_t heads   = config_.first_head_aligns ? 1 : weights.size() / (shape_.rows * keys);
        counts_.bytes_read_back += weights.size_bytes();
        strongest_.assign(shape_.rows, 0);
        for (std::uint64_t row = 0; row < shape_.rows; ++row) {
            double most = -1;
            for (std::uint64_t k = 0; k < keys; ++k) {
                double sum = 0;
                for (std::uint64_t head = 0; head < heads; ++head)
                    sum += static_cast<double>(weights[(head * shape_.rows + row) * keys + k]);
                if (sum > most) {
                    most            = sum;
                    strongest_[row] = static_cast<std::uint32_t>(k);
                }
            }
        }
    }

    void extend_alignment(Slot& slot, std::size_t place, const std::vector<std::vector<std::uint32_t>>& before) {
        for (const search::Beam& beam : slot.search.state().rows) {
            if (beam.tokens.empty()) continue;
            std::vector<std::uint32_t> aligned = slot.aligned[before.at(beam.parent)];
            aligned.push_back(strongest_[place * shape_.beams + beam.parent]);
            slot.aligned.insert_or_assign(beam.tokens, std::move(aligned));
        }
    }

    // Without its end token a hypothesis is a row that was running a step before.
    static std::vector<std::uint32_t> alignment_of(const Slot& slot, const search::Hypothesis& hypothesis) {
        std::vector<std::uint32_t> tokens = hypothesis.tokens;
        if (!tokens.empty()) tokens.pop_back();
        const auto found = slot.aligned.find(tokens);
        return found == slot.aligned.end() ? std::vector<std::uint32_t>{} : found->second;
    }

    Runner&                           runner_;
    const MarianConfig&               config_;
    BatchLimits                       limits_;
    Programs                          programs_;
    NamedGraph                        program_, step_;  // the one that was asked for last, and the present step
    NamedGraph                        steps_;           // the same that goes on by itself
    std::optional<marian::StepsAhead> ahead_;           // how; none: the host takes all steps
    BatchJob                          job_;
    BatchCounts&                      counts_;
    marian::StepShape                 shape_;
    std::vector<Slot>                 slots_;
    std::vector<BatchResult>          results_;
    std::uint64_t                     length_ = 0;  // steps taken
    std::vector<std::uint32_t>        tokens_, parents_, banned_, strongest_;
    std::vector<search::Candidate>    candidates_;
};

Batch::Batch(Runner& runner, const MarianConfig& config, const BatchLimits& limits, const BatchJob& job,
             BatchCounts& counts)
    : impl_(std::make_unique<Impl>(runner, config, limits, job, counts)) {}
Batch::Batch(Batch&&) noexcept            = default;
Batch& Batch::operator=(Batch&&) noexcept = default;
Batch::~Batch()                           = default;

std::optional<Work>        Batch::next() { return impl_->next(); }
bool                       Batch::finished() const { return impl_->finished(); }
std::vector<std::uint32_t> Batch::so_far(std::size_t sentence) const { return impl_->so_far(sentence); }
std::vector<BatchResult>   Batch::results() { return impl_->results(); }

}  // namespace attune

#include "generate/batches.h"

#include "generate/buckets.h"

#include <attune/error.hpp>

#include <algorithm>
#include <bit>

namespace attune {
namespace {

const std::vector<std::uint32_t>& tokens_of(const std::vector<Line>& lines, const PartPlace& place) {
    return lines[place.line].parts[place.part].source;
}

}  // namespace

PartQueue parts_by_length(const std::vector<Line>& lines) {
    PartQueue order;
    for (std::size_t line = 0; line < lines.size(); ++line)
        for (std::size_t part = 0; part < lines[line].parts.size(); ++part) order.push_back({line, part});
    std::stable_sort(order.begin(), order.end(), [&](const PartPlace& a, const PartPlace& b) {
        return tokens_of(lines, a).size() > tokens_of(lines, b).size();
    });
    return order;
}

Batches::Batches(const Model& model, const TranslatorOptions& options)
    : model_(model), tokens_(options.batch_tokens), rows_(options.batch_rows) {
    if (tokens_ == 0 || rows_ == 0)
        throw Error(Status::usage, "TranslatorOptions", "batch_tokens and batch_rows are at least 1");
    if (options.steps_per_wait == 0 || options.steps_per_wait > 64)
        throw Error(Status::usage, "TranslatorOptions", "steps_per_wait is 1 to 64");
    // Query, key and value of a batch lie side by side. A batch of several sentences has to fit one binding of
    // them: beyond that attention adds in another order on GPUs, and a sentence's bits would depend on its company.
    if (!model.device()) return;
    const std::uint64_t row  = 3 * model.config().d_model * sizeof(float);
    const std::uint64_t most = std::max<std::uint64_t>(model.device()->info().max_binding / row, 1);
    tokens_                  = static_cast<std::uint32_t>(std::min<std::uint64_t>(tokens_, std::bit_floor(most)));
}

BatchLimits Batches::limits(std::uint64_t beams) const {
    BatchLimits result;
    result.sentences              = std::max<std::uint64_t>(rows_ / beams, 1);
    result.capacity.rows          = result.sentences * beams;
    const std::uint64_t most      = std::max<std::uint64_t>(tokens_, longest_source(model_.config()));
    result.capacity.memory_tokens = buckets::power_of_two(most, 16, UINT64_MAX);
    return result;
}

std::size_t Batches::size(const std::vector<Line>& lines, const PartQueue& queue, std::uint64_t beams) const {
    const BatchLimits limit  = limits(beams);
    std::uint64_t     tokens = 0;
    std::size_t       count  = 0;
    for (; count < queue.size() && count < limit.sentences && queue[count].cache_tokens == queue[0].cache_tokens;
         ++count) {
        tokens += tokens_of(lines, queue[count]).size();
        if (count > 0 && tokens > tokens_) break;
    }
    return count;
}

// Tokens of a cache that most translations fit. A recurrent decoder has none, and its steps are all alike.
std::uint64_t Batches::first_cache(std::uint64_t longest, const search::SearchOptions& search) const {
    if (model_.config().decoder_cell == DecoderCell::ssru) return model_.config().max_position_embeddings;
    return buckets::cache_tokens(std::min<std::uint64_t>(2 * longest + 16, search.max_length), search.max_length);
}

RunningBatch Batches::begin(const std::vector<Line>& lines, PartQueue& queue, const SearchJob& job, Runner& runner,
                            BatchCounts& counts) const {
    const auto   end = queue.begin() + static_cast<std::ptrdiff_t>(size(lines, queue, job.search.beam_size));
    RunningBatch running;
    running.parts.assign(queue.begin(), end);
    queue.erase(queue.begin(), end);
    for (const PartPlace& place : running.parts) running.sources.push_back(tokens_of(lines, place));
    const std::uint64_t wanted = running.parts.front().cache_tokens;
    running.cache_tokens       = wanted ? wanted : first_cache(running.sources.front().size(), job.search);
    BatchJob whole             = batch_job(job, running.cache_tokens);
    whole.sources              = running.sources;
    running.batch.emplace(runner, model_.config(), limits(job.search.beam_size), whole, counts);
    return running;
}

BatchJob Batches::batch_job(const SearchJob& job, std::uint64_t cache_tokens) const {
    return {.sources           = {},
            .options           = job.search,
            .cache_tokens      = cache_tokens,
            .alignment         = job.alignment,
            .renormalised      = model_.generation().renormalize_logits,
            .max_length_factor = model_.generation().max_length_factor,
            .shortlist         = model_.shortlist(),
            .steps_per_wait    = job.steps_per_wait};
}

std::vector<NamedGraph> Batches::programs(std::uint32_t sentences, std::uint32_t tokens, const SearchJob& job) const {
    const BatchLimits       limit = limits(job.search.beam_size);
    const Programs          programs(model_.config(), limit);
    std::vector<NamedGraph> all;
    const std::uint64_t     most = std::min<std::uint64_t>(std::max(tokens, 1u), limit.capacity.memory_tokens);
    std::uint64_t           last = 0;
    for (std::uint64_t longest = 1; longest <= most; ++longest) {
        const std::uint64_t cache = first_cache(std::min(longest, longest_source(model_.config())), job.search);
        if (cache == last) continue;
        last                    = cache;
        marian::StepShape shape = step_shape(batch_job(job, cache));
        if (job.alignment) shape.alignment_keys = buckets::alignment_keys(longest);
        do {
            if (model_.shortlist()) shape.chosen = buckets::chosen(shape.chosen + 1);
            for (NamedGraph& program : programs.up_to(std::min<std::uint64_t>(sentences, limit.sentences), most, shape))
                if (std::ranges::find(all, program.key, &NamedGraph::key) == all.end())
                    all.push_back(std::move(program));
        } while (shape.chosen > 0 && shape.chosen < model_.config().decoder_vocab_size);
    }
    return all;
}

std::uint64_t Batches::settle(RunningBatch& running, std::vector<Line>& lines, PartQueue& queue,
                              const SearchJob& job) const {
    std::vector<BatchResult> results = running.batch->results();
    std::vector<PartPlace>   again;
    std::uint64_t            tokens = 0;
    for (std::size_t i = 0; i < results.size(); ++i) {
        const PartPlace& place = running.parts[i];
        if (results[i].overflowed) {
            again.push_back(
                {place.line, place.part, buckets::cache_tokens(running.cache_tokens + 1, job.search.max_length)});
            continue;
        }
        if (!results[i].hypotheses.empty()) tokens += results[i].hypotheses.front().tokens.size();
        lines[place.line].parts[place.part].result = std::move(results[i]);
        --lines[place.line].waiting;
    }
    queue.insert(queue.begin(), again.begin(), again.end());
    return tokens;
}

void Batches::give_back(RunningBatch& running, PartQueue& queue) {
    queue.insert(queue.begin(), running.parts.begin(), running.parts.end());
    running.parts.clear();
}

bool Batches::halve(std::uint64_t beams) {
    const std::uint64_t sentences = limits(beams).sentences, longest = longest_source(model_.config());
    if (sentences <= 1 && tokens_ <= longest) return false;
    if (sentences > 1) rows_ = static_cast<std::uint32_t>(std::max<std::uint64_t>(sentences / 2, 1) * beams);
    if (tokens_ > longest) tokens_ = static_cast<std::uint32_t>(std::max<std::uint64_t>(tokens_ / 2, longest));
    return true;
}

}  // namespace attune

// Which parts of lines run together, and what becomes of them: longest first, as many as fit a batch; what outgrows
// its cache waits again, with a larger one.
#pragma once

#include "generate/line.h"

#include <deque>

namespace attune {

// A part that waits: which line, which part, and the cache that it needs; 0: what most translations fit.
struct PartPlace {
    std::size_t   line = 0, part = 0;
    std::uint64_t cache_tokens = 0;
};
using PartQueue = std::deque<PartPlace>;

// All parts of the lines. Longest first: what does not fit the device's memory shows at once, and batches pad least.
PartQueue parts_by_length(const std::vector<Line>& lines);

// How lines are searched.
struct SearchJob {
    search::SearchOptions    search;
    bool                     alignment = false;
    const std::atomic<bool>* cancel    = nullptr;
    std::uint32_t            steps_per_wait = 1;  // see TranslatorOptions
};

// Parts that were taken from the queue, on their way.
struct RunningBatch {
    std::vector<PartPlace>                  parts;
    std::vector<std::vector<std::uint32_t>> sources;
    std::uint64_t                           cache_tokens = 0;
    std::optional<Batch>                    batch;
};

class Batches {
public:
    // Throws usage for batches of nothing.
    Batches(const Model& model, const TranslatorOptions& options);

    // The next batch of the queue, from which its parts are taken. The runner and `counts` have to outlive it.
    RunningBatch begin(const std::vector<Line>& lines, PartQueue& queue, const SearchJob& job, Runner& runner,
                       BatchCounts& counts) const;

    // The programs of batches of up to so many sentences and source tokens together.
    std::vector<NamedGraph> programs(std::uint32_t sentences, std::uint32_t tokens, const SearchJob& job) const;

    // It has run: hands its results to the lines; parts that overflowed go back to the front of the queue. Returns
    // the tokens of the best hypotheses.
    std::uint64_t settle(RunningBatch& running, std::vector<Line>& lines, PartQueue& queue, const SearchJob& job) const;

    // It failed: all of its parts go back to the front of the queue.
    static void give_back(RunningBatch& running, PartQueue& queue);

    // Smaller batches from now on; false if one line at a time is all there is.
    bool halve(std::uint64_t beams);

private:
    BatchLimits   limits(std::uint64_t beams) const;
    std::size_t   size(const std::vector<Line>& lines, const PartQueue& queue, std::uint64_t beams) const;
    BatchJob      batch_job(const SearchJob& job, std::uint64_t cache_tokens) const;
    std::uint64_t first_cache(std::uint64_t longest, const search::SearchOptions& search) const;

    const Model&  model_;
    std::uint32_t tokens_, rows_;  // of a batch, at most
};

}  // namespace attune

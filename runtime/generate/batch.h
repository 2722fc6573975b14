// One batch of sentences from token ids to hypotheses: encode once, then decode step by step until all
// are finished. Sentences that finish make room: the rest move together and the step gets smaller.
#pragma once

#include "generate/runner.h"
#include "models/marian.h"
#include "search/sentence_search.h"

namespace attune {

struct BatchLimits {
    marian::Capacity capacity;
    std::uint64_t    sentences = 1;  // capacity.rows / beams
};

// How a sentence's search came out.
struct BatchResult {
    bool                                    overflowed = false;  // it outgrew the cache: run it again with a larger one
    std::vector<search::Hypothesis>         hypotheses;
    std::vector<std::vector<std::uint32_t>> alignments;  // of each hypothesis: per token but the end, a source token
};

struct BatchCounts {
    std::uint64_t encoder_runs = 0, decoder_steps = 0, bytes_read_back = 0;
    double        encode_seconds = 0, decode_seconds = 0;
};

struct BatchJob {
    std::span<const std::vector<std::uint32_t>> sources;  // token ids of each sentence
    search::SearchOptions                       options;
    std::uint64_t                               cache_tokens = 0;
    bool                                        alignment    = false;
    bool                                        renormalised = false;  // see marian::StepShape
    const std::atomic<bool>*                    cancel       = nullptr;
};

// A sentence's result depends on the sentence and the options alone, not on its neighbours.
std::vector<BatchResult> run_batch(Runner& runner, const MarianConfig& config, const BatchLimits& limits,
                                   const BatchJob& job, BatchCounts& counts);

// Columns of the table of banned ids that a search needs.
std::uint64_t banned_columns(const search::SearchOptions& options, std::uint64_t cache_tokens);

}  // namespace attune

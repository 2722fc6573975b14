// One batch of sentences from token ids to hypotheses: encode once, then decode step by step until all
// are finished. Sentences that finish make room: the rest move together and the step gets smaller.
#pragma once

#include "generate/programs.h"
#include "generate/runner.h"
#include "models/shortlist.h"
#include "search/sentence_search.h"

namespace attune {

// How a sentence's search came out.
struct BatchResult {
    bool                                    overflowed = false;  // it outgrew the cache: run it again with a larger one
    std::vector<search::Hypothesis>         hypotheses;
    std::vector<std::vector<std::uint32_t>> alignments;  // of each hypothesis: per token but the end, a source token
};

struct BatchCounts {
    std::uint64_t encoder_runs = 0, decoder_steps = 0, bytes_read_back = 0;
    std::uint64_t waits = 0;  // of the host for the device
    double        encode_seconds = 0, decode_seconds = 0;
};

struct BatchJob {
    std::span<const std::vector<std::uint32_t>> sources;  // token ids of each sentence
    search::SearchOptions                       options;
    std::uint64_t                               cache_tokens      = 0;
    bool                                        alignment         = false;
    bool                                        renormalised      = false;  // see marian::StepShape
    std::optional<double>                       max_length_factor = {};     // new tokens per source token, at most
    const Shortlist*                            shortlist         = nullptr;
    std::uint32_t                               steps_per_wait    = 1;  // decode steps, at most
};

// What runs next, and what to do with its results. Its controls are set.
struct Work {
    const NamedGraph*                   program;       // until the batch is asked for the next one
    std::function<void(double seconds)> done;          // seconds: that the device took, waiting included
    std::optional<Repeats>              repeats = {};  // only where the job has more than one step per wait
};

// The step that such a job takes, but for its rows.
marian::StepShape step_shape(const BatchJob& job);

// Says what to run, one program after the other, and leaves running it to others:
//     while (auto work = batch.next()) { run it; work->done(seconds); }
// A sentence's result depends on the sentence and the options alone, not on its neighbours.
class Batch {
public:
    // What it is given by reference has to outlive it, and so do the job's sources.
    Batch(Runner& runner, const MarianConfig& config, const BatchLimits& limits, const BatchJob& job,
          BatchCounts& counts);
    Batch(Batch&&) noexcept;
    Batch& operator=(Batch&&) noexcept;
    ~Batch();

    std::optional<Work> next();
    bool                finished() const;  // nothing is next
    // The best tokens of a sentence as they stand; all of them once it is done.
    std::vector<std::uint32_t> so_far(std::size_t sentence) const;
    std::vector<BatchResult>   results();  // of each sentence, once there is nothing next

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace attune

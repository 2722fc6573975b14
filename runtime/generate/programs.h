// The programs that translation runs, by name: what a batch asks for step by step, and what a host wants made ahead.
#pragma once

#include "models/marian.h"

#include <functional>
#include <string>
#include <vector>

namespace attune {

// A graph and its name: same name, same graph. The name's first word says of what kind it is.
struct NamedGraph {
    std::string            key;
    std::function<Graph()> make;
};

struct BatchLimits {
    marian::Capacity capacity;
    std::uint64_t    sentences = 1;  // capacity.rows / beams
};

// The shapes that batches have: few sizes, so that a handful of programs serves any mix of lengths.
class Programs {
public:
    // The configuration has to outlive it, and what it makes.
    Programs(const MarianConfig& config, const BatchLimits& limits) : config_(config), limits_(limits) {}

    // Room for `tokens` source tokens in at least `blocks` blocks; 0: as many as they may need.
    marian::EncoderShape encoder_shape(std::uint64_t tokens, std::uint64_t blocks = 0) const;
    // Rows of a step for so many sentences.
    std::uint64_t rows_for(std::uint64_t sentences, std::uint64_t beams) const;
    // Whether a step for fewer rows is worth moving the live sentences together.
    static bool worth_shrinking(std::uint64_t rows, std::uint64_t fewer, std::uint64_t beams) {
        return fewer < rows && fewer >= 8 * beams;  // below that a copy costs more than it saves
    }

    NamedGraph encoder(const marian::EncoderShape& shape) const;
    NamedGraph step(const marian::StepShape& shape) const;
    NamedGraph keep(const marian::StepShape& shape) const;

    // All that batches of at most so many sentences and source tokens run one after the other, for a step like `shape`
    // but for its rows.
    std::vector<NamedGraph> up_to(std::uint64_t sentences, std::uint64_t tokens, marian::StepShape shape) const;

private:
    const MarianConfig& config_;
    BatchLimits         limits_;
};

}  // namespace attune

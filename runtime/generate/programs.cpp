#include "generate/programs.h"

#include "generate/buckets.h"

namespace attune {
namespace {

std::string ahead_key(const marian::StepsAhead& ahead) {
    if (ahead.slots == 0) return {};
    return " ahead " + std::to_string(ahead.slots) + " ends " + std::to_string(ahead.end_tokens) +
           (ahead.rules == BeamRules::marian ? " marian" : "") + (ahead.early_stopping ? " early" : "");
}

}  // namespace

marian::EncoderShape Programs::encoder_shape(std::uint64_t tokens, std::uint64_t blocks) const {
    marian::EncoderShape shape{.tokens = buckets::source_tokens(tokens, limits_.capacity.memory_tokens), .blocks = 0};
    // Sentences begin new blocks, so there are at most this many; padding rows see no key.
    shape.blocks = std::max(shape.tokens / marian::block_rows + limits_.sentences + 1, blocks);
    return shape;
}

std::uint64_t Programs::rows_for(std::uint64_t sentences, std::uint64_t beams) const {
    return buckets::power_of_two(sentences, 1, limits_.sentences) * beams;
}

NamedGraph Programs::encoder(const marian::EncoderShape& shape) const {
    return {.key  = "encoder tokens " + std::to_string(shape.tokens) + " blocks " + std::to_string(shape.blocks),
            .make = [this_config = &config_, capacity = limits_.capacity, shape] {
                return marian::encoder(*this_config, capacity, shape);
            }};
}

NamedGraph Programs::step(const marian::StepShape& shape) const {
    const auto n = [](std::uint64_t value) { return std::to_string(value); };
    return {.key = "step rows " + n(shape.rows) + " capacity " + n(shape.capacity) + " beams " + n(shape.beams) +
                   " candidates " + n(shape.candidates) + " banned " + n(shape.banned) + " alignment " +
                   n(shape.alignment_keys) + (shape.chosen ? " chosen " + n(shape.chosen) : "") +
                   (shape.renormalised ? " renormalised" : "") + ahead_key(shape.ahead),
            .make = [this_config = &config_, capacity = limits_.capacity, shape] {
                return marian::decoder_step(*this_config, capacity, shape);
            }};
}

NamedGraph Programs::keep(const marian::StepShape& shape) const {
    return {.key = "keep rows " + std::to_string(shape.rows) + " capacity " + std::to_string(shape.capacity) +
                   (shape.beams > 1 ? " beams" : ""),
            .make = [this_config = &config_, capacity = limits_.capacity, shape] {
                return marian::keep_rows(*this_config, capacity, shape);
            }};
}

std::vector<NamedGraph> Programs::up_to(std::uint64_t sentences, std::uint64_t tokens, marian::StepShape shape) const {
    std::vector<NamedGraph> all;
    for (std::uint64_t size = 1, last = 0; last < encoder_shape(tokens).tokens; size = last + 1) {
        all.push_back(encoder(encoder_shape(size)));
        last = encoder_shape(size).tokens;
    }
    std::uint64_t rows = 0;
    for (std::uint64_t count = 1; rows < rows_for(sentences, shape.beams); ++count) {
        if (rows_for(count, shape.beams) == rows) continue;
        rows = shape.rows = rows_for(count, shape.beams);
        all.push_back(step(shape));
        // Batches of more sentences shrink to this one.
        if (worth_shrinking(rows_for(sentences, shape.beams), rows, shape.beams)) all.push_back(keep(shape));
    }
    return all;
}

}  // namespace attune

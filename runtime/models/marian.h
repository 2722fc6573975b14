// MarianMT as graphs: an encoder over packed tokens and one decode step over rows.
//
// Sentences lie one after the other without padding: the encoder runs over N tokens of all of them, and
// its keys and values stay in `memory` states, where every row of the decoder finds its own sentence by
// a block (see AttentionOptions::blocks). A row is one hypothesis: sentence x beam.
#pragma once

#include "models/marian_config.h"

#include <attune/graph.hpp>
#include <attune/ops.hpp>

namespace attune::marian {

// Sizes that are fixed for all graphs of one session.
struct Capacity {
    std::uint64_t memory_tokens = 0;  // source tokens of a batch
    std::uint64_t rows          = 0;  // rows of a batch
};

struct EncoderShape {
    std::uint64_t tokens                                                = 0;  // N, padding included
    std::uint64_t blocks                                                = 0;  // rows of the block table
    friend auto   operator<=>(const EncoderShape&, const EncoderShape&) = default;
};

// How a step searches on by itself, so that some run back to back.
struct StepsAhead {
    std::uint64_t slots          = 0;  // that its history has; 0: the host searches
    std::uint64_t end_tokens     = 0;
    BeamRules     rules          = BeamRules::transformers;
    bool          early_stopping = false;
    friend auto   operator<=>(const StepsAhead&, const StepsAhead&) = default;
};

struct StepShape {
    std::uint64_t rows           = 0;  // R, padding included
    std::uint64_t capacity       = 0;  // T, tokens that a row's cache holds
    std::uint64_t beams          = 1;
    std::uint64_t candidates     = 1;      // per row
    std::uint64_t banned         = 1;      // columns of the table of banned ids
    std::uint64_t alignment_keys = 0;      // width of the alignment output; 0: none
    std::uint64_t chosen         = 0;      // tokens that a sentence chooses from, padding included; 0: all there are
    bool          renormalised   = false;  // probabilities are among the tokens that are not banned
    StepsAhead    ahead          = {};     // if any, tokens, parents, search and history are states (see ops::beam_step)
    friend auto   operator<=>(const StepShape&, const StepShape&) = default;
};

inline constexpr std::uint64_t block_rows = 8;  // queries of one block of the encoder's self-attention

// Names of what is set before a run and read after it.
namespace names {
inline constexpr const char* source_tokens     = "source_tokens";      // control [1, N] u32
inline constexpr const char* source_positions  = "source_positions";   // control [1, N] u32
inline constexpr const char* source_blocks     = "source_blocks";      // control [blocks, 5] u32
inline constexpr const char* tokens            = "tokens";             // control [R, 1] u32
inline constexpr const char* parents           = "parents";            // control [R] u32; beams > 1
inline constexpr const char* banned            = "banned";             // control [R, C] u32
inline constexpr const char* chosen            = "chosen";             // control [R / beams, n] u32; with a shortlist
inline constexpr const char* memory_blocks     = "memory_blocks";      // control [R, 5] u32
inline constexpr const char* kept_rows         = "kept_rows";          // control [R] u32
inline constexpr const char* position          = "position";           // state [rows] u32
inline constexpr const char* search            = "search";             // state, see beam_step() in attune/ops.hpp:
inline constexpr const char* history           = "history";            // with steps ahead these, and what is above as
inline constexpr const char* next_tokens       = "next_tokens";        // `tokens`
inline constexpr const char* next_parents      = "next_parents";       // and `parents`
inline constexpr const char* search_rules      = "search_rules";       // control [end tokens + slots] u32
inline constexpr const char* ids               = "ids";                // output [R, k] u32; places in `chosen`, if any
inline constexpr const char* log_probabilities = "log_probabilities";  // output [R, k] f32
inline constexpr const char* alignment         = "alignment";          // output [1, H, R, keys] f32
}  // namespace names

// Tokens -> memory states.
Graph encoder(const MarianConfig& config, const Capacity& capacity, const EncoderShape& shape);

// Newest tokens -> the best candidates of each row; caches and position move on by one.
Graph decoder_step(const MarianConfig& config, const Capacity& capacity, const StepShape& shape);

// The states of `shape.rows` rows of a step move to the front, as kept_rows says.
Graph keep_rows(const MarianConfig& config, const Capacity& capacity, const StepShape& shape);

}  // namespace attune::marian

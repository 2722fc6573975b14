// What decides a search: how wide, how long, what is forbidden. Plain data, the same for all sentences.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace attune::search {

// Whose beam search: see beam_step.h.
enum class Rules { hugging_face, marian };

enum class EarlyStopping {
    no,     // stop when the best running beam, at its present length, is no better than the worst finished one
    yes,    // stop when beam_size hypotheses are finished
    never,  // like no, but with a positive length penalty judge running beams at the greatest length
};

// Lengths count new tokens, the end token included, the start token not.
// There is no repetition penalty: it changes scores rather than forbids tokens, which candidates chosen
// on the device beforehand cannot express.
struct SearchOptions {
    std::uint32_t beam_size      = 1;                  // 1 is greedy
    std::uint32_t num_hypotheses = 1;                  // at most beam_size
    double        length_penalty = 1;                  // a hypothesis scores sum / length ^ length_penalty
    EarlyStopping early_stopping = EarlyStopping::no;  // hugging_face alone
    Rules         rules          = Rules::hugging_face;
    double        word_penalty   = 0;  // marian alone: taken from the sum for each token

    std::uint32_t max_length      = 256;  // the search stops there, with or without an end token
    std::uint32_t min_length      = 0;    // end tokens are banned before it
    std::uint32_t no_repeat_ngram = 0;    // no sequence of that many tokens occurs twice, start token included; 0: off

    std::uint32_t                           start_token = 0;
    std::vector<std::uint32_t>              end_tokens  = {};  // may be empty: then only max_length ends a search
    std::vector<std::vector<std::uint32_t>> bad_words   = {};  // a sequence bans its last token after the others;
                                                               // a single end token is not banned
    std::optional<std::uint32_t> forced_first = {};            // the first new token
    std::optional<std::uint32_t> forced_last  = {};            // the token at max_length; wins over forced_first
};

// Throws usage, naming the option, if a number is out of range: beam_size 1 to 1,024, num_hypotheses 1 to
// beam_size, max_length 1 to 65,536, min_length at most max_length, length_penalty and word_penalty finite and within
// +-100, at most 64 end tokens, no empty bad word.
void check(const SearchOptions& options);

// How many candidates each row needs from the device: enough for beam_size live ones should all others end.
std::size_t candidates_per_row(const SearchOptions& options);

}  // namespace attune::search

// Decode steps that a device takes without its host: when it may, what it has to know of the searches, and what it says of
// them afterwards. The host then searches the same steps from the same candidates: what the device chose counts for
// nothing beyond what it fed itself with, and has to be the host's choice.
#pragma once

#include "models/marian.h"
#include "search/sentence_search.h"

namespace attune::ahead {

// How such a search is built into a step; nothing where histories decide what may come next, or where its rules or sizes
// are beyond what the device knows.
std::optional<marian::StepsAhead> shape_of(const search::SearchOptions& options, std::uint32_t slots);

// How many steps a sentence leaves to the device: none in which a token is forced or an end is banned. And how many it can
// make use of.
struct Room {
    std::uint64_t most = 0, useful = 0;
};
Room room(const search::SentenceSearch& search);

// names::search_rules, from a length on.
std::vector<std::uint32_t> rules(const search::SearchOptions& options, std::uint32_t length, std::uint64_t slots);

// names::search, sentence by sentence: first those that are given, then such that have stopped.
class SearchTable {
public:
    SearchTable(std::uint64_t sentences, std::uint64_t beams);
    void set(std::size_t sentence, const search::SentenceSearch& search);

    const std::vector<std::uint32_t>& words() const noexcept { return words_; }
    std::uint64_t                     width() const noexcept { return width_; }

private:
    std::uint64_t              width_;
    std::vector<std::uint32_t> words_;
};
// The steps that were taken, as the table says it after a run.
std::uint32_t steps_of(std::span<const std::uint32_t> table, std::uint64_t width);

// names::history after a run.
class History {
public:
    History(std::span<const std::uint32_t> words, std::uint64_t slots, std::uint64_t candidates)
        : words_(words), slots_(slots), candidates_(candidates) {}

    // In the device's numbers.
    search::Candidate candidate(std::uint64_t slot, std::uint64_t row, std::uint64_t place) const;
    std::uint32_t     token(std::uint64_t slot, std::uint64_t row) const { return record(slot, row)[2 * candidates_]; }
    std::uint32_t parent(std::uint64_t slot, std::uint64_t row) const { return record(slot, row)[2 * candidates_ + 1]; }

private:
    std::span<const std::uint32_t> record(std::uint64_t slot, std::uint64_t row) const {
        const std::uint64_t width = 2 * candidates_ + 2;
        return words_.subspan((row * slots_ + slot) * width, width);
    }

    std::span<const std::uint32_t> words_;
    std::uint64_t                  slots_, candidates_;
};

// Throws device_failed unless the device went on, behind a step, with what the search did.
void check_choice(const History& history, std::uint64_t slot, std::uint64_t first_row,
                  const search::SentenceSearch& search);

}  // namespace attune::ahead

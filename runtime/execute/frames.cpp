#include <attune/frames.hpp>

#include <algorithm>
#include <string>

namespace attune {
namespace {

constexpr std::uint32_t most_slots = 64;
constexpr std::uint64_t own_bit    = std::uint64_t{1} << 63;  // of frames of attune's own

std::uint32_t checked(std::uint32_t slots) {
    if (slots == 0 || slots > most_slots)
        throw Error(Status::usage, "Frames",
                    "was given " + std::to_string(slots) + " slots, wants 1 to " + std::to_string(most_slots));
    return slots;
}

// One more than the frame's number, in its sequence.
std::uint64_t number_of(std::uint64_t frame) { return (frame & ~own_bit) + 1; }

std::string name_of(std::uint64_t frame) { return "frame " + std::to_string(frame & ~own_bit); }

}  // namespace

Frames::Frames(std::uint32_t slots) : slots_(checked(slots)) {
    for (Sequence& sequence : sequences_) sequence.slots.resize(slots);
}
Frames::~Frames() = default;

Frames::Sequence&       Frames::sequence_of(std::uint64_t frame) noexcept { return sequences_[frame >= own_bit]; }
const Frames::Sequence& Frames::sequence_of(std::uint64_t frame) const noexcept { return sequences_[frame >= own_bit]; }

bool Frames::in_flight(std::uint64_t frame) const noexcept {
    return frame != FrameTarget::uncounted && number_of(frame) > sequence_of(frame).retired;
}

bool Frames::any_in_flight() const noexcept {
    return std::ranges::any_of(sequences_, [](const Sequence& one) { return one.any_in_flight(); });
}

bool Frames::hosts_in_flight() const noexcept { return sequences_.front().any_in_flight(); }

std::uint64_t Frames::next_own() const noexcept { return own_bit | sequences_.back().newest; }

void Frames::claim(const FrameTarget& target) {
    if (!target.counted()) return;
    Sequence&           sequence = sequence_of(target.frame);
    const std::uint64_t number   = number_of(target.frame);
    if (target.slot >= slots_)
        throw Error(Status::usage, "slot " + std::to_string(target.slot),
                    "is beyond the " + std::to_string(slots_) + " frames in flight");
    if (const std::uint64_t over = std::max(sequence.newest, sequence.retired + 1); number < over)
        throw Error(Status::usage, name_of(target.frame), "comes after " + name_of(over - 1) + ", or is over");
    for (const Sequence& other : sequences_)
        if (&other != &sequence && other.any_in_flight())
            throw Error(Status::busy, name_of(target.frame),
                        "would run beside frames that the host or attune itself submits",
                        "retire those, or poll until they are over, first");
    std::uint64_t& holder = sequence.slots[target.slot];
    if (holder != number && holder > sequence.retired)
        throw Error(Status::busy, "slot " + std::to_string(target.slot), "is in use by " + name_of(holder - 1),
                    "retire that first");
    holder          = number;
    sequence.newest = number;
}

void Frames::keep(std::shared_ptr<const void> what) {
    if (any_in_flight()) kept_.push_back({{sequences_.front().newest, sequences_.back().newest}, std::move(what)});
}

void Frames::retire(std::uint64_t frame) noexcept {
    if (frame == FrameTarget::uncounted) return;
    Sequence& sequence = sequence_of(frame);
    sequence.retired   = std::max(sequence.retired, number_of(frame));
    let_go();
}

void Frames::retire_all() noexcept {
    for (Sequence& sequence : sequences_) sequence.retired = std::max(sequence.retired, sequence.newest);
    let_go();
}

void Frames::let_go() noexcept {
    const auto over = [&](const Kept& one) {
        return one.newest[0] <= sequences_[0].retired && one.newest[1] <= sequences_[1].retired;
    };
    kept_.erase(kept_.begin(), std::ranges::find_if_not(kept_, over));
}

}  // namespace attune

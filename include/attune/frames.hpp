// A host's frames: where commands go, how much of a frame they may take, and which frames may still be at work.
#pragma once

#include <attune/error.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <vector>

struct VkCommandBuffer_T;
struct VkSemaphore_T;
struct VkFence_T;

namespace attune {

// Where commands are recorded.
struct FrameTarget {
    // Nobody counts frames: the host itself sees to it that all commands recorded so far have finished before it reads what
    // they gave, prepares anything or destroys anything.
    static constexpr std::uint64_t uncounted = std::numeric_limits<std::uint64_t>::max();

    VkCommandBuffer_T* commands = nullptr;   // of the same device, recording, outside a render pass; primary or secondary
    // The host's frame: below 2^63, and never less than one given before. Frames::retire() names it when the device
    // has finished it.
    std::uint64_t frame = uncounted;
    std::uint32_t slot  = 0;                 // of the frames in flight, less than Frames::slots(); one per frame

    FrameTarget() = default;
    FrameTarget(VkCommandBuffer_T* into, std::uint64_t number = uncounted, std::uint32_t place = 0)
        : commands(into), frame(number), slot(place) {}

    bool counted() const noexcept { return frame != uncounted; }
};

// How much a recording may hold: units (dispatches) as long as their stated costs together stay within it, and one at
// least.
struct Budget {
    double        seconds     = std::numeric_limits<double>::infinity();   // of the device's time
    std::uint64_t dispatches  = std::numeric_limits<std::uint64_t>::max();
    double        cpu_seconds = std::numeric_limits<double>::infinity();   // no unit is begun after so long on this thread

    Budget() = default;
    Budget(double device_seconds, std::uint64_t most = std::numeric_limits<std::uint64_t>::max(), double cpu = std::numeric_limits<double>::infinity())
        : seconds(device_seconds), dispatches(most), cpu_seconds(cpu) {}
};

// What a submission of attune's own waits for and signals, besides what attune itself needs.
struct SubmitSync {
    struct Semaphore {
        VkSemaphore_T* semaphore = nullptr;
        std::uint64_t  value = 0;      // of a timeline semaphore; 0: a binary one
        std::uint32_t  stages = 0;     // waits: VkPipelineStageFlags that wait; 0: all commands
    };
    std::span<const Semaphore> waits = {}, signals = {};
    VkFence_T*                 fence = nullptr;   // to be signalled; must not be reset before poll() has seen the end
};

// The frames that may be at work on the device at once: a host's, or submissions of attune's own, which are counted by
// themselves. Sessions record into them; what such commands use lives until their frame is retired. Several sessions may
// share one. One thread at a time, that of its sessions.
class Frames {
public:
    // At most so many frames in flight, 1 to 64. Throws usage.
    explicit Frames(std::uint32_t slots = 1);
    ~Frames();
    Frames(const Frames&)            = delete;
    Frames& operator=(const Frames&) = delete;

    std::uint32_t slots() const noexcept { return slots_; }

    // The device has finished all frames up to and including this one.
    void retire(std::uint64_t frame) noexcept;
    // The device has finished all that was recorded so far.
    void retire_all() noexcept;

    bool in_flight(std::uint64_t frame) const noexcept;   // may be at work; never true of FrameTarget::uncounted
    bool any_in_flight() const noexcept;
    bool hosts_in_flight() const noexcept;                // not counting attune's own

    // For sessions. The slot is taken for the frame: throws busy if another frame has it that was not retired, or if
    // frames of a host's and attune's own would be in flight together, whose order nobody knows; usage for a slot
    // beyond slots() or a frame that is less than one before. Does nothing for uncounted ones.
    void claim(const FrameTarget& target);
    // `what` lives until all frames that were recorded into so far are retired; at once if they are.
    void keep(std::shared_ptr<const void> what);
    // The number of the next frame of attune's own.
    std::uint64_t next_own() const noexcept;

private:
    // Of one of the two kinds. All numbers are one more than the frame's, 0 is none.
    struct Sequence {
        std::vector<std::uint64_t> slots;   // the frames that have them
        std::uint64_t              newest = 0, retired = 0;

        bool any_in_flight() const noexcept { return newest > retired; }
    };
    struct Kept {
        std::array<std::uint64_t, 2> newest;   // of both sequences, when it was kept
        std::shared_ptr<const void>  what;
    };
    Sequence&       sequence_of(std::uint64_t frame) noexcept;
    const Sequence& sequence_of(std::uint64_t frame) const noexcept;
    void            let_go() noexcept;

    std::uint32_t           slots_;
    std::array<Sequence, 2> sequences_;   // the host's, attune's own
    std::vector<Kept>       kept_;        // the oldest first
};

}  // namespace attune

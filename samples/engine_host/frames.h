// Frames in flight: a command buffer, a fence and, if pictures are wanted, a buffer to read them from, for each slot.
#pragma once

#include "engine.h"

#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace host {

struct Frame {
    std::uint64_t                number   = 0;
    std::uint32_t                slot     = 0;
    VkCommandBuffer              commands = VK_NULL_HANDLE;
    std::optional<std::uint64_t> retired;  // the frame that the GPU has finished, and all before it
};

class Frames {
public:
    Frames(Engine& engine, VkExtent2D size, std::uint32_t in_flight, bool pictures);
    ~Frames();
    Frames(const Frames&)            = delete;
    Frames& operator=(const Frames&) = delete;

    // Waits for the frame that had the slot before, and begins its command buffer.
    Frame begin(std::uint64_t number);
    // Records the copy for pixels().
    void copy(const Frame& frame, VkImage picture);
    // Ends and submits; with a window, between its semaphores.
    void submit(const Frame& frame, VkSemaphore wait = VK_NULL_HANDLE, VkSemaphore signal = VK_NULL_HANDLE);
    void wait(const Frame& frame);
    void wait_for_all();

    std::span<const std::uint8_t> pixels(const Frame& frame) const;  // RGBA of a frame that was waited for

private:
    struct Slot {
        VkCommandPool                pool     = VK_NULL_HANDLE;
        VkCommandBuffer              commands = VK_NULL_HANDLE;
        VkFence                      fence    = VK_NULL_HANDLE;
        std::unique_ptr<Buffer>      pixels;
        std::optional<std::uint64_t> frame;
    };

    Engine&           engine_;
    VkExtent2D        size_;
    std::vector<Slot> slots_;
};

}  // namespace host

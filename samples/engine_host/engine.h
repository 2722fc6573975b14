// The engine: instance, device, one queue with its lock, and memory. It knows nothing of attune.
//
// The device has no feature enabled, and no extension but the swapchain's, if there is a window.
#pragma once

#include <vulkan/vulkan.h>

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace host {

// Throws std::runtime_error naming the call.
void check(VkResult result, const char* call);

enum class Memory { device, upload, readback };

class Engine {
public:
    // What a window needs; nothing without one.
    explicit Engine(const std::vector<const char*>& instance_extensions = {},
                    const std::vector<const char*>& device_extensions   = {});
    ~Engine();
    Engine(const Engine&)            = delete;
    Engine& operator=(const Engine&) = delete;

    VkInstance         instance() const noexcept { return instance_; }
    VkPhysicalDevice   physical() const noexcept { return physical_; }
    VkDevice           device() const noexcept { return device_; }
    VkQueue            queue() const noexcept { return queue_; }
    std::uint32_t      family() const noexcept { return family_; }
    const std::string& name() const noexcept { return name_; }

    // Everybody who submits to the queue or presents on it holds this lock: the engine and its guests.
    std::mutex& queue_lock() noexcept { return queue_lock_; }

    VkResult submit(const VkSubmitInfo& info, VkFence fence);  // takes the lock

    // The same for guests that call back: `engine` is this one.
    static void         lock(void* engine, std::uint32_t family, std::uint32_t index);
    static void         unlock(void* engine, std::uint32_t family, std::uint32_t index);
    static std::int32_t submit_locked(void* engine, VkQueue queue, const VkSubmitInfo* info,
                                      VkFence fence);  // between the two

    std::uint32_t memory_type(std::uint32_t allowed, Memory memory) const;

private:
    void choose_physical();
    void make_device(const std::vector<const char*>& extensions);

    VkInstance       instance_ = VK_NULL_HANDLE;
    VkPhysicalDevice physical_ = VK_NULL_HANDLE;
    VkDevice         device_   = VK_NULL_HANDLE;
    VkQueue          queue_    = VK_NULL_HANDLE;
    std::uint32_t    family_   = 0;
    std::string      name_;
    std::mutex       queue_lock_;
};

// A buffer with memory of its own; mapped unless it is the device's.
class Buffer {
public:
    Buffer(const Engine& engine, VkDeviceSize bytes, VkBufferUsageFlags usage, Memory memory);
    ~Buffer();
    Buffer(const Buffer&)            = delete;
    Buffer& operator=(const Buffer&) = delete;

    VkBuffer handle() const noexcept { return buffer_; }
    void*    mapped() const noexcept { return mapped_; }

private:
    VkDevice       device_ = VK_NULL_HANDLE;
    VkBuffer       buffer_ = VK_NULL_HANDLE;
    VkDeviceMemory memory_ = VK_NULL_HANDLE;
    void*          mapped_ = nullptr;
};

// A two-dimensional image of one level with a view, in the device's memory.
class Image {
public:
    Image(const Engine& engine, VkExtent2D size, VkFormat format, VkImageUsageFlags usage);
    ~Image();
    Image(const Image&)            = delete;
    Image& operator=(const Image&) = delete;

    VkImage     handle() const noexcept { return image_; }
    VkImageView view() const noexcept { return view_; }

private:
    VkDevice       device_ = VK_NULL_HANDLE;
    VkImage        image_  = VK_NULL_HANDLE;
    VkImageView    view_   = VK_NULL_HANDLE;
    VkDeviceMemory memory_ = VK_NULL_HANDLE;
};

VkImageMemoryBarrier transition(VkImage image, VkImageLayout from, VkImageLayout to, VkAccessFlags before,
                                VkAccessFlags after);

}  // namespace host

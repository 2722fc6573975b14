#include "engine.h"

#include <algorithm>
#include <stdexcept>

namespace host {

void check(VkResult result, const char* call) {
    if (result < 0) throw std::runtime_error(std::string(call) + " failed with VkResult " + std::to_string(result));
}

namespace {

// Where VK_QUEUE_GRAPHICS_BIT is, computing is too: Vulkan says so of one family at least.
std::uint32_t family_that_draws(VkPhysicalDevice physical) {
    std::uint32_t count = 0;
    vkGetPhysicalDeviceQueueFamilyProperties(physical, &count, nullptr);
    std::vector<VkQueueFamilyProperties> families(count);
    vkGetPhysicalDeviceQueueFamilyProperties(physical, &count, families.data());
    constexpr VkQueueFlags needed = VK_QUEUE_GRAPHICS_BIT | VK_QUEUE_COMPUTE_BIT;
    for (std::uint32_t i = 0; i < count; ++i)
        if ((families[i].queueFlags & needed) == needed) return i;
    return UINT32_MAX;
}

int preference(VkPhysicalDeviceType type) {
    switch (type) {
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU: return 4;
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU: return 3;
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU: return 2;
    case VK_PHYSICAL_DEVICE_TYPE_CPU: return 1;
    default: return 0;
    }
}

VkInstance make_instance(const std::vector<const char*>& extensions) {
    VkApplicationInfo application{};
    application.sType            = VK_STRUCTURE_TYPE_APPLICATION_INFO;
    application.pApplicationName = "engine_host";
    application.apiVersion       = VK_API_VERSION_1_1;
    VkInstanceCreateInfo create{};
    create.sType                   = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO;
    create.pApplicationInfo        = &application;
    create.enabledExtensionCount   = static_cast<std::uint32_t>(extensions.size());
    create.ppEnabledExtensionNames = extensions.data();
    VkInstance instance            = VK_NULL_HANDLE;
    check(vkCreateInstance(&create, nullptr, &instance), "vkCreateInstance");
    return instance;
}

}  // namespace

Engine::Engine(const std::vector<const char*>& instance_extensions, const std::vector<const char*>& device_extensions)
    : instance_(make_instance(instance_extensions)) {
    try {
        choose_physical();
        make_device(device_extensions);
    } catch (...) {
        vkDestroyInstance(instance_, nullptr);
        throw;
    }
}

Engine::~Engine() {
    vkDestroyDevice(device_, nullptr);
    vkDestroyInstance(instance_, nullptr);
}

void Engine::choose_physical() {
    std::uint32_t count = 0;
    check(vkEnumeratePhysicalDevices(instance_, &count, nullptr), "vkEnumeratePhysicalDevices");
    std::vector<VkPhysicalDevice> devices(count);
    check(vkEnumeratePhysicalDevices(instance_, &count, devices.data()), "vkEnumeratePhysicalDevices");
    int best = -1;
    for (VkPhysicalDevice device : devices) {
        VkPhysicalDeviceProperties properties;
        vkGetPhysicalDeviceProperties(device, &properties);
        const int value = preference(properties.deviceType);
        if (value <= best || properties.apiVersion < VK_API_VERSION_1_1 || family_that_draws(device) == UINT32_MAX)
            continue;
        best      = value;
        physical_ = device;
        family_   = family_that_draws(device);
        name_     = properties.deviceName;
    }
    if (best < 0) throw std::runtime_error("there is no device with Vulkan 1.1 and a queue that draws");
}

void Engine::make_device(const std::vector<const char*>& extensions) {
    const float             priority = 1;
    VkDeviceQueueCreateInfo queue{};
    queue.sType            = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO;
    queue.queueFamilyIndex = family_;
    queue.queueCount       = 1;
    queue.pQueuePriorities = &priority;
    VkDeviceCreateInfo create{};
    create.sType                   = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO;
    create.queueCreateInfoCount    = 1;
    create.pQueueCreateInfos       = &queue;
    create.enabledExtensionCount   = static_cast<std::uint32_t>(extensions.size());
    create.ppEnabledExtensionNames = extensions.data();
    check(vkCreateDevice(physical_, &create, nullptr, &device_), "vkCreateDevice");
    vkGetDeviceQueue(device_, family_, 0, &queue_);
}

VkResult Engine::submit(const VkSubmitInfo& info, VkFence fence) {
    const std::lock_guard guard(queue_lock_);
    return vkQueueSubmit(queue_, 1, &info, fence);
}

void Engine::lock(void* engine, std::uint32_t, std::uint32_t) { static_cast<Engine*>(engine)->queue_lock_.lock(); }
void Engine::unlock(void* engine, std::uint32_t, std::uint32_t) { static_cast<Engine*>(engine)->queue_lock_.unlock(); }
std::int32_t Engine::submit_locked(void*, VkQueue queue, const VkSubmitInfo* info, VkFence fence) {
    return vkQueueSubmit(queue, 1, info, fence);
}

std::uint32_t Engine::memory_type(std::uint32_t allowed, Memory memory) const {
    VkPhysicalDeviceMemoryProperties properties;
    vkGetPhysicalDeviceMemoryProperties(physical_, &properties);
    constexpr VkMemoryPropertyFlags visible =
        VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
    VkMemoryPropertyFlags needed = visible, wished = visible;
    if (memory == Memory::device) needed = 0, wished = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT;
    if (memory == Memory::readback) wished |= VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
    for (const VkMemoryPropertyFlags flags : {wished, needed})
        for (std::uint32_t i = 0; i < properties.memoryTypeCount; ++i)
            if ((allowed >> i & 1) && (properties.memoryTypes[i].propertyFlags & flags) == flags) return i;
    throw std::runtime_error("the device has no memory that serves");
}

namespace {

VkDeviceMemory allocate(const Engine& engine, const VkMemoryRequirements& needs, Memory memory) {
    VkMemoryAllocateInfo info{};
    info.sType           = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO;
    info.allocationSize  = needs.size;
    info.memoryTypeIndex = engine.memory_type(needs.memoryTypeBits, memory);
    VkDeviceMemory made  = VK_NULL_HANDLE;
    check(vkAllocateMemory(engine.device(), &info, nullptr, &made), "vkAllocateMemory");
    return made;
}

}  // namespace

Buffer::Buffer(const Engine& engine, VkDeviceSize bytes, VkBufferUsageFlags usage, Memory memory)
    : device_(engine.device()) {
    VkBufferCreateInfo create{};
    create.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO;
    create.size  = bytes;
    create.usage = usage;
    check(vkCreateBuffer(device_, &create, nullptr, &buffer_), "vkCreateBuffer");
    VkMemoryRequirements needs;
    vkGetBufferMemoryRequirements(device_, buffer_, &needs);
    memory_ = allocate(engine, needs, memory);
    check(vkBindBufferMemory(device_, buffer_, memory_, 0), "vkBindBufferMemory");
    if (memory != Memory::device) check(vkMapMemory(device_, memory_, 0, VK_WHOLE_SIZE, 0, &mapped_), "vkMapMemory");
}

Buffer::~Buffer() {
    vkDestroyBuffer(device_, buffer_, nullptr);
    vkFreeMemory(device_, memory_, nullptr);
}

Image::Image(const Engine& engine, VkExtent2D size, VkFormat format, VkImageUsageFlags usage)
    : device_(engine.device()) {
    VkImageCreateInfo create{};
    create.sType       = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO;
    create.imageType   = VK_IMAGE_TYPE_2D;
    create.format      = format;
    create.extent      = {size.width, size.height, 1};
    create.mipLevels   = 1;
    create.arrayLayers = 1;
    create.samples     = VK_SAMPLE_COUNT_1_BIT;
    create.tiling      = VK_IMAGE_TILING_OPTIMAL;
    create.usage       = usage;
    check(vkCreateImage(device_, &create, nullptr, &image_), "vkCreateImage");
    VkMemoryRequirements needs;
    vkGetImageMemoryRequirements(device_, image_, &needs);
    memory_ = allocate(engine, needs, Memory::device);
    check(vkBindImageMemory(device_, image_, memory_, 0), "vkBindImageMemory");
    VkImageViewCreateInfo view{};
    view.sType            = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO;
    view.image            = image_;
    view.viewType         = VK_IMAGE_VIEW_TYPE_2D;
    view.format           = format;
    view.subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1};
    check(vkCreateImageView(device_, &view, nullptr, &view_), "vkCreateImageView");
}

Image::~Image() {
    vkDestroyImageView(device_, view_, nullptr);
    vkDestroyImage(device_, image_, nullptr);
    vkFreeMemory(device_, memory_, nullptr);
}

VkImageMemoryBarrier transition(VkImage image, VkImageLayout from, VkImageLayout to, VkAccessFlags before,
                                VkAccessFlags after) {
    VkImageMemoryBarrier barrier{};
    barrier.sType               = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER;
    barrier.srcAccessMask       = before;
    barrier.dstAccessMask       = after;
    barrier.oldLayout           = from;
    barrier.newLayout           = to;
    barrier.srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED;
    barrier.dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED;
    barrier.image               = image;
    barrier.subresourceRange    = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1};
    return barrier;
}

}  // namespace host

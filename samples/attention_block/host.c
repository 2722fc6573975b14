#include "host.h"

static void check(VkResult result, const char *what) {
    if (result < 0) fprintf(stderr, "%s: VkResult %d\n", what, (int)result), exit(1);
}

static void make_device(struct host *host) {
    const float             priority = 1;
    uint32_t                one = 1;
    VkApplicationInfo       application = {VK_STRUCTURE_TYPE_APPLICATION_INFO};
    VkInstanceCreateInfo    instance = {VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO};
    VkDeviceQueueCreateInfo queue = {VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO};
    VkDeviceCreateInfo      device = {VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO};
    application.apiVersion = VK_API_VERSION_1_1;
    instance.pApplicationInfo = &application;
    queue.queueCount = 1;
    queue.pQueuePriorities = &priority;
    device.queueCreateInfoCount = 1;
    device.pQueueCreateInfos = &queue;
    check(vkCreateInstance(&instance, NULL, &host->instance), "vkCreateInstance");
    check(vkEnumeratePhysicalDevices(host->instance, &one, &host->physical), "vkEnumeratePhysicalDevices");
    check(vkCreateDevice(host->physical, &device, NULL, &host->device), "vkCreateDevice");
    vkGetDeviceQueue(host->device, 0, 0, &host->queue);
}

static void make_buffer(struct host *host, VkDeviceSize bytes) {
    const VkMemoryPropertyFlags      mapped = 6; /* host visible and coherent */
    VkBufferCreateInfo               buffer = {VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO};
    VkMemoryAllocateInfo             allocate = {VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO};
    VkMemoryRequirements             needs;
    VkPhysicalDeviceMemoryProperties memory;
    void                            *pointer;
    buffer.size = bytes;
    buffer.usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT;
    check(vkCreateBuffer(host->device, &buffer, NULL, &host->buffer), "vkCreateBuffer");
    vkGetBufferMemoryRequirements(host->device, host->buffer, &needs);
    vkGetPhysicalDeviceMemoryProperties(host->physical, &memory);
    while (!(needs.memoryTypeBits >> allocate.memoryTypeIndex & 1) ||
           (memory.memoryTypes[allocate.memoryTypeIndex].propertyFlags & mapped) != mapped)
        ++allocate.memoryTypeIndex;
    allocate.allocationSize = needs.size;
    check(vkAllocateMemory(host->device, &allocate, NULL, &host->memory), "vkAllocateMemory");
    check(vkBindBufferMemory(host->device, host->buffer, host->memory, 0), "vkBindBufferMemory");
    check(vkMapMemory(host->device, host->memory, 0, VK_WHOLE_SIZE, 0, &pointer), "vkMapMemory");
    host->mapped = pointer;
}

struct host host_open(VkDeviceSize bytes) {
    struct host                 host = {0};
    VkCommandPoolCreateInfo     pool = {VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO};
    VkCommandBufferAllocateInfo allocate = {VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO};
    VkCommandBufferBeginInfo    begin = {VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
    make_device(&host);
    make_buffer(&host, bytes);
    check(vkCreateCommandPool(host.device, &pool, NULL, &host.pool), "vkCreateCommandPool");
    allocate.commandPool = host.pool;
    allocate.commandBufferCount = 1;
    check(vkAllocateCommandBuffers(host.device, &allocate, &host.commands), "vkAllocateCommandBuffers");
    check(vkBeginCommandBuffer(host.commands, &begin), "vkBeginCommandBuffer");
    return host;
}

void host_submit_and_wait(struct host *host) {
    VkSubmitInfo submit = {VK_STRUCTURE_TYPE_SUBMIT_INFO};
    submit.commandBufferCount = 1;
    submit.pCommandBuffers = &host->commands;
    check(vkEndCommandBuffer(host->commands), "vkEndCommandBuffer");
    check(vkQueueSubmit(host->queue, 1, &submit, VK_NULL_HANDLE), "vkQueueSubmit");
    check(vkQueueWaitIdle(host->queue), "vkQueueWaitIdle");
}

int host_close(struct host *host) {
    vkDestroyCommandPool(host->device, host->pool, NULL);
    vkDestroyBuffer(host->device, host->buffer, NULL);
    vkFreeMemory(host->device, host->memory, NULL);
    vkDestroyDevice(host->device, NULL);
    vkDestroyInstance(host->instance, NULL);
    return 0;
}

float *at(const struct host *host, size_t offset) { return (float *)(void *)(host->mapped + offset); }

void fill(const struct host *host, size_t offset, size_t count) {
    static uint32_t state = 1;
    size_t          i;
    for (i = 0; i < count; ++i) {
        state = state * 1664525u + 1013904223u;
        at(host, offset)[i] = (float)(state >> 8) / 8388608.0f - 1.0f;
    }
}

/* A host whose device memory is VMA's: attune's comes from there through attune_vma.h, all of it, and goes back.
 * allocator.cpp holds VMA itself. */
#include "attention.h"
#include "attention_block/host.h"

#include <vk_mem_alloc.h>

#include <attune/attune_vma.h>

static int fail(const char* what) { return printf("%s\n", what), 1; }

static VmaDetailedStatistics statistics(VmaAllocator allocator) {
    VmaTotalStatistics all;
    vmaCalculateStatistics(allocator, &all);
    return all.total;
}

/* What attune says that it has allocated, in all. */
static uint64_t bytes_in_use(attune_device device) {
    attune_memory_use use = {sizeof(use), ATTUNE_TYPE_MEMORY_USE};
    uint64_t          all = 0;
    uint32_t          i;
    for (i = ATTUNE_MEMORY_WEIGHTS; i <= ATTUNE_MEMORY_READBACK; ++i)
        if (!attune_memory_used(device, i, &use, NULL)) all += use.used;
    return all;
}

static int attend(const struct host* host, VmaAllocator allocator, attune_status expected) {
    attune_queue       queue  = {sizeof(queue), ATTUNE_TYPE_QUEUE};
    attune_import      import = {sizeof(import), ATTUNE_TYPE_IMPORT};
    attune_error       error  = {sizeof(error), ATTUNE_TYPE_ERROR};
    attune_host_memory memory;
    attune_device      device;
    attune_session     session;
    int                wrong = 0;
    queue.queue              = host->queue;
    import.get_instance_proc = (attune_get_instance_proc)vkGetInstanceProcAddr;
    import.instance = host->instance, import.physical = host->physical, import.device = host->device;
    import.queues = &queue, import.queue_count = 1;
    attune_vma_memory(allocator, &memory);
    import.memory = &memory;
    if (attune_device_import(&import, &device, &error)) return fail(error.message);
    if (attention_run(device, &session) != expected) wrong = fail("that is not the status it has to be");
    if (session) {
        const VmaStatistics given = statistics(allocator).statistics;
        const uint64_t      bytes = bytes_in_use(device);
        printf("attune uses %lu bytes, VMA gave %lu: %u parts of %u memories\n", (unsigned long)bytes,
               (unsigned long)given.allocationBytes, given.allocationCount, given.blockCount);
        wrong |= attention_is_wrong(session);
        if (given.blockCount >= given.allocationCount)
            wrong = fail("no two parts share a memory: offsets are not tried");
        if (bytes == 0 || bytes > given.allocationBytes) wrong = fail("attune has memory that is not VMA's");
    }
    attune_session_destroy(session), attune_device_destroy(device);
    if (statistics(allocator).statistics.allocationCount) wrong = fail("attune did not give everything back");
    return wrong;
}

/* limit: bytes of each heap that VMA may use. */
static int attend_within(const struct host* host, VkDeviceSize limit, attune_status expected) {
    VkDeviceSize           limits[VK_MAX_MEMORY_HEAPS];
    VmaAllocatorCreateInfo create = {0};
    VmaAllocator           allocator;
    uint32_t               i;
    int                    wrong;
    for (i = 0; i < VK_MAX_MEMORY_HEAPS; ++i) limits[i] = limit;
    create.physicalDevice = host->physical, create.device = host->device, create.instance = host->instance;
    create.pHeapSizeLimit   = limits;
    create.vulkanApiVersion = VK_API_VERSION_1_1;
    if (vmaCreateAllocator(&create, &allocator) != VK_SUCCESS) return fail("vmaCreateAllocator failed");
    wrong = attend(host, allocator, expected);
    vmaDestroyAllocator(allocator);
    return wrong;
}

int main(void) {
    struct host host  = host_open(16);
    int         wrong = attend_within(&host, VK_WHOLE_SIZE, ATTUNE_OK);
    wrong |= attend_within(&host, 4096, ATTUNE_OUT_OF_DEVICE_MEMORY);
    return host_close(&host) | wrong;
}

/* attune's memory from a host's Vulkan Memory Allocator (VMA). Compiled in the host's build, which has vk_mem_alloc.h and
 * includes it before this header; attune's own build knows nothing of VMA.
 *
 *     VmaAllocator       allocator = ...;
 *     attune_host_memory memory;
 *     attune_vma_memory(allocator, &memory);
 *     import.memory = &memory;
 *
 * The allocator has to outlive the device that is imported with it. Any thread may call; VMA locks by itself, unless it was
 * made with VMA_ALLOCATOR_CREATE_EXTERNALLY_SYNCHRONIZED_BIT: then one thread at a time calls attune, and the host uses it
 * only while none does.
 */
#ifndef ATTUNE_VMA_H
#define ATTUNE_VMA_H

#include <attune/attune_vulkan.h>
#include <string.h>

#ifndef AMD_VULKAN_MEMORY_ALLOCATOR_H
#error "include vk_mem_alloc.h before attune/attune_vma.h"
#endif

#ifdef __cplusplus
extern "C" {
#endif

static int32_t attune_vma_allocate(void *user, const attune_memory_request *request, attune_memory_block *block) {
    VmaAllocator            allocator = (VmaAllocator)user;
    VkMemoryRequirements    needs;
    VmaAllocationCreateInfo create;
    VmaAllocationInfo       info;
    VmaAllocation           allocation;
    VkResult                result;
    memset(&create, 0, sizeof(create));
    needs.size = request->bytes;
    needs.alignment = request->alignment;
    needs.memoryTypeBits = request->type_bits;
    if (request->mapped) {
        create.flags = VMA_ALLOCATION_CREATE_MAPPED_BIT;
        create.requiredFlags = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
    }
    if (request->memory_class == ATTUNE_MEMORY_READBACK) create.preferredFlags = VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
    if (!request->mapped) create.preferredFlags = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT;
    result = vmaAllocateMemory(allocator, &needs, &create, &allocation, &info);
    if (result != VK_SUCCESS) return (int32_t)result;
    block->memory = info.deviceMemory;
    block->offset = info.offset;
    block->mapped = info.pMappedData;
    block->user = allocation;
    return 0;
}

static void attune_vma_free(void *user, const attune_memory_block *block) {
    vmaFreeMemory((VmaAllocator)user, (VmaAllocation)block->user);
}

/* Fills `memory` for attune_import.memory. */
static void attune_vma_memory(VmaAllocator allocator, attune_host_memory *memory) {
    memset(memory, 0, sizeof(*memory));
    ATTUNE_INIT(*memory, ATTUNE_TYPE_HOST_MEMORY);
    memory->user = allocator;
    memory->allocate = attune_vma_allocate;
    memory->free = attune_vma_free;
}

#ifdef __cplusplus
}
#endif
#endif

// VMA itself; its asserts hold in this program.
#undef NDEBUG
#define VMA_IMPLEMENTATION
#include <vk_mem_alloc.h>

#include <attune/attune_vma.h>

void is_cpp_too(VmaAllocator allocator, attune_host_memory& memory);
void is_cpp_too(VmaAllocator allocator, attune_host_memory& memory) { attune_vma_memory(allocator, &memory); }

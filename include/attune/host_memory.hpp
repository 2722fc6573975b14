// Memory of a host's: whose blocks attune's buffers lie in, how much of them there is, and what for.
//
// There are three ways, and they mix by class:
//   - nothing said: attune allocates a few blocks by itself, under DeviceCaps::device_memory;
//   - Device::Import::memory: the host allocates the same blocks, by callbacks;
//   - Device::give(): the host hands ranges over beforehand, and attune allocates nothing for that class.
// Whoever allocates, attune makes the buffers on memory and binds them, and uses no byte outside what it was given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

struct VkBuffer_T;
struct VkDeviceMemory_T;

namespace attune {

// What memory is for, which says where it should lie and how long its contents have to last.
enum class MemoryClass : std::uint8_t {
    weights,    // device memory. Written once, as long as the Weights live.
    state,      // device memory. KV caches, inputs that were set: as long as their session lives.
    scratch,    // device memory. Intermediate results and outputs on the device: nothing has to last from the end of one
                // run to the start of the next, so a host may use the bytes for itself in between.
    upload,     // written by the host, read by the device; mapped. Controls last from run() or record() until its
                // commands have finished.
    readback,   // written by the device, read by the host; mapped. Until the next run of the same outputs.
};
inline constexpr std::size_t memory_class_count = 5;

const char* name_of(MemoryClass of) noexcept;   // "weights". Static storage.

// Bytes of a class: of attune's own blocks and those that callbacks gave, whole blocks; of ranges that were given, what
// is in use of them.
struct MemoryUse {
    std::uint64_t used = 0;
    std::uint64_t peak = 0;   // the most so far
};

// What memory for a class has to be like.
struct MemoryNeeds {
    std::uint64_t bytes = 0;                   // what was asked for, rounded up to what it takes
    std::uint64_t alignment = 0;               // of the first byte, within a VkDeviceMemory or a VkBuffer
    std::uint32_t memory_type_bits = 0;        // bit i: memory type i serves
    std::uint32_t preferred_memory_type = 0;   // what attune would take
    bool          mapped = false;              // the host must map it; memory_type_bits are host-coherent types
};

// What a callback is asked for: MemoryNeeds, what for, and who.
struct HostMemoryRequest {
    MemoryClass memory_class = MemoryClass::scratch;
    MemoryNeeds needs = {};
    VkBuffer_T* buffer = nullptr;   // what attune is going to bind there, for allocators that want to look at it
};

// What a callback gives: memory->[offset, offset + needs.bytes).
struct HostBlock {
    VkDeviceMemory_T* memory = nullptr;   // null: there is none
    std::uint64_t     offset = 0;         // a multiple of needs.alignment
    void*             mapped = nullptr;   // where byte `offset` is mapped, if it is, as host-coherent memory
    void*             user = nullptr;     // the host's, such as its allocation; attune only hands it back
};

// An allocator of the host's. Called on whatever thread needs memory, from several at a time, while attune holds no
// lock; never while commands are recorded or submitted for something that was prepared. Blocks are a few MiB and
// last. DeviceCaps::device_memory and Device::trim() count them as attune's own.
struct HostAllocator {
    // A block that starts with no memory means out_of_device_memory; what is thrown passes through attune. A
    // block that does not keep to the request is freed again, and reported as a mistake (usage).
    std::function<HostBlock(const HostMemoryRequest&)> allocate;
    // A block that attune is done with; nothing on the device uses it any more. Must not throw.
    std::function<void(const HostBlock&)> free = {};
};

// A range that a host gives to a class: of a buffer, or of memory that attune makes a buffer on. It stays the host's,
// and has to live until it is taken back or the device's last user ends. Any offset and size will do: attune uses
// what is aligned within (MemoryNeeds::alignment), and no other byte.
struct HostRange {
    MemoryClass       memory_class = MemoryClass::scratch;
    VkBuffer_T*       buffer = nullptr;   // bound; storage buffer, transfer source and transfer destination; or
    VkDeviceMemory_T* memory = nullptr;   // of a type in MemoryNeeds::memory_type_bits
    std::uint64_t     offset = 0, bytes = 0;
    void*             mapped = nullptr;   // where byte `offset` is mapped, as host-coherent memory; upload and readback
                                          // need it, the others are filled faster with it
};

}  // namespace attune

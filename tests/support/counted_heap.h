// Counts what operator new is asked for, by the libraries of the program too. It defines the operators: at
// most one source of a program includes this. Not what malloc gives for it: that depends on what lies around,
// by 16 bytes. Under sanitizers it counts as well, but what a sanitizer's own code takes has no bounds of ours:
// figures are compared where ATTUNE_COUNTED_HEAP is defined.
#pragma once

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#if defined(__has_feature)
#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
#define ATTUNE_COUNTED_HEAP
#endif
#else
#define ATTUNE_COUNTED_HEAP
#endif
#endif

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace attune::test {

inline std::atomic<std::size_t> heap_now{0}, heap_peak{0}, heap_largest{0};   // largest: of one allocation

inline void raise(std::atomic<std::size_t>& most, std::size_t value) {
    for (std::size_t before = most; before < value && !most.compare_exchange_weak(before, value);) {}
}

constexpr std::size_t heap_head = alignof(std::max_align_t);   // before each block: its size

inline void* counted(std::size_t bytes) {
    void* const head = bytes <= SIZE_MAX - heap_head ? std::malloc(heap_head + bytes) : nullptr;
    if (!head) throw std::bad_alloc();
    *static_cast<std::size_t*>(head) = bytes;
    raise(heap_peak, heap_now.fetch_add(bytes) + bytes);
    raise(heap_largest, bytes);
    return static_cast<std::byte*>(head) + heap_head;
}

inline void* counted_or_null(std::size_t bytes) noexcept try { return counted(bytes); } catch (const std::bad_alloc&) {
    return nullptr;
}

inline void uncounted(void* block) noexcept {
    if (!block) return;
    void* const head = static_cast<std::byte*>(block) - heap_head;
    heap_now -= *static_cast<std::size_t*>(head);
    std::free(head);
}

// Bytes that `work` had in use at most, above what was in use before; heap_largest is of `work` too.
template <class Work> std::size_t heap_used_by(Work&& work) {
    const std::size_t before = heap_now;
    heap_peak                = before;
    heap_largest             = 0;
    work();
    return heap_peak - before;
}

}  // namespace attune::test

void* operator new(std::size_t bytes) { return attune::test::counted(bytes); }
void* operator new[](std::size_t bytes) { return attune::test::counted(bytes); }
// A sanitizer has these too, and they would not end in ours.
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept { return attune::test::counted_or_null(bytes); }
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept { return attune::test::counted_or_null(bytes); }
void  operator delete(void* block) noexcept { attune::test::uncounted(block); }
void  operator delete[](void* block) noexcept { attune::test::uncounted(block); }
void  operator delete(void* block, std::size_t) noexcept { attune::test::uncounted(block); }
void  operator delete[](void* block, std::size_t) noexcept { attune::test::uncounted(block); }

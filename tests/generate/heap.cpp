// What loading a model takes of main memory, mapped files and device memory aside.
#include "support/test_devices.h"

#include <attune/translator.hpp>
#include <doctest/doctest.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <malloc.h>
#include <new>

// A sanitizer counts allocations itself.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

namespace {

std::atomic<std::size_t> now{0}, peak{0};

void* counted(std::size_t bytes) {
    void* const block = std::malloc(bytes ? bytes : 1);
    if (!block) throw std::bad_alloc();
    const std::size_t total = now.fetch_add(malloc_usable_size(block)) + malloc_usable_size(block);
    for (std::size_t before = peak; before < total && !peak.compare_exchange_weak(before, total);) {}
    return block;
}

void uncounted(void* block) noexcept {
    if (block) now -= malloc_usable_size(block);
    std::free(block);
}

}  // namespace

void* operator new(std::size_t bytes) { return counted(bytes); }
void* operator new[](std::size_t bytes) { return counted(bytes); }
void  operator delete(void* block) noexcept { uncounted(block); }
void  operator delete[](void* block) noexcept { uncounted(block); }
void  operator delete(void* block, std::size_t) noexcept { uncounted(block); }
void  operator delete[](void* block, std::size_t) noexcept { uncounted(block); }

TEST_CASE("loading takes at most twice the largest tensor and 64 MiB of main memory") {
    constexpr std::size_t largest = 8005 * 256 * 2;  // the embedding table, f16 in the file
    const auto&           device  = attune::test::main_device();
    const std::size_t     before  = now;
    peak                          = before;
    const attune::Translator translator(device, ATTUNE_SOURCE_DIR "/samples/models/tatoeba-en-de-fr-es");
    std::printf("loading: %.1f MiB of main memory at most, %.1f MiB kept\n",
                static_cast<double>(peak - before) / (1 << 20), static_cast<double>(now - before) / (1 << 20));
    CHECK(peak - before > 0);
    CHECK(peak - before <= 2 * largest + (64u << 20));
}

#endif

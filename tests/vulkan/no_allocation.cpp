// What takes no memory of the host's: giving a span back, and submitting once more.
#include "support/counted_heap.h"
#include "support/test_devices.h"
#include "support/timeline_device.h"
#include "vulkan/completion.h"
#include "vulkan/memory.h"

#include <doctest/doctest.h>

#include <array>

using namespace attune;
using namespace attune::test;

#ifdef ATTUNE_COUNTED_HEAP

TEST_CASE("giving memory back takes none") {
    const OwnDevice           own;
    const Device              device = Device::import(own.import());
    vulkan::MemoryPool&       pool   = device.context()->memory();
    std::vector<vulkan::Span> spans;
    for (int i = 0; i < 64; ++i) spans.push_back(pool.allocate(MemoryClass::state, 1024));
    heap_used_by([&] {
        for (const std::size_t first : {0u, 1u})  // what lies between two that are free comes last
            for (std::size_t i = first; i < spans.size(); i += 2) spans[i].reset();
    });
    CHECK(heap_largest == 0);
    CHECK(device.memory_used() == 0);
}

TEST_CASE("a submission like the last one takes no memory and makes no object") {
    for (const bool timeline : {false, true}) {
        CAPTURE(timeline);
        const TimelineDevice own(timeline);
        Device::Import       given = own.import();
        // Drivers allocate for a submission; what is asked here is about attune. Fences wait until all frames are there,
        // so that each time as many are in flight.
        std::array<VkFence, 3> held{};
        std::size_t            holding = 0;
        const auto             pass_on = [&](std::uint32_t count, const VkSubmitInfo* info, VkFence fence) {
            const std::size_t before = heap_largest;
            const VkResult    result = own.get<PFN_vkQueueSubmit>("vkQueueSubmit")(own.queue(), count, info, fence);
            heap_largest             = before;
            return result;
        };
        given.submit = [&](const Device::Queue&, const VkSubmitInfo& info, VkFence fence) {
            if (!fence) return pass_on(1, &info, fence);
            held.at(holding++) = fence;
            return VK_SUCCESS;
        };
        const Device        device = Device::import(given);
        vulkan::Completions completions(*device.context());
        const auto          submit = [&] {
            for (std::size_t frame = 0; frame < held.size(); ++frame) completions.submit({});
            for (std::size_t i = 0; i < holding; ++i) pass_on(0, nullptr, held[i]);
            holding = 0;
            completions.wait(completions.submitted());
        };
        submit();
        const std::uint64_t objects = device.objects_created();
        heap_used_by([&] {
            for (int i = 0; i < 20; ++i) submit();
        });
        CHECK(heap_largest == 0);
        CHECK(device.objects_created() == objects);
    }
}

#endif

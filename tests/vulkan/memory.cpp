// Memory by class: what it has to be like, how much there is of it, and what a host may not give.
#include "vulkan/memory.h"

#include "support/expect_error.h"
#include "support/host_heap.h"
#include "support/test_devices.h"
#include "support/vulkan_shim.h"

using namespace attune;
using namespace attune::test;

namespace {

constexpr MemoryClass classes[] = {MemoryClass::weights, MemoryClass::state, MemoryClass::scratch, MemoryClass::upload,
                                   MemoryClass::readback};

Device through(VulkanShim& shim, const OwnDevice& own) {
    Device::Import given    = own.import(profile_caps());
    given.get_instance_proc = shim.get_instance_proc();
    return Device::import(given);
}

}  // namespace

TEST_CASE("what memory for a class has to be like") {
    VulkanShim shim;
    shim.pretend(discrete_memory(1u << 30));  // type 0: the device's; 1: the host's; 2: cached
    const OwnDevice own;
    const Device    device = through(shim, own);
    struct Row {
        MemoryClass   of;
        std::uint32_t types, preferred;
        bool          mapped;
    };
    const Row rows[] = {{MemoryClass::weights, 7, 0, false},
                        {MemoryClass::state, 7, 0, false},
                        {MemoryClass::scratch, 7, 0, false},
                        {MemoryClass::upload, 6, 1, true},
                        {MemoryClass::readback, 6, 2, true}};
    for (const Row& row : rows) {
        CAPTURE(name_of(row.of));
        const MemoryNeeds needs = device.memory_needs(row.of, 1000);
        CHECK(needs.memory_type_bits == row.types);
        CHECK(needs.preferred_memory_type == row.preferred);
        CHECK(needs.mapped == row.mapped);
        CHECK(needs.bytes >= 1000);
        CHECK(needs.bytes < 1000 + 2 * needs.alignment);
        CHECK(needs.alignment >= device.info().offset_alignment);
        CHECK((needs.alignment & (needs.alignment - 1)) == 0);
    }
    CHECK(device.memory_used() == 0);
}

TEST_CASE("each class has its own blocks, which grow with it, and its own count") {
    VulkanShim          shim;
    const OwnDevice     own;
    const Device        device = through(shim, own);
    vulkan::MemoryPool& pool   = device.context()->memory();
    std::uint64_t       sum    = 0;
    for (const MemoryClass of : classes) {
        CAPTURE(name_of(of));
        const bool                on_device = of != MemoryClass::upload && of != MemoryClass::readback;
        const std::uint64_t       before = shim.calls(Entry::AllocateMemory), others = device.memory_used();
        constexpr std::uint64_t   bytes = 256 << 10;
        std::vector<vulkan::Span> spans;
        for (int i = 0; i < 200; ++i) {  // 50 MiB
            spans.push_back(pool.allocate(of, bytes));
            CHECK(spans.back().size() >= bytes);
        }
        const std::uint64_t used = device.memory(of).used;
        CHECK(used >= 200 * bytes);
        if (on_device) {
            CHECK(used <= 200 * bytes * 5 / 4);
            CHECK(shim.calls(Entry::AllocateMemory) - before <= 16);
            CHECK(device.memory_used() == others + used);
            sum += used;
        }
        CHECK(device.memory(of).peak == used);
        spans.clear();
        CHECK(device.memory(of).used == 0);
        CHECK(device.memory(of).peak == used);
        CHECK(device.memory_used() == others);
    }
    CHECK(device.memory_peak() < sum);  // of all at a time
    for (const char* made : {"Buffer", "DeviceMemory"}) CHECK(shim.alive().count(made) == 0);
}

TEST_CASE("ranges that cannot be used are refused") {
    VulkanShim      shim;
    const OwnDevice own;
    HostHeap        heap(own, true);
    Device          device    = through(shim, own);
    const auto      alignment = device.memory_needs(MemoryClass::upload, 1).alignment;
    const HostRange good      = heap.range(HostHeap::Of::buffer, MemoryClass::upload, 4 * alignment, alignment, 0);
    const auto      changed   = [&](auto&& change) {
        HostRange range = good;
        change(range);
        return range;
    };
    struct Row {
        const char* name;
        HostRange   range;
        const char* words;
    };
    const Row rows[] = {
        {"neither", changed([](HostRange& r) { r.buffer = nullptr; }), "either a buffer or a memory"},
        {"both", changed([](HostRange& r) { r.memory = reinterpret_cast<VkDeviceMemory>(r.buffer); }),
         "either a buffer or a memory"},
        {"nothing", changed([](HostRange& r) { r.bytes = 0; }), "has no"},
        {"nothing aligned", changed([&](HostRange& r) { r.offset += 1, r.bytes = alignment; }), "has no"},
        {"round the end", changed([](HostRange& r) { r.bytes = UINT64_MAX; }), "more bytes than there can be"},
        {"not mapped", changed([](HostRange& r) { r.mapped = nullptr; }), "is not mapped"},
        {"mapped elsewhere", changed([](HostRange& r) { r.mapped = static_cast<std::byte*>(r.mapped) + 1; }),
         "numbers cannot be"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        expect_error(Status::usage, {"upload", row.words}, [&] { device.give(row.range); });
    }
    device.give(good);
    expect_error(Status::usage, {"upload"}, [&] { device.give(good); });
    expect_error(Status::usage, {"state", "upload"}, [&] {
        device.give(changed(
            [&](HostRange& r) { r.memory_class = MemoryClass::state, r.offset += alignment, r.bytes = alignment; }));
    });
    {
        vulkan::MemoryPool& pool = device.context()->memory();
        const vulkan::Span  span = pool.allocate(MemoryClass::upload, 3 * alignment);
        CHECK(span.buffer() == good.buffer);
        CHECK(span.offset() % alignment == 0);
        CHECK(device.memory(MemoryClass::upload).used == 3 * alignment);
        expect_error(
            Status::out_of_device_memory,
            {"upload", std::to_string(2 * alignment) + " bytes are wanted", std::to_string(alignment) + " are left"},
            [&] { pool.allocate(MemoryClass::upload, 2 * alignment); });
    }
    CHECK(device.memory(MemoryClass::upload).used == 0);
    device.take_back(good);
    CHECK(shim.calls(Entry::AllocateMemory) == 0);
    device.context()->memory().allocate(MemoryClass::upload, 1);  // by itself again
    CHECK(shim.calls(Entry::AllocateMemory) == 1);
}

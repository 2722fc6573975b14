// What may go from one run of a program to the next: what export_cache() gave, and nothing else.
#include "support/own_device.h"
#include "vulkan/bench.h"
#include "vulkan/saved.h"

#include <doctest/doctest.h>

using namespace attune;
using namespace attune::test;

namespace {

std::vector<std::byte> filled_cache(Bench& bench) {
    for (const Asked& one : bench.asked) bench.get(one);
    return bench.device.export_cache();
}

std::string refusal(Bench& bench, std::span<const std::byte> bytes) {
    try {
        bench.device.import_cache(bytes);
    } catch (const Error& error) {
        return error.status() == Status::bad_input ? error.what() : std::string("another status: ") + error.what();
    }
    return "was taken";
}

struct HostCache {
    explicit HostCache(const OwnDevice& host) : own(host) {
        const VkPipelineCacheCreateInfo create{.sType           = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO,
                                               .pNext           = nullptr,
                                               .flags           = 0,
                                               .initialDataSize = 0,
                                               .pInitialData    = nullptr};
        vulkan::check(
            own.get<PFN_vkCreatePipelineCache>("vkCreatePipelineCache")(own.device(), &create, nullptr, &handle),
            "vkCreatePipelineCache");
    }
    ~HostCache() { own.get<PFN_vkDestroyPipelineCache>("vkDestroyPipelineCache")(own.device(), handle, nullptr); }

    const OwnDevice& own;
    VkPipelineCache  handle = VK_NULL_HANDLE;
};

}  // namespace

TEST_CASE("an exported pipeline cache can be imported, here and on a device opened anew") {
    std::vector<std::byte> bytes;
    for (int run = 0; run < 2; ++run) {
        Bench bench;
        if (run == 1) bench.device.import_cache(bytes);
        bytes = filled_cache(bench);
        bench.device.import_cache(bytes);
        CHECK(bench.shim.calls(Entry::MergePipelineCaches) == static_cast<unsigned>(run) + 1);
        CHECK(bench.shim.alive().at("PipelineCache") == 1);
        CHECK(bench.compiled() == bench.asked.size());
    }
}

TEST_CASE("the driver sees no byte of a pipeline cache that is damaged or somebody else's") {
    Bench                        bench;
    const std::vector<std::byte> good    = filled_cache(bench);
    const std::uint64_t          created = bench.shim.calls(Entry::CreatePipelineCache);
    const auto expect_refused            = [&](std::span<const std::byte> bytes, const char* how, std::size_t at) {
        const std::string refused = refusal(bench, bytes);
        if (!refused.starts_with("[pipeline cache] is ")) FAIL_CHECK(how << " " << at << ": " << refused);
    };
    // Everything of the first part, a share of what follows.
    const auto next = [](std::size_t at) { return at + (at < 512 ? 1 : 61 * row_share()); };
    for (std::size_t size = 0; size < good.size(); size = next(size))
        expect_refused(std::span(good).first(size), "bytes", size);
    std::vector<std::byte> changed = good;
    for (std::size_t at = 0; at < good.size(); at = next(at))
        for (unsigned bit = 0; bit < 8; ++bit) {
            changed[at] = good[at] ^ std::byte{static_cast<unsigned char>(1u << bit)};
            expect_refused(changed, "changed byte", at);
            changed[at] = good[at];
        }
    changed.push_back({});
    expect_refused(changed, "bytes", changed.size());
    if (good.size() >= vulkan::saved_header_bytes + 16) {  // two words of the driver's, exchanged
        changed            = good;
        const auto payload = changed.begin() + vulkan::saved_header_bytes;
        std::swap_ranges(payload, payload + 8, payload + 8);
        expect_refused(changed, "exchanged at", vulkan::saved_header_bytes);
    }
    CHECK(bench.shim.calls(Entry::CreatePipelineCache) == created);
    CHECK(bench.shim.calls(Entry::MergePipelineCaches) == 0);
    CHECK(bench.device.export_cache() == good);
    bench.device.import_cache(good);
    CHECK(bench.shim.calls(Entry::MergePipelineCaches) == 1);
}

TEST_CASE("a driver that refuses a pipeline cache leaves the device as it was") {
    Bench                        bench;
    const std::vector<std::byte> good = filled_cache(bench);
    for (const Entry entry : {Entry::CreatePipelineCache, Entry::MergePipelineCaches}) {
        bench.shim.fail({.nth = 1, .code = VK_ERROR_OUT_OF_HOST_MEMORY, .only = entry});
        CHECK_THROWS_AS(bench.device.import_cache(good), Error);
        CHECK(bench.shim.alive().at("PipelineCache") == 1);
        CHECK(bench.device.export_cache() == good);
    }
    bench.device.import_cache(good);
}

TEST_CASE("a host's pipeline cache is used, and left to the host") {
    VulkanShim      shim;
    const OwnDevice own;
    const HostCache cache(own);
    {
        Device::Import import    = own.import(profile_caps());
        import.get_instance_proc = shim.get_instance_proc();
        import.pipeline_cache    = cache.handle;
        Device device            = Device::import(import);
        for (const Asked& one : some_pipelines(device))
            device.context()->pipelines().get(*one.kernel, one.constants, one.slots);
        std::size_t size = 0;
        own.get<PFN_vkGetPipelineCacheData>("vkGetPipelineCacheData")(own.device(), cache.handle, &size, nullptr);
        const auto exported = device.export_cache();
        CHECK(exported.size() == vulkan::saved_header_bytes + size);
        CHECK_THROWS_AS(device.import_cache(exported), Error);
    }
    CHECK(shim.calls(Entry::CreatePipelineCache) == 0);
    CHECK(shim.calls(Entry::MergePipelineCaches) == 0);
    CHECK(shim.calls(Entry::DestroyPipelineCache) == 0);
}

// What importing and using a device never does to what is the host's.
#include "support/decoder_layer.h"
#include "support/own_device.h"
#include "support/test_devices.h"
#include "support/vulkan_shim.h"

#include <attune/session.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

using namespace attune;
using namespace attune::test;

namespace {

bool is_the_hosts(std::string_view name) {
    for (const char* word : {"Instance", "vkCreateDevice", "vkDestroyDevice", "vkGetDeviceQueue", "WaitIdle"})
        if (name.find(word) != std::string_view::npos) return true;
    return false;
}

// Everything that a program does on a device.
void use(const Device& device) {
    const Graph   graph  = decoder_layer_step();
    WeightMap     source = decoder_layer_weights();
    const Weights weights(device, source, std::span(&graph, 1));
    Session       session(device, weights);
    const Program program = session.prepare(graph);
    for (int step = 0; step < 3; ++step) {
        session.set("x", decoder_layer_token(step));
        session.run(program);
        session.get("y");
    }
    Device shared = device.share();
    shared.import_cache(shared.export_cache());
    shared.compile_next();
    session.time(program);
}

}  // namespace

TEST_CASE("an imported device is never made, ended, fetched or waited for") {
    VulkanShim      shim;
    const OwnDevice own;
    Device::Import  given   = own.import(profile_caps());
    given.get_instance_proc = shim.get_instance_proc();
    std::set<std::string> called;
    std::mutex            mutex;
    shim.watch = [&](Entry entry) {
        const std::lock_guard guard(mutex);
        called.insert(name_of(entry));
    };
    use(Device::import(given));
    shim.watch = nullptr;
    CHECK(called.contains("vkQueueSubmit"));
    CHECK(called.contains("vkDestroyPipeline"));
    // What is not asked for cannot be called.
    CHECK(shim.asked().size() > called.size());
    for (const auto& names : {called, shim.asked()})
        for (const std::string& name : names) {
            CAPTURE(name);
            CHECK_FALSE(is_the_hosts(name));
        }
    CHECK(shim.alive().empty());
    CHECK(shim.violation() == "");
}

TEST_CASE("a thousand imports leave nothing behind on a host's device") {
    VulkanShim      shim;
    const OwnDevice own;
    Device::Import  given   = own.import(profile_caps());
    given.get_instance_proc = shim.get_instance_proc();
    for (std::size_t i = 0; i < 1000; ++i) Device::import(given);
    CHECK(shim.calls(Entry::CreatePipelineCache) == 1000);
    CHECK(shim.alive().empty());
    CHECK(shim.violation() == "");
}

// Two runtimes, as from two libraries in one process, on one host's device: they share its queue under its lock.
TEST_CASE("two imports of one device share its queue by the host's lock alone") {
    VulkanShim        shim;
    const OwnDevice   own;
    std::mutex        queue;
    std::atomic<int>  inside{0}, submits{0};
    std::atomic<bool> broken{false};
    shim.watch = [&](Entry entry) {
        if (entry != Entry::QueueSubmit) return;
        ++submits;
        if (inside != 1) broken = true;
    };
    Device::Import given    = own.import(profile_caps());
    given.get_instance_proc = shim.get_instance_proc();
    given.lock              = [&](std::uint32_t, std::uint32_t) {
        queue.lock();
        ++inside;
    };
    given.unlock = [&](std::uint32_t, std::uint32_t) {
        --inside;
        queue.unlock();
    };
    {
        const Device             first = Device::import(given), second = Device::import(given);
        std::vector<std::thread> threads;
        for (const Device* device : {&first, &second, &first, &second})
            threads.emplace_back([device] { use(*device); });
        for (std::thread& thread : threads) thread.join();
    }
    shim.watch = nullptr;
    CHECK(submits >= 4 * 3);
    CHECK_FALSE(broken);
    CHECK(shim.alive().empty());
    CHECK(shim.violation() == "");
}

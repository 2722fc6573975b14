// What recording into a host's command buffer calls and takes: commands, and nothing else.
#include "support/counted_heap.h"
#include "support/decoder_layer.h"
#include "support/host_commands.h"
#include "support/host_memory.h"
#include "support/test_devices.h"
#include "support/vulkan_shim.h"

#include <attune/session.hpp>

#include <doctest/doctest.h>

#include <string_view>

using namespace attune;
using namespace attune::test;

TEST_CASE("a step recorded again makes no object, allocates, maps and submits nothing") {
    VulkanShim      shim;
    const OwnDevice own;
    Device::Import  import   = own.import(profile_caps());
    import.get_instance_proc = shim.get_instance_proc();
    int locks                = 0;
    import.lock              = [&](std::uint32_t, std::uint32_t) { ++locks; };
    const Device     device = Device::import(import);
    const Graph      graph  = decoder_layer_step();
    WeightMap        source = decoder_layer_weights();
    const Weights    weights(device, source, std::span(&graph, 1));
    Session          session(device, weights);
    const HostMemory x(own, decoder_layer_token(0).bytes().size()), y(own, decoder_layer_token(0).bytes().size());
    session.bind("x", {.buffer = x.buffer(), .offset = 0, .bytes = x.bytes().size()});
    session.bind("y", {.buffer = y.buffer(), .offset = 0, .bytes = y.bytes().size()});
    const Program program = session.prepare(graph);
    HostCommands  commands(own);
    commands.run([&](VkCommandBuffer recording) { session.record(program, recording); });   // sets are written once

    const int locks_before = locks;
    for (int pass = 0; pass < 8; ++pass) {
        std::map<Entry, std::uint64_t> seen;
        commands.run([&](VkCommandBuffer recording) {
            heap_used_by([&] { session.record(program, recording); });
            [[maybe_unused]] const std::size_t largest = heap_largest;   // before the check itself takes anything
#ifdef ATTUNE_COUNTED_HEAP
            CHECK(largest == 0);
#endif
        });
        commands.run([&](VkCommandBuffer recording) {
            shim.watch = [&](Entry entry) { ++seen[entry]; };
            session.record(program, recording);
            shim.watch = nullptr;
        });
        for (const auto& one : seen) {
            const std::string_view name = name_of(one.first);
            CAPTURE(name);
            CHECK(name.starts_with("vkCmd"));
        }
        CHECK(seen[Entry::CmdDispatch] == program.facts().dispatches);
    }
    CHECK(locks == locks_before);
    CHECK(session.submissions() == 0);
}

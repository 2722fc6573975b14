// A lost device: every call on it fails at once and reaches the driver no more; destroying works, a new
// device in the same process works. And what is as good as a loss.
#include "faults/subject.h"
#include "support/expect_error.h"
#include "support/test_devices.h"
#include "support/tiny_model.h"

#include <doctest/doctest.h>

#include <attune/ops.hpp>
#include <chrono>
#include <thread>

using namespace attune;
using namespace attune::test;

namespace {

// A host's device, which can be waited for: where the shim only says that a device is lost, it goes on working.
struct Imported {
    explicit Imported(VulkanShim& shim) : device(import_through(shim, own)) {}
    void wait() const { own.get<PFN_vkDeviceWaitIdle>("vkDeviceWaitIdle")(own.device()); }

    OwnDevice             own;
    std::optional<Device> device;
};

// A session over its own weights, ready to run.
struct Prepared {
    explicit Prepared(const Device& device)
        : weights(device, source, std::span(&graph, 1)), session(device, weights), program(session.prepare(graph)) {
        session.set("position", Tensor({Type::u32, {layer_batch}}));
        session.set("x", decoder_layer_token(0));
    }

    Graph     graph  = decoder_layer_step();
    WeightMap source = decoder_layer_weights();
    Weights   weights;
    Session   session;
    Program   program;
};

}  // namespace

TEST_CASE("a lost device refuses everything at once, and makes no call but those that destroy") {
    VulkanShim shim;
    {
        TemporaryFolder folder;
        write_tiny_model(folder);
        const Device device = open_through(shim);
        Prepared     made(device);
        Translator   translator(device, folder.path());
        const auto   expected = translator.translate("a b c").text;
        made.session.run(made.program);
        CHECK_FALSE(device.lost());

        shim.fail({.code = VK_ERROR_DEVICE_LOST, .only = Entry::QueueSubmit});
        expect_error(Status::device_failed, {device.info().name, "lost", "vkQueueSubmit", "open it again"},
                     [&] { made.session.run(made.program); });
        CHECK(device.lost());
        CHECK(device.share().lost());
        const std::uint64_t         calls        = shim.calls();
        const auto                  start        = std::chrono::steady_clock::now();
        const std::function<void()> everything[] = {
            [&] { made.session.run(made.program); },
            [&] { made.session.prepare(made.graph); },
            [&] { made.session.get("y"); },
            [&] { made.session.peek("y"); },
            [&] { made.session.get("keys"); },
            [&] { made.session.record(made.program, reinterpret_cast<VkCommandBuffer>(&made)); },
            [&] { const Session another(device); },
            [&] { const Weights more(device, made.source, std::span(&made.graph, 1)); },
            [&] { translator.translate("a b c"); },
            [&] { const Translator another(device, folder.path()); },
        };
        for (const auto& call : everything)
            expect_error(Status::device_failed, {"[" + device.info().name + "]", "lost in vkQueueSubmit"}, call);
        CHECK(shim.calls() == calls);
        CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(1));

        // Beside what is lost: a new device, and the same bits.
        const Device fresh = open_through(shim);
        CHECK_FALSE(fresh.lost());
        CHECK(Translator(fresh, folder.path()).translate("a b c").text == expected);
    }
    CHECK(shim.alive().empty());
    CHECK(shim.violation() == "");
}

TEST_CASE("a loss that one thread learns of ends the waits of others") {
    VulkanShim shim;
    Imported   host(shim);
    {
        Prepared waiting(*host.device), losing(*host.device);
        shim.fail({.code = VK_TIMEOUT, .only = Entry::WaitForFences, .times = UINT64_MAX});  // a GPU that hangs
        std::string message;
        std::thread other([&] {
            try {
                waiting.session.run(waiting.program);
            } catch (const Error& error) { message = error.what(); }
        });
        while (shim.calls(Entry::WaitForFences) < 5) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        CHECK_FALSE(host.device->lost());
        shim.fail({.code = VK_ERROR_DEVICE_LOST, .only = Entry::QueueSubmit});
        CHECK_THROWS_AS(losing.session.run(losing.program), Error);
        other.join();
        CHECK(message.find("lost in vkQueueSubmit") != std::string::npos);
        host.wait();
    }
    host.device.reset();
    CHECK(shim.alive().empty());
}

TEST_CASE("a device that cannot be waited for is as good as lost") {
    VulkanShim shim;
    Imported   host(shim);
    {
        Prepared made(*host.device);
        shim.fail({.code = VK_ERROR_OUT_OF_HOST_MEMORY, .only = Entry::WaitForFences});  // once: memory, no more
        expect_error(Status::out_of_host_memory, {"vkWaitForFences"}, [&] { made.session.run(made.program); });
        CHECK_FALSE(host.device->lost());
        made.session.run(made.program);

        shim.fail({.code = VK_ERROR_OUT_OF_HOST_MEMORY, .only = Entry::WaitForFences, .times = 2});
        expect_error(Status::device_failed, {"lost", "vkWaitForFences"}, [&] { made.session.run(made.program); });
        CHECK(host.device->lost());
        host.wait();
    }
}

TEST_CASE("after a failed run there is no output to read, and a prepared larger graph takes the old one") {
    VulkanShim   shim;
    const Device device = open_through(shim, single_allocations);
    Prepared     made(device);
    expect_error(Status::usage, {"y", "neither an output"}, [&] { made.session.get("y"); });
    made.session.run(made.program);
    CHECK(made.session.get("y").desc().shape == Shape{layer_batch, 1, layer_width});
    shim.fail({.code = VK_ERROR_UNKNOWN, .only = Entry::QueueSubmit});
    CHECK_THROWS_AS(made.session.run(made.program), Error);
    expect_error(Status::usage, {"y"}, [&] { made.session.get("y"); });
    expect_error(Status::usage, {"y"}, [&] { made.session.peek("y"); });

    made.session.run(made.program);
    Graph       larger;
    const Value wide = larger.input("wide", {Type::f32, {8000, layer_width}});
    larger.output("y", add(larger, wide, wide));
    // The input; then the output; then, the input being there, the memory that the output is read from.
    bool overwritten = false;
    for (const std::uint64_t nth : {1u, 2u, 2u}) {
        shim.fail({.nth = nth, .code = VK_ERROR_OUT_OF_DEVICE_MEMORY, .only = Entry::AllocateMemory, .times = 2});
        expect_error(Status::out_of_device_memory, {"device memory", "bytes are wanted"},
                     [&] { made.session.prepare(larger); });
        shim.fail_no_more();
        if (overwritten) expect_error(Status::usage, {"y", "overwritten"}, [&] { made.session.get("y"); });
        else CHECK(made.session.get("y").desc().shape == Shape{layer_batch, 1, layer_width});
        overwritten = nth > 1;   // from the next one on
        made.session.run(made.program);
        CHECK(made.session.get("y").bytes().size() == layer_batch * layer_width * 4);
    }
}

TEST_CASE("without one of its entry points a driver is refused, and nothing is left") {
    VulkanShim shim;
    for (std::size_t i = 0; i < entry_count; ++i) {
        const auto entry = static_cast<Entry>(i);
        if (entry == Entry::DestroyInstance) continue;  // nobody could end that instance
        CAPTURE(name_of(entry));
        shim.hide(entry);
        if (is_optional(entry))
            CHECK_NOTHROW(open_through(shim));
        else
            expect_error(Status::usage, {name_of(entry)}, [&] { open_through(shim); });
        shim.show_all();
        CHECK(shim.alive().empty());
        CHECK(shim.violation() == "");
    }
    CHECK_NOTHROW(open_through(shim));
}

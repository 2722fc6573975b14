// Weights that come piece by piece, within frames: the same as at once.
#include "checks/numbers.h"
#include "support/decoder_layer.h"
#include "support/expect_error.h"
#include "support/host_frames.h"
#include "support/test_devices.h"
#include "support/vulkan_shim.h"

#include <attune/session.hpp>

using namespace attune;
using namespace attune::test;

namespace {

Tensor a_step(const Device& device, const Weights& weights) {
    Session       session(device, weights);
    const Program program = session.prepare(decoder_layer_step());
    session.set("x", decoder_layer_token(0));
    session.run(program);
    return session.get("y");
}

}  // namespace

TEST_CASE("weights recorded in pieces into frames, mapped or not") {
    const Graph  graph    = decoder_layer_step();
    WeightMap    source   = decoder_layer_weights();
    const Tensor expected = a_step(main_device(), Weights(main_device(), source, std::span(&graph, 1)));
    for (const bool discrete : {false, true})
        for (const std::uint64_t most : {std::uint64_t{1}, std::uint64_t{20000}, UINT64_MAX}) {
            CAPTURE(discrete);
            CAPTURE(most);
            VulkanShim shim;
            if (discrete) shim.pretend(discrete_memory(1u << 30));
            const OwnDevice own;
            Device::Import  import   = own.import(profile_caps());
            import.get_instance_proc = shim.get_instance_proc();
            const Device device      = Device::import(import);
            HostFrames   host(own, 2);
            std::size_t  calls  = 0;
            std::uint64_t before = 0;
            auto          upload = std::make_unique<WeightsUpload>(device, source, std::span(&graph, 1), RunOptions{}, 2);
            CHECK(upload->bytes_done() == 0);
            for (bool done = false; !done; ++calls) {
                host.frame([&](const FrameTarget& target) {
                    done = upload->next(target, most);
                });
                CHECK(upload->bytes_done() > before);
                before = upload->bytes_done();
            }
            CHECK(before == upload->bytes_in_all());
            CHECK(upload->next({}, most));   // nothing is left
            if (most == 1) CHECK(calls > 5);
            if (most == UINT64_MAX) CHECK(calls == 1);
            CHECK(shim.calls(Entry::QueueSubmit) == 0);
            if (!discrete) CHECK(shim.calls(Entry::CmdCopyBuffer) == 0);
            const Weights weights = upload->weights();
            upload.reset();   // what frames copy from stays
            host.wait(calls);
            CHECK(bit_difference(a_step(device, weights), expected) == "");
        }
}

TEST_CASE("an upload that nobody goes on with leaves nothing") {
    const Graph   graph  = decoder_layer_step();
    WeightMap     source = decoder_layer_weights();
    const Device& device = main_device();
    const auto    before = device.memory_used();
    {
        WeightsUpload upload(device, source, std::span(&graph, 1));
        upload.next({}, 1);
        CHECK(device.memory_used() > before);
    }
    CHECK(device.memory_used() == before);
    WeightMap none;
    expect_error(Status::bad_input, {"missing"}, [&] { WeightsUpload upload(device, none, std::span(&graph, 1)); });
}

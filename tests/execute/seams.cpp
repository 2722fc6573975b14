// The seam to a host program: a device that somebody else made, and commands that somebody else submits.
#include "checks/numbers.h"
#include "support/decoder_layer.h"
#include "support/host_commands.h"
#include "support/test_devices.h"

#include <attune/ops.hpp>
#include <attune/session.hpp>

#include <doctest/doctest.h>

using namespace attune;
using namespace attune::test;

namespace {

constexpr int steps = 4;

// What the steps give: y of each, and the states in the end.
using Results = std::vector<Tensor>;

template <class Run> Results walk(const Device& device, Run&& run) {
    const Graph   graph  = decoder_layer_step();
    WeightMap     source = decoder_layer_weights();
    const Weights weights(device, source, std::span(&graph, 1));
    Session       session(device, weights);
    const Program program = session.prepare(graph);
    Results       results;
    for (int step = 0; step < steps; ++step) {
        session.set("x", decoder_layer_token(step));
        run(session, program);
        results.push_back(session.get("y"));
    }
    for (const char* state : {"keys", "values", "position"}) results.push_back(session.get(state));
    return results;
}

Results stand_alone() {
    static const Results results =
        walk(main_device(), [](Session& session, const Program& program) { session.run(program); });
    return results;
}

void check_equal(const Results& a, const Results& b) {
    REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) CHECK(bit_difference(a[i], b[i]) == "");
}

}  // namespace

TEST_CASE("an imported device with no feature and no extension computes the same bits") {
    const OwnDevice own;
    Device::Import  given = own.import(profile_caps());
    int             locks = 0, unlocks = 0;
    bool            nested = false;
    given.lock             = [&](std::uint32_t family, std::uint32_t index) {
        CHECK(family == own.queue_family());
        CHECK(index == 0);
        nested = nested || locks++ != unlocks;
    };
    given.unlock               = [&](std::uint32_t, std::uint32_t) { ++unlocks; };
    const Device  device       = Device::import(given);
    std::uint64_t submissions  = 0;
    const int     locks_before = locks;
    check_equal(stand_alone(), walk(device, [&](Session& session, const Program& program) {
                    const int before = locks;
                    session.run(program);
                    CHECK(locks > before);
                    submissions = session.submissions();
                }));
    CHECK(submissions == steps);  // one per step
    CHECK(locks - locks_before >= steps);
    CHECK(locks == unlocks);
    CHECK_FALSE(nested);
}

TEST_CASE("a host that submits for attune gets the same bits, and no lock is taken") {
    const OwnDevice own;
    const auto      submit = own.get<PFN_vkQueueSubmit>("vkQueueSubmit");
    Device::Import  given  = own.import(profile_caps());
    int             locks = 0, submits = 0;
    given.lock = given.unlock = [&](std::uint32_t, std::uint32_t) { ++locks; };
    given.submit              = [&](const Device::Queue& queue, const VkSubmitInfo& info, VkFence fence) {
        ++submits;
        return static_cast<std::int32_t>(submit(queue.handle, 1, &info, fence));
    };
    const Device device = Device::import(given);
    check_equal(stand_alone(), walk(device, [](Session& session, const Program& program) { session.run(program); }));
    CHECK(submits >= steps);
    CHECK(locks == 0);
}

TEST_CASE("a host that fails to submit is told so, and can lose the device") {
    const OwnDevice own;
    Device::Import  given = own.import(profile_caps());
    std::string     logged;
    VkResult        result = VK_ERROR_OUT_OF_HOST_MEMORY;
    given.submit           = [&](const Device::Queue&, const VkSubmitInfo&, VkFence) {
        return static_cast<std::int32_t>(result);
    };
    given.log = [&](Device::LogLevel level, std::string_view line) {
        if (level == Device::LogLevel::error) logged = line;
    };
    const Device device = Device::import(given);
    const auto   go     = [&] { walk(device, [](Session& session, const Program& program) { session.run(program); }); };
    CHECK_THROWS_AS(go(), Error);
    CHECK_FALSE(device.lost());
    CHECK(logged == "");
    result = VK_ERROR_DEVICE_LOST;
    CHECK_THROWS_AS(go(), Error);
    CHECK(device.lost());
    CHECK(logged.find("lost") != std::string::npos);
    CHECK(device.report().find("\"lost_in\": \"vkQueueSubmit\"") != std::string::npos);
}

TEST_CASE("a step recorded into the host's command buffer computes the same bits") {
    const OwnDevice own;
    Device::Import  given = own.import(profile_caps());
    int             locks = 0;
    given.lock            = [&](std::uint32_t, std::uint32_t) { ++locks; };
    const Device device   = Device::import(given);
    HostCommands commands(own);
    check_equal(stand_alone(), walk(device, [&](Session& session, const Program& program) {
                    commands.run([&](VkCommandBuffer recording) { session.record(program, recording); });
                    CHECK(session.submissions() == 0);  // run() made none
                }));
}

TEST_CASE("recorded and run steps can alternate") {
    const OwnDevice own;
    const Device    device = Device::import(own.import(profile_caps()));
    HostCommands    commands(own);
    int             turn = 0;
    check_equal(stand_alone(), walk(device, [&](Session& session, const Program& program) {
                    if (turn++ % 2)
                        session.run(program);
                    else
                        commands.run([&](VkCommandBuffer recording) { session.record(program, recording); });
                }));
}

TEST_CASE("a second pass makes no Vulkan object and allocates nothing") {
    const Graph   graph  = decoder_layer_step();
    WeightMap     source = decoder_layer_weights();
    const Device& device = main_device();
    const Weights weights(device, source, std::span(&graph, 1));
    Session       session(device, weights);
    const Program program = session.prepare(graph);
    const auto    pass    = [&] {
        session.set("position", Tensor({Type::u32, {layer_batch}}));
        for (int step = 0; step < steps; ++step) {
            session.set("x", decoder_layer_token(step));
            session.run(program);
            session.get("y");
            session.get("keys");
        }
    };
    pass();
    const std::uint64_t objects = device.objects_created(), bytes = device.memory_used();
    pass();
    CHECK(device.objects_created() == objects);
    CHECK(device.memory_used() == bytes);
}

TEST_CASE("an output that is a state is read by the output's name") {
    Graph       g;
    const Value x = g.input("x", {Type::f32, {2, 3}});
    g.output("kept", store(g, g.state("memory", {Type::f32, {4, 3}}), x));
    Session       session(main_device());
    const Program program   = session.prepare(g);
    const float   numbers[] = {1, 2, 3, 4, 5, 6};
    session.set("x", Tensor::f32({2, 3}, numbers));
    session.run(program);
    const Tensor kept = session.get("kept");
    REQUIRE(kept.desc().shape == Shape{4, 3});
    for (std::size_t i = 0; i < 12; ++i) CHECK(kept.as<float>()[i] == (i < 6 ? numbers[i] : 0.0f));
}

TEST_CASE("an import without a handle is refused") {
    const OwnDevice own;
    for (const int missing : {0, 1, 2, 3, 4}) {
        Device::Import given = own.import();
        if (missing == 0) given.get_instance_proc = nullptr;
        if (missing == 1) given.instance = nullptr;
        if (missing == 2) given.physical_device = nullptr;
        if (missing == 3) given.device = nullptr;
        if (missing == 4) given.queues.clear();
        CHECK_THROWS_AS(Device::import(given), Error);
    }
}

// Runs that are cut by budgets: no unit is begun that does not fit into what is left, and no bit changes.
#include "checks/numbers.h"
#include "support/decoder_layer.h"
#include "support/host_frames.h"
#include "support/stated_costs.h"
#include "support/test_devices.h"

#include <attune/session.hpp>

#include <doctest/doctest.h>

#include <optional>
#include <thread>

using namespace attune;
using namespace attune::test;

namespace {

constexpr int steps = 8, learning = 4;  // of which so many are run whole

Tensor expected_output() {
    const Graph   graph  = decoder_layer_step();
    WeightMap     source = decoder_layer_weights();
    const Weights weights(main_device(), source, std::span(&graph, 1));
    Session       session(main_device(), weights);
    const Program program = session.prepare(graph);
    for (int step = 0; step < steps; ++step) {
        session.set("x", decoder_layer_token(step));
        session.run(program);
    }
    return session.get("y");
}

// Sessions whose costs are those of the test's clock.
struct Sliced {
    VulkanShim             shim;
    OwnDevice              own;
    Graph                  graph  = decoder_layer_step();
    WeightMap              source = decoder_layer_weights();
    Device                 device;
    Weights                weights;
    HostFrames             host;
    std::optional<Session> session;
    Program                program;

    Sliced()
        : device([&] {
              Device::Import import    = own.import(profile_caps());
              import.get_instance_proc = shim.get_instance_proc();
              return Device::import(import);
          }()),
          weights(device, source, std::span(&graph, 1)), host(own, 1) {
        state_costs(shim);
    }

    // A new one, which has learned.
    void renew() {
        session.emplace(device, weights, std::make_shared<Frames>(1));
        program = session->prepare(graph);
        for (int step = 0; step < learning; ++step) {
            begin(step);
            piece({});
        }
    }

    void begin(int step) {
        session->set("x", decoder_layer_token(step));
        session->begin(program);
    }

    // How many dispatches it holds.
    std::uint64_t piece(const Budget& budget) {
        const std::uint64_t before = session->dispatches_left();
        const std::uint64_t frame =
            host.frame([&](const FrameTarget& target) { session->record_next(target, budget); });
        host.wait(frame);
        session->retire(frame);
        return before - session->dispatches_left();
    }
};

}  // namespace

TEST_CASE("no unit is begun whose stated cost exceeds what is left of the budget") {
    const Tensor expected = expected_output();
    Sliced       sliced;
    for (const double budget : slice_budgets) {
        CAPTURE(budget);
        sliced.renew();
        std::size_t largest = 0;
        for (int step = learning; step < steps; ++step) {
            sliced.begin(step);
            for (std::size_t unit = 0; sliced.session->dispatches_left();) {
                CHECK(sliced.session->next_seconds() == doctest::Approx(stated_milliseconds(unit) * 1e-3));
                const std::uint64_t count = sliced.piece({budget});
                double              sum   = 0;
                for (std::size_t i = 0; i < count; ++i) sum += stated_milliseconds(unit++) * 1e-3;
                CHECK(count > 0);
                CHECK(sliced.session->recorded_seconds() == doctest::Approx(sum));
                CHECK((count == 1 || sliced.session->recorded_seconds() <= budget));
                if (sliced.session->dispatches_left())
                    CHECK(sliced.session->recorded_seconds() + sliced.session->next_seconds() > budget);
                largest = std::max(largest, static_cast<std::size_t>(count));
            }
        }
        CHECK((budget < 0.5e-3 || largest > 1));
        CHECK(bit_difference(sliced.session->get("y"), expected) == "");
    }
}

TEST_CASE("a piece holds no more dispatches than it may, and begins none after its time on the thread") {
    Sliced sliced;
    sliced.renew();
    const std::uint64_t all = sliced.program.facts().dispatches;
    for (const std::uint64_t most :
         {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{5}, all, all + 1}) {
        CAPTURE(most);
        sliced.begin(0);
        while (const std::uint64_t left = sliced.session->dispatches_left())
            CHECK(sliced.piece(Budget(1e9, most)) == std::min(std::max<std::uint64_t>(most, 1), left));
    }
    sliced.shim.watch = [](Entry entry) {
        if (entry == Entry::CmdDispatch) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    };
    constexpr double forever = std::numeric_limits<double>::infinity();
    for (const double milliseconds : {0.0, 0.5, 2.5}) {
        CAPTURE(milliseconds);
        sliced.begin(0);
        while (sliced.session->dispatches_left())
            CHECK(static_cast<double>(sliced.piece(Budget(forever, all, milliseconds * 1e-3))) <= milliseconds + 1);
    }
    sliced.begin(0);
    CHECK(sliced.piece(Budget(forever, all, 1e6)) == all);
}

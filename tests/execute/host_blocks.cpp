// Memory that the host allocates or gives: the same bits, no byte beside it touched, and a status where it is too little.
#include "checks/numbers.h"
#include "support/decoder_layer.h"
#include "support/expect_error.h"
#include "support/host_heap.h"
#include "support/test_devices.h"
#include "support/tiny_model.h"
#include "support/vulkan_shim.h"

#include <attune/ops.hpp>
#include <attune/session.hpp>
#include <attune/translator.hpp>

#include <array>

using namespace attune;
using namespace attune::test;

namespace {

constexpr MemoryClass classes[] = {MemoryClass::weights, MemoryClass::state, MemoryClass::scratch, MemoryClass::upload,
                                   MemoryClass::readback};
constexpr std::uint64_t slack   = 8192;  // more than what is rounded up, in a range

enum class From { callbacks, buffers, memory };

struct Way {
    const char* name;
    From        from;
    bool        discrete;  // the device's memory is none that the host sees
};

// Each is a device of its own, for which a slow driver compiles anew: that has two of them.
const bool slow = profile() == "swiftshader";

const std::vector<Way> ways =
    slow ? std::vector<Way>{{"callbacks", From::callbacks, false}, {"given memory, discrete", From::memory, true}}
         : std::vector<Way>{
               {"callbacks", From::callbacks, false},   {"callbacks, discrete", From::callbacks, true},
               {"given buffers", From::buffers, false}, {"given buffers, discrete", From::buffers, true},
               {"given memory", From::memory, false},   {"given memory, discrete", From::memory, true},
           };

using Sizes = std::array<std::uint64_t, memory_class_count>;

// What some work takes of each class where the device's memory is not the host's, which is the most.
Sizes needed_by(const std::function<void(const Device&)>& work) {
    VulkanShim shim;
    shim.pretend(discrete_memory(1u << 30));
    const Device device =
        Device::open({.select = "", .caps = profile_caps(), .get_instance_proc = shim.get_instance_proc()});
    work(device);
    Sizes sizes{};
    for (const MemoryClass of : classes) sizes[static_cast<std::size_t>(of)] = device.memory(of).peak;
    return sizes;
}

// A device whose memory is all the host's. `sizes`: how much of each class, where it is not asked for.
class Guest {
public:
    Guest(const Way& way, const Sizes& sizes) : heap(own, !way.discrete) {
        if (way.discrete) shim.pretend(discrete_memory(1u << 30));
        const HostAllocator allocator = heap.allocator();
        Device::Import      given     = own.import(profile_caps());
        given.get_instance_proc       = shim.get_instance_proc();
        if (way.from == From::callbacks) given.memory = &allocator;
        device.emplace(Device::import(given));
        if (way.from == From::callbacks) return;
        const auto of = way.from == From::buffers ? HostHeap::Of::buffer : HostHeap::Of::memory;
        for (const MemoryClass one : classes)
            give(of, one, sizes[static_cast<std::size_t>(one)] + slack, 1 + 4 * static_cast<std::uint64_t>(one));
    }
    ~Guest() {
        device.reset();
        CHECK(heap.damage() == "");
        CHECK(heap.live() == 0);
        CHECK(shim.calls(Entry::AllocateMemory) == 0);
        CHECK(shim.calls(Entry::MapMemory) == 0);
        CHECK(shim.alive().empty());
    }

    HostRange give(HostHeap::Of of, MemoryClass one, std::uint64_t bytes, std::uint64_t skew) {
        const HostRange range = heap.range(of, one, bytes, device->memory_needs(one, bytes).alignment, skew);
        device->give(range);
        return range;
    }

    VulkanShim            shim;
    OwnDevice             own;
    HostHeap              heap;
    std::optional<Device> device;
};

// Steps of a layer with all that a session has, and what it gives. `between` comes after each step.
std::vector<Tensor> walk(const Device& device, const std::function<void()>& between) {
    const Graph         graph  = decoder_layer_step();
    WeightMap           source = decoder_layer_weights();
    const Weights       weights(device, source, std::span(&graph, 1));
    Session             session(device, weights);
    const Program       program = session.prepare(graph);
    std::vector<Tensor> results;
    for (int step = 0; step < 4; ++step) {
        session.set("x", decoder_layer_token(step));
        session.run(program);
        results.push_back(session.get("y"));
        between();
    }
    for (const char* state : {"keys", "values", "position"}) results.push_back(session.get(state));
    return results;
}

void check_equal(const std::vector<Tensor>& found, const std::vector<Tensor>& expected) {
    REQUIRE(found.size() == expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) CHECK(bit_difference(found[i], expected[i]) == "");
}

// Two lines at a time, one after the other, through a tiny model.
class TinyText {
public:
    TinyText() {
        write_tiny_model(folder_, {{"max_length", 8}});
        for (std::uint32_t i = 0; i < 6; ++i) lines_.push_back(tiny_text(2 + i, i));
    }
    Translator open(const Device& device) const {
        return Translator(device, folder_.path(), {.batch_tokens = 64, .batch_rows = 4});
    }
    std::string text(Translator& translator, const std::function<void()>& between) const {
        std::string text;
        for (const std::string& line : lines_) {
            text += translator.translate(line, {.beam_size = 2}).text + "\n";
            between();
        }
        return text;
    }

private:
    TemporaryFolder          folder_;
    std::vector<std::string> lines_;
};

}  // namespace

TEST_CASE("a graph gives the same bits in the host's memory, and scratch is the host's between runs") {
    const std::vector<Tensor> expected = walk(main_device(), [] {});
    const Sizes               sizes    = needed_by([](const Device& device) { walk(device, [] {}); });
    for (const Way& way : ways) {
        CAPTURE(way.name);
        Guest guest(way, sizes);
        check_equal(walk(*guest.device, [&] { guest.heap.overwrite(MemoryClass::scratch); }), expected);
        for (const MemoryClass of : classes) {
            CAPTURE(name_of(of));
            CHECK(guest.device->memory(of).used == 0);
            if (way.discrete || of != MemoryClass::upload) CHECK(guest.device->memory(of).peak > 0);
        }
        CHECK((guest.heap.asked() > 0) == (way.from == From::callbacks));
    }
}

TEST_CASE("a translator gives the same text in the host's memory") {
    const TinyText tiny;
    std::string    expected;
    const Sizes    sizes = needed_by([&](const Device& device) {
        Translator own = tiny.open(device);
        expected       = tiny.text(own, [] {});
    });
    for (const Way& way : ways) {
        CAPTURE(way.name);
        Guest guest(way, sizes);
        {
            Translator translator = tiny.open(*guest.device);
            CHECK(tiny.text(translator, [&] { guest.heap.overwrite(MemoryClass::scratch); }) == expected);
            if (way.from == From::callbacks) {  // a lower cap, of which what was given is no part
                expect_error(Status::out_of_device_memory, {"stay in use"}, [&] { guest.device->trim(0); });
                CHECK(tiny.text(translator, [] {}) == expected);
            } else {
                CHECK_NOTHROW(guest.device->trim(0));
            }
            CHECK(translator.stats().batch_halvings == 0);
        }
        CHECK(guest.device->memory_used() == 0);
    }
}

TEST_CASE("too little of a class is said by name, and with more the session goes on") {
    constexpr std::uint64_t capacity = 256 * layer_capacity;
    const Graph             graph    = decoder_layer_step(capacity);  // states beyond what walk() needs
    const auto              first_y  = [&](Session& session) {
        const Program program = session.prepare(graph);
        session.set("x", decoder_layer_token(0));
        session.run(program);
        return session.get("y");
    };
    WeightMap     source = decoder_layer_weights();
    const Weights own_weights(main_device(), source, std::span(&graph, 1));
    Session       own_session(main_device(), own_weights);
    const Tensor  expected = first_y(own_session);
    const Sizes   sizes    = needed_by([](const Device& device) { walk(device, [] {}); });
    for (const Way& way : ways) {
        if (way.from == From::callbacks) continue;
        CAPTURE(way.name);
        const auto             of = way.from == From::buffers ? HostHeap::Of::buffer : HostHeap::Of::memory;
        Guest                  guest(way, sizes);
        const Weights          weights(*guest.device, source, std::span(&graph, 1));
        std::optional<Session> session(std::in_place, *guest.device, weights);
        const std::string      wanted  = std::to_string(layer_batch * capacity * layer_width * 4) + " bytes are wanted";
        const auto             too_big = [&] { first_y(*session); };
        expect_error(Status::out_of_device_memory, {"state", wanted, "are left of what the host gave"}, too_big);
        const HostRange more = guest.give(of, MemoryClass::state, 8u << 20, 33);
        CHECK(bit_difference(first_y(*session), expected) == "");
        expect_error(Status::usage, {"state", "are in use"}, [&] { guest.device->take_back(more); });
        session.reset();
        guest.device->take_back(more);
        expect_error(Status::usage, {"was not given"}, [&] { guest.device->take_back(more); });
        session.emplace(*guest.device, weights);
        expect_error(Status::out_of_device_memory, {"state", wanted}, too_big);
    }
}

TEST_CASE("a lower cap is a status while more is in use, and sessions go on") {
    for (const bool asked : {false, true})
        for (const bool discrete : {false, true}) {
            if (slow && asked != discrete) continue;
            CAPTURE(asked);
            CAPTURE(discrete);
            VulkanShim      shim;
            const OwnDevice own;
            HostHeap        heap(own, !discrete);
            if (discrete) shim.pretend(discrete_memory(1u << 30));
            const HostAllocator allocator = heap.allocator();
            Device::Import      given     = own.import(profile_caps());
            given.get_instance_proc       = shim.get_instance_proc();
            if (asked) given.memory = &allocator;
            Device              device   = Device::import(given);
            const auto          expected = walk(device, [] {});
            const std::uint64_t peak     = device.memory_peak();
            CHECK(device.memory_used() == 0);

            const auto lowered = walk(device, [&] {
                const std::uint64_t used = device.memory_used();
                expect_error(Status::out_of_device_memory,
                             {"trim", std::to_string(used) + " bytes stay in use", "1 more"},
                             [&] { device.trim(used - 1); });
                CHECK(device.memory_used() == used);
            });
            check_equal(lowered, expected);

            // Under that cap blocks are as large as what is in them, so that all of it does fit; not under a tenth.
            CHECK_NOTHROW(device.trim(peak));
            check_equal(walk(device, [] {}), expected);
            device.trim(peak / 100);
            expect_error(Status::out_of_device_memory, {"bytes"}, [&] { walk(device, [] {}); });
            CHECK(device.memory_used() == 0);
            device.trim(UINT64_MAX);
            check_equal(walk(device, [] {}), expected);
            CHECK(heap.damage() == "");
        }
}

TEST_CASE("callbacks that do not keep to what is asked for") {
    const auto expected = walk(main_device(), [] {});
    struct Row {
        const char*       name;
        HostHeap::Mistake mistake;
        Status            status;
        const char*       words;
    };
    const Row rows[] = {
        {"odd offset", {.offset = 4}, Status::usage, "no multiple of"},
        {"not mapped", {.unmapped = true}, Status::usage, "is not mapped"},
        {"mapped at an odd address", {.mapped = 2}, Status::usage, "numbers cannot be"},
        {"nothing", {.none = true}, Status::out_of_device_memory, "the host gives no more"},
    };
    Guest guest(ways[0], {});
    for (const Row& row : rows) {
        CAPTURE(row.name);
        guest.heap.mistake = row.mistake;
        expect_error(row.status, {row.words}, [&] { walk(*guest.device, [] {}); });
        CHECK(guest.heap.live() == 0);
        CHECK(guest.device->memory_used() == 0);
        guest.heap.mistake = {};
        check_equal(walk(*guest.device, [] {}), expected);
    }
    guest.heap.mistake.throws = true;
    CHECK_THROWS_AS(walk(*guest.device, [] {}), std::runtime_error);
    guest.heap.mistake = {};
    check_equal(walk(*guest.device, [] {}), expected);
}

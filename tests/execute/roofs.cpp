// Roofs: each is measured, and what it computed was right; what cannot be measured says why.
#include "kernels/kernels.h"
#include "support/expect_error.h"
#include "support/own_device.h"
#include "support/test_devices.h"
#include "support/vulkan_shim.h"
#include "support/without_timestamps.h"
#include "vulkan/context.h"

#include <attune/roofs.hpp>

#include <algorithm>
#include <set>

using namespace attune;
using namespace attune::test;

namespace {

// Small and short: three samples of a millisecond over 192 KiB, which no block of any device divides evenly.
const RoofOptions quick{.bytes = (192u << 10) + 48, .samples = 3, .seconds = 0.002};

std::vector<RoofKind> all_kinds() {
    std::vector<RoofKind> kinds;
    for (std::size_t i = 0; i < roof_count; ++i) kinds.push_back(static_cast<RoofKind>(i));
    return kinds;
}

void check_measured(const Roof& roof, const RoofOptions& options, ProgramTimes::Clock clock) {
    CHECK_MESSAGE(roof.available, roof.why_not);
    CHECK_MESSAGE(roof.ok, roof.why_not);
    CHECK(roof.why_not == "");
    CHECK(roof.clock == (roof.kind == RoofKind::submit ? ProgramTimes::Clock::host : clock));
    REQUIRE(roof.samples.size() == options.samples);
    const auto [least, most] = std::ranges::minmax(roof.samples);
    CHECK(least > 0);
    CHECK(roof.per_second >= 0.999 / most);
    CHECK(roof.per_second <= 1.001 / least);
}

}  // namespace

TEST_CASE("every roof is measured and computes what it should") {
    const bool float16 = main_device().context()->enabled().shader_float16;
    for (const RoofKind kind : all_kinds()) {
        const std::string name = name_of(kind);
        CAPTURE(name);
        const Roof roof = measure_roof(main_device(), kind, quick);
        CHECK(roof.kind == kind);
        if (kind == RoofKind::fma_f16 && !float16) {
            CHECK_FALSE(roof.available);
            CHECK(roof.why_not.find("shaderFloat16") != std::string::npos);
        } else {
            check_measured(roof, quick, ProgramTimes::Clock::device);
        }
    }
}

TEST_CASE("a device that leaves out the last workgroup, or copies from beside the place, has no roofs") {
    VulkanShim   shim;
    const Device device =
        Device::open({.select = "", .caps = profile_caps(), .get_instance_proc = shim.get_instance_proc()});
    shim.dispatch = [](std::uint32_t& groups) { groups -= 1; };
    for (const RoofKind kind : all_kinds()) {
        const std::string name = name_of(kind);
        CAPTURE(name);
        shim.copy = nullptr;
        if (kind == RoofKind::copy_buffer)  // and so is what is copied back, to be compared
            shim.copy = [](VkBufferCopy& copy) { copy.srcOffset += 16, copy.size -= 16; };
        const Roof roof = measure_roof(device, kind, quick);
        if (kind == RoofKind::submit || !roof.available) continue;
        CHECK_FALSE(roof.ok);
        CHECK(roof.why_not != "");
        CHECK(roof.per_second == 0);
    }
}

TEST_CASE("multiplying and adding is faster than exp2, which is several operations") {
    const auto best = [](RoofKind kind) {
        return 1 / std::ranges::min(measure_roof(main_device(), kind, quick).samples);
    };
    CHECK(best(RoofKind::fma_f32) > best(RoofKind::exp2));
}

TEST_CASE("without timestamps and features roofs are measured by the host's clock, or not at all") {
    const OwnDevice own;
    const Device    device = Device::import(without_timestamps(own.import(profile_caps())));
    check_measured(measure_roof(device, RoofKind::read, quick), quick, ProgramTimes::Clock::host);
    const Roof missing = measure_roof(device, RoofKind::fma_f16, quick);
    CHECK_FALSE(missing.available);
    CHECK_FALSE(missing.ok);
    CHECK(missing.per_second == 0);
    CHECK(missing.samples.empty());
    CHECK(missing.why_not.find("features") != std::string::npos);
}

TEST_CASE("roofs give their memory back") {
    const std::uint64_t before = main_device().memory_used();
    for (const RoofKind kind : {RoofKind::copy_shader, RoofKind::read, RoofKind::exp2})
        measure_roof(main_device(), kind, quick);
    CHECK(main_device().memory_used() == before);
}

TEST_CASE("what cannot be measured is refused") {
    expect_error(Status::usage, {"samples"}, [] { measure_roof(main_device(), RoofKind::read, {.samples = 0}); });
    expect_error(Status::usage, {"64 KiB"}, [] { measure_roof(main_device(), RoofKind::read, {.bytes = 1}); });
}

TEST_CASE("names and units are there for every kind, and kernels for every roof") {
    std::set<std::string> names;
    for (const RoofKind kind : all_kinds()) {
        names.insert(name_of(kind));
        CHECK(std::string(unit_of(kind)).ends_with("/s"));
    }
    CHECK(names.size() == roof_count);
    const auto is_roof = [](const Kernel* one) { return one->name.starts_with("roof_") && !one->name.ends_with("_texels"); };
    CHECK(std::ranges::count_if(kernels::all(), is_roof) == 8);
}

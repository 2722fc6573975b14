// What was found out about a device is not found out again, as long as it is the same one, and stays found out.
#include "qualification/mutants.h"
#include "support/expect_error.h"
#include "support/test_devices.h"
#include "support/vulkan_shim.h"
#include "vulkan/quarantine.h"
#include "vulkan/saved.h"

#include <attune/ops.hpp>
#include <attune/qualification.hpp>
#include <attune/session.hpp>

#include <doctest/doctest.h>

#include <cstring>

using namespace attune;
using namespace attune::test;

namespace {

Device opened(VulkanShim& shim, bool qualified = true) {
    return Device::open(
        {.select = "", .caps = {}, .get_instance_proc = shim.get_instance_proc(), .qualify = qualified});
}

std::size_t cases_run(const Device& device) { return device.context()->quarantine().cases(); }

// Optional kernels are prepared: the plan, for people.
std::string planned(const Device& device) {
    Graph     g;
    WeightMap source;
    source.set("w", Tensor({Type::f32, {100, 64}}));
    g.output("y", linear(g, g.input("x", {Type::f32, {12, 64}}), g.weight("w", {Type::f32, {100, 64}})));
    Session session(device, Weights(device, source, {&g, 1}, {.fuse = false}));
    return session.prepare(g).text();
}

bool reads_texels(const std::string& plan) { return plan.find("_texels") != std::string::npos; }

}  // namespace

TEST_CASE("a device that is opened again with its verdicts runs no golden case, and computes with the same kernels") {
    VulkanShim             shim;
    std::vector<std::byte> verdicts;
    {
        const Device device = opened(shim);
        CHECK(reads_texels(planned(device)));
        CHECK(cases_run(device) > 0);
        verdicts                 = export_verdicts(device);
        const std::size_t before = cases_run(device);
        planned(device);
        CHECK(cases_run(device) == before);
        CHECK(export_verdicts(device) == verdicts);
    }
    const Device device = opened(shim);
    import_verdicts(device, verdicts);
    CHECK(reads_texels(planned(device)));
    CHECK(cases_run(device) == 0);
    CHECK(device.report().find("\"cases_run\": 0") != std::string::npos);
    CHECK(export_verdicts(device) == verdicts);
    // What they do not speak of is still tried.
    qualify(device);
    CHECK(cases_run(device) > 0);
}

TEST_CASE("verdicts that are damaged or somebody else's are refused, and everything is tried again") {
    VulkanShim   shim;
    const Device device = opened(shim);
    planned(device);
    const std::vector<std::byte> good  = export_verdicts(device);
    const Device                 again = opened(shim);
    const auto                   none  = export_verdicts(again);
    for (std::size_t at = 0; at < good.size(); ++at) {
        CAPTURE(at);
        std::vector<std::byte> changed = good;
        changed[at] ^= std::byte{16};
        expect_error(Status::bad_input, {"[verdicts] is "}, [&] { import_verdicts(again, changed); });
        expect_error(Status::bad_input, {"[verdicts] is "}, [&] { import_verdicts(again, std::span(good).first(at)); });
    }
    // Whole, and of another kind.
    expect_error(Status::bad_input, {"none of attune's"}, [&] { import_verdicts(again, again.export_cache()); });
    // A header that is right, in front of what is not: kernels that there are not, or that nobody asks about.
    for (const char* text :
         {"", "[]", "{\"passed\": [], \"refused\": 3}", "{\"passed\": [[\"gemm\", [1]]], \"refused\": []}",
          "{\"passed\": [[\"add\", [1]]], \"refused\": []}",
          "{\"passed\": [[\"softmax_lanes\", [\"8\"]]], \"refused\": []}",
          "{\"passed\": [], \"refused\": [[\"softmax\", \"why\"]]}"}) {
        CAPTURE(text);
        const auto bytes =
            vulkan::sealed(*again.context(), vulkan::saved_verdicts, std::as_bytes(std::span(text, std::strlen(text))));
        expect_error(Status::bad_input, {"[verdicts]"}, [&] { import_verdicts(again, bytes); });
    }
    CHECK(export_verdicts(again) == none);
    CHECK(reads_texels(planned(again)));
    CHECK(cases_run(again) == cases_run(device));
}

TEST_CASE("another driver, device, or size of subgroups is another identity") {
    const Device&              device = main_device();
    VkPhysicalDeviceProperties properties{};
    properties.vendorID = 1, properties.deviceID = 2, properties.driverVersion = 3;
    DeviceInfo          info = device.info();
    const std::uint64_t one  = vulkan::identity_of(info, properties).device;
    CHECK(vulkan::identity_of(info, properties).device == one);
    const auto differs = [&](auto change, auto back) {
        change();
        CHECK(vulkan::identity_of(info, properties).device != one);
        back();
        CHECK(vulkan::identity_of(info, properties).device == one);
    };
    const DeviceInfo before = info;
    differs([&] { properties.driverVersion = 4; }, [&] { properties.driverVersion = 3; });
    differs([&] { properties.vendorID = 4; }, [&] { properties.vendorID = 1; });
    differs([&] { properties.deviceID = 4; }, [&] { properties.deviceID = 2; });
    differs([&] { properties.pipelineCacheUUID[15] = 1; }, [&] { properties.pipelineCacheUUID[15] = 0; });
    differs([&] { info.driver_id += 1; }, [&] { info = before; });
    differs([&] { info.driver += " "; }, [&] { info = before; });
    differs([&] { info.uuid[31] = info.uuid[31] == '0' ? '1' : '0'; }, [&] { info = before; });
    differs([&] { info.subgroup_size *= 2; }, [&] { info = before; });
}

TEST_CASE("a variant that was refused stays so") {
    const MutantCompiler             compiler;
    const std::vector<std::uint32_t> words  = compiler.compile(rows_swapped);
    const Kernel&                    kernel = kernel_called(rows_swapped.kernel);
    std::vector<std::byte>           verdicts;
    std::string                      why;
    {
        VulkanShim shim;
        shim.shader         = in_place_of(kernel, words);
        const Device device = opened(shim);
        CHECK_FALSE(reads_texels(planned(device)));
        REQUIRE(refused_variants(device).size() == 1);
        why      = refused_variants(device)[0].why;
        verdicts = export_verdicts(device);
    }
    // With a driver that would be right by now: the verdict is about this version of it.
    for (const bool qualified : {true, false}) {
        VulkanShim   shim;
        const Device device = opened(shim, qualified);
        import_verdicts(device, verdicts);
        import_verdicts(device, verdicts);
        CHECK_FALSE(reads_texels(planned(device)));
        CHECK(cases_run(device) == 0);
        const auto refused = qualify(device);
        REQUIRE(refused.size() == 1);
        CHECK(refused[0].name == "texel_loads");
        CHECK(refused[0].instead == "storage buffers");
        CHECK(refused[0].why == why);
    }
}

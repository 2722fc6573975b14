// attune tune's way of choosing: from trials as data, and on a device.
#include "bench/tune.h"
#include "bench/bench.h"

#include "kernels/kernels.h"
#include "support/expect_error.h"
#include "support/test_devices.h"
#include "support/vulkan_shim.h"

#include <attune/error.hpp>

#include <doctest/doctest.h>

#include <algorithm>

using namespace attune;
using namespace attune::bench;
using namespace attune::test;

namespace {

using Found = TuneTrial::Outcome;

// Ten samples spread over 2 % around a median.
TuneTrial trial(const char* name, std::uint32_t value, double median, Found outcome = Found::measured,
                double spread = 0.01) {
    TuneTrial one{.choice = "rows", .name = name, .value = value, .usual = value == 8, .outcome = outcome};
    for (int i = 0; i < 10; ++i) one.ns.push_back(median * (1 + spread * (i - 4.5) / 4.5));
    one.median   = bench::median(one.ns);
    one.interval = median_interval(one.ns);
    one.ratio    = median / 100;  // of the usual value's, which takes 100
    return one;
}

const std::vector<TuneCases> small_cases = {
    {"product_rows", {"gemm:m=64,n=12,k=64", "gemm:m=64,n=3,k=64", "gemm:m=64,n=7,k=64"}},
    {"low_tile_rows", {"gemm:m=64,n=20,k=64"}},
};

struct Tuned {
    std::vector<TuneResult> results;
    std::vector<TuneTrial>  trials;

    explicit Tuned(const Device& device) {
        results = tune(device,
                       {.samples = 2, .least_seconds = 1e-4, .cases = small_cases, .trial = [&](const TuneTrial& one) {
                            trials.push_back(one);
                        }});
    }
    const TuneTrial& of(std::uint32_t value, const std::string& name) const {
        const auto found = std::ranges::find_if(
            trials, [&](const TuneTrial& one) { return one.value == value && one.name.starts_with(name); });
        REQUIRE(found != trials.end());
        return *found;
    }
};

Device opened(VulkanShim& shim) {
    return Device::open({.select = "", .caps = {}, .get_instance_proc = shim.get_instance_proc(), .qualify = false});
}

}  // namespace

TEST_CASE("another value than the usual one is taken where it is faster beyond doubt, and slower nowhere") {
    struct Row {
        const char*            what;
        std::vector<TuneTrial> trials;
        std::uint32_t          best;
    };
    const Row rows[] = {
        {"nothing was tried", {}, 8},
        {"the usual one alone", {trial("a", 8, 100)}, 8},
        {"faster", {trial("a", 8, 100), trial("a", 4, 90)}, 4},
        {"slower", {trial("a", 8, 100), trial("a", 4, 110)}, 8},
        {"faster by 2.5 %",
         {trial("a", 8, 100, Found::measured, 0.001), trial("a", 4, 97.5, Found::measured, 0.001)},
         8},
        {"intervals that overlap",
         {trial("a", 8, 100, Found::measured, 0.5), trial("a", 4, 90, Found::measured, 0.5)},
         8},
        {"slower on another case", {trial("a", 8, 100), trial("a", 4, 50), trial("b", 8, 100), trial("b", 4, 105)}, 8},
        {"as fast on another case", {trial("a", 8, 100), trial("a", 4, 90), trial("b", 8, 100), trial("b", 4, 101)}, 4},
        {"the fastest of several", {trial("a", 8, 100), trial("a", 4, 90), trial("a", 16, 80), trial("a", 2, 85)}, 16},
        {"by all cases together",
         {trial("a", 8, 100), trial("a", 4, 80), trial("a", 16, 90), trial("b", 8, 100), trial("b", 4, 100),
          trial("b", 16, 70)},
         16},
        {"wrong", {trial("a", 8, 100), trial("a", 4, 50, Found::wrong), trial("a", 16, 90)}, 16},
        {"wrong on another case",
         {trial("a", 8, 100), trial("a", 4, 50), trial("b", 8, 100), trial("b", 4, 50, Found::wrong)},
         8},
        {"failed", {trial("a", 8, 100), trial("a", 4, 50, Found::failed)}, 8},
        {"nothing to compare with", {trial("a", 4, 50)}, 8},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        CHECK(best_value(8, row.trials) == row.best);
    }
}

TEST_CASE("tuning leaves a device with one of the values that were tried, all of them right") {
    const Device device =
        Device::open({.select = "", .caps = profile_caps(), .get_instance_proc = nullptr, .qualify = false});
    set_tuning(device, "product_rows", 4);  // what was set before is left aside
    const Tuned tuned(device);
    const auto  choices = tuning_choices(device);
    REQUIRE(tuned.results.size() == choices.size());
    for (std::size_t i = 0; i < choices.size(); ++i) {
        const TuneResult& one = tuned.results[i];
        CAPTURE(one.choice.name);
        CHECK(choices[i].name == one.choice.name);
        CHECK(choices[i].value == one.value);
        CHECK_FALSE(one.wrong);
        const bool tried = one.choice.name == "product_rows";
        CHECK(one.trials.size() == (tried ? 3 * one.choice.candidates.size() : 0));
        if (!tried) CHECK(one.value == one.choice.usual);
    }
    for (const TuneTrial& one : tuned.trials) {
        CAPTURE(one.name);
        CAPTURE(one.value);
        CAPTURE(one.note);
        CHECK((one.outcome == Found::measured || one.outcome == Found::alike));
    }
    // Three rows take the kernel of four whatever else there is: the usual value has nothing to be compared with.
    CHECK(tuned.of(4, "gemm:m=64,n=3,").outcome == Found::alike);
    CHECK(tuned.of(4, "gemm:m=64,n=12,").outcome == Found::measured);
    CHECK(tuned.of(4, "gemm:m=64,n=12,").ns.size() == 2);
    // Seven take that of eight also where sixteen may be had: the usual one of the two is measured, for both.
    CHECK(tuned.of(8, "gemm:m=64,n=7,").ns.size() == 2);
    if (std::ranges::count(tuned.trials, 16u, &TuneTrial::value) > 0) {
        const auto rows = std::ranges::find(choices, "product_rows", &TuningChoice::name);
        CHECK(tuned.of(rows->usual == 8 ? 16 : 8, "gemm:m=64,n=7,").outcome == Found::alike);
        CHECK(tuned.of(8, "gemm:m=64,n=7,").ns == tuned.of(16, "gemm:m=64,n=7,").ns);
    }
}

// A kernel that mixes two numbers where it should multiply and add (FMix for Fma of GLSL.std.450).
std::vector<std::uint32_t> mixed_up(std::span<const std::uint32_t> spirv) {
    constexpr std::uint32_t    extended = 12, fma = 50, mix = 46;
    std::vector<std::uint32_t> words(spirv.begin(), spirv.end());
    for (std::size_t at = 5; at < words.size(); at += words[at] >> 16)
        if ((words[at] & 0xffff) == extended && words[at + 4] == fma) words[at + 4] = mix;
    return words;
}

// The driver is given another kernel than the one that a value stands for, which writes other numbers.
TEST_CASE("a value whose results are wrong is never timed") {
    if (main_device().info().subgroup_size < 8 || profile() != "lavapipe") return;
    const auto with = [](const Kernel& wrong) {
        VulkanShim shim;
        const auto words = mixed_up(wrong.spirv);
        shim.shader = [&](std::span<const std::uint32_t> given) -> std::span<const std::uint32_t> {
            return std::ranges::equal(given, wrong.spirv) ? std::span<const std::uint32_t>(words)
                                                          : std::span<const std::uint32_t>{};
        };
        const Device device = opened(shim);
        return Tuned(device);
    };
    SUBCASE("of another value") {
        const Tuned      tuned = with(kernels::linear_registers_16_shared_8_texels);
        const TuneTrial& one   = tuned.of(16, "gemm:m=64,n=12,");
        CHECK(one.outcome == Found::wrong);
        CHECK(one.ns.empty());
        CHECK(one.note == "other bits than with 8");
        CHECK(tuned.of(8, "gemm:m=64,n=12,").outcome == Found::measured);
        CHECK(tuned.of(4, "gemm:m=64,n=12,").outcome == Found::measured);
    }
    SUBCASE("of the usual one") {
        const Tuned tuned = with(kernels::linear_registers_8_shared_8_texels);
        for (const std::uint32_t value : {16u, 8u, 4u}) {
            CHECK(tuned.of(value, "gemm:m=64,n=12,").outcome == Found::wrong);
            CHECK(tuned.of(value, "gemm:m=64,n=12,").ns.empty());
        }
        for (const TuneResult& one : tuned.results) CHECK(one.value == one.choice.usual);
    }
}

TEST_CASE("tuning that is cancelled or over leaves the table's values") {
    const Device device =
        Device::open({.select = "", .caps = profile_caps(), .get_instance_proc = nullptr, .qualify = false});
    const auto              table  = export_tuning(device);
    const std::atomic<bool> cancel = true;
    expect_error(Status::cancelled, {"tune"}, [&] { tune(device, {.cases = small_cases, .cancel = &cancel}); });
    CHECK(export_tuning(device) == table);
    for (const TuneResult& one : tune(device, {.max_seconds = 0, .cases = small_cases})) {
        CHECK(one.trials.empty());
        CHECK(one.value == one.choice.usual);
    }
    CHECK_THROWS_AS(
        tune(device, {.least_seconds = 1e-4,
                      .cases         = small_cases,
                      .trial         = [](const TuneTrial&) { throw std::runtime_error("the paper has run out"); }}),
        std::runtime_error);
    CHECK(export_tuning(device) == table);
}

TEST_CASE("records say what is not as the table has it") {
    const Device device =
        Device::open({.select = "", .caps = profile_caps(), .get_instance_proc = nullptr, .qualify = false});
    const auto recorded = [&] {
        Record       last;
        BenchOptions options{.names = {"softmax:rows=4,width=8"}, .samples = 1, .roofs = {}};
        options.record = [&](const Record& record) { last = record; };
        run_bench(device, options);
        CHECK(last.ok);
        return last;
    };
    CHECK(recorded().tuning.empty());
    set_tuning(device, "product_rows", 4);
    CHECK(recorded().tuning == "product_rows=4");
}

TEST_CASE("every choice has cases, and every case has a name that can be run") {
    const auto has_cases = [](const TuningChoice& choice) {
        return std::ranges::count(tune_cases(), choice.name, &TuneCases::choice) == 1;
    };
    for (const Device* device : {&main_device(), &as_gpu_device()})
        for (const TuningChoice& choice : tuning_choices(*device)) {
            CAPTURE(choice.name);
            CHECK(has_cases(choice));
        }
    for (const TuneCases& one : tune_cases())
        for (const std::string& name : one.names) CHECK((parse_case(name, families()).family->make != nullptr));
}

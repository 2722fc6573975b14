// Every Vulkan call of a program fails once, with each code that it may fail with. The program learns of it
// by a status, nothing is leaked, and what it has goes on working.
#include "faults/subject.h"
#include "support/test_devices.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

using namespace attune;
using namespace attune::test;

namespace {

struct Scenario {
    const char*                                          name;
    std::function<std::unique_ptr<Subject>(VulkanShim&)> make;
    bool                                                 cold     = true;   // a new device for every fault
    bool                                                 discrete = false;  // device memory that the host cannot see
};

template <class Kind, class... More> auto maker(More... more) {
    return [=](VulkanShim& shim) -> std::unique_ptr<Subject> { return std::make_unique<Kind>(shim, more...); };
}

const Scenario scenarios[] = {
    {"open", maker<Opening>()},
    {"import", maker<Importing>()},
    {"export and import a pipeline cache", maker<Caching>()},
    {"load, prepare, run, get: from nothing", maker<Running>(Running::Way::run)},
    {"load, prepare, run, get: through staging memory", maker<Running>(Running::Way::run, single_allocations), false,
     true},
    {"record into a host's commands", maker<Running>(Running::Way::record), false, false},
    {"record, through staging memory", maker<Running>(Running::Way::record, single_allocations), false, true},
    {"translate", maker<Translating>(), false, false},
    {"translate, through staging memory", maker<Translating>(single_allocations), false, true},
};

// All of them strike on one driver; another that takes a second to compile a few kernels sees a share.
std::size_t share() { return std::max<std::size_t>(row_share(), profile() == "swiftshader" ? 37 : 1); }

struct Outcome {
    Status      status = Status::ok;
    std::string message;  // or the bits
};

Outcome round(Subject& subject) {
    try {
        return {Status::ok, subject.round()};
    } catch (const Error& error) { return {error.status(), error.what()}; }
}

// Whether a round may end with this status after a call gave that code.
bool is_right(Status status, VkResult code) {
    switch (code) {
    case VK_INCOMPLETE:
    case VK_TIMEOUT: return status == Status::ok;
    case VK_ERROR_OUT_OF_HOST_MEMORY: return status == Status::out_of_host_memory;
    case VK_ERROR_OUT_OF_DEVICE_MEMORY:  // or done with less of it
    case VK_ERROR_FRAGMENTED_POOL:
    case VK_ERROR_OUT_OF_POOL_MEMORY: return status == Status::out_of_device_memory || status == Status::ok;
    case VK_ERROR_INCOMPATIBLE_DRIVER: return status == Status::no_device;
    default: return status == Status::device_failed;
    }
}

std::string text_of(std::map<std::string, std::uint64_t> objects) {
    std::string text;
    for (const auto& object : objects) text += object.first + " " + std::to_string(object.second) + " ";
    return text;
}

// What a device keeps for itself once it has been made, and what is therefore no leak while the device lives.
std::string beyond_caches(std::map<std::string, std::uint64_t> objects) {
    for (const char* kept : {"Pipeline", "ShaderModule", "PipelineLayout", "PipelineCache", "DescriptorSetLayout"}) objects.erase(kept);
    return text_of(std::move(objects));
}

class Walk {
public:
    explicit Walk(const Scenario& scenario) : scenario_(scenario) {
        if (scenario.discrete) shim_.pretend(discrete_memory(1u << 30));
        subject_  = scenario.make(shim_);
        expected_ = subject_->round();
        reset(scenario.cold);
        resting_ = beyond_caches(shim_.alive());
        shim_.trace();
        REQUIRE(subject_->round() == expected_);
        calls_ = shim_.trace();
        reset(scenario.cold);
    }

    void strike_each() {
        const auto start = std::chrono::steady_clock::now();
        for (std::size_t n = 0; n < calls_.size(); ++n)
            for (const VkResult code : codes_of(calls_[n])) {
                static std::uint64_t faults = 0;
                if (faults++ % share() == 0) strike(n, code);
            }
        reset(true);
        CHECK(text_of(shim_.alive()) == "");
        std::printf("%-50s %4zu calls, %4zu faults, %5.1f s\n", scenario_.name, calls_.size(), struck_,
                    std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }

private:
    void strike(std::size_t n, VkResult code) {
        CAPTURE(scenario_.name);
        CAPTURE(n);
        CAPTURE(name_of(calls_[n]));
        CAPTURE(static_cast<int>(code));
        const std::uint64_t before = shim_.struck();
        shim_.fail({.nth = n + 1, .code = code});
        const Outcome outcome = round(*subject_);
        shim_.fail_no_more();
        REQUIRE(shim_.struck() == before + 1);
        CAPTURE(outcome.message);
        CAPTURE(status_name(outcome.status));
        CHECK(is_right(outcome.status, code));
        if (outcome.status == Status::ok)
            CHECK(outcome.message == expected_);
        else
            CHECK((outcome.message.starts_with("[") && outcome.message.find("] ") != std::string::npos));
        if (code == VK_ERROR_DEVICE_LOST && subject_->device()) expect_latched();
        CHECK(round(*subject_).message == expected_);
        reset(scenario_.cold);
        ++struck_;
    }

    void expect_latched() {
        CHECK(subject_->device()->lost());
        const std::uint64_t calls = shim_.calls();
        const Outcome       after = round(*subject_);
        CHECK(status_name(after.status) == std::string("device_failed"));
        CHECK(after.message.find("lost") != std::string::npos);
        CHECK(shim_.calls() == calls);
        reset(true);
    }

    // Destroying makes no other call, in the right order, and leaves nothing.
    void reset(bool device_too) {
        const std::uint64_t calls = shim_.calls();
        subject_->reset(device_too);
        CHECK(shim_.calls() == calls);
        CHECK(shim_.violation() == "");
        if (!resting_.empty() || device_too) CHECK(beyond_caches(shim_.alive()) == (device_too ? "" : resting_));
    }

    const Scenario&          scenario_;
    VulkanShim               shim_;
    std::unique_ptr<Subject> subject_;
    std::string              expected_, resting_;
    std::vector<Entry>       calls_;
    std::size_t              struck_ = 0;
};

}  // namespace

TEST_CASE("every Vulkan call fails once, with each of its codes") {
    for (const Scenario& scenario : scenarios) Walk(scenario).strike_each();
}

// What a device has to have, what it remembers of pipelines, and what it tells of itself.
#include "c_api/guest.h"
#include "support/test_devices.h"
#include "support/timeline_device.h"
#include "support/tiny_model.h"

#include <attune/requirements.hpp>
#include <attune/translator.hpp>
#include <attune/tuning.hpp>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace attune;
using namespace attune::test;

namespace {

attune_needs needs_of(const OwnDevice& own, std::uint32_t profile) {
    auto needs              = with_head<attune_needs>(ATTUNE_TYPE_NEEDS);
    needs.get_instance_proc = HostImport(own).import.get_instance_proc;
    needs.instance          = own.instance();
    needs.physical          = own.physical();
    needs.api_version       = own.api_version();
    needs.profile           = profile;
    return needs;
}

using Bytes  = std::vector<std::byte>;
using Export = attune_status (*)(attune_device, void*, std::size_t*, attune_error*);
using Import = attune_status (*)(attune_device, const void*, std::size_t, attune_error*);

Bytes exported(Export from, attune_device device) {
    attune_error error = new_error();
    std::size_t  count = 0;
    require_ok(from(device, nullptr, &count, &error), error);
    Bytes       bytes(count);
    std::size_t room = count - 1;
    CHECK(from(device, bytes.data(), &room, &error) == ATTUNE_TOO_SMALL);
    CHECK(room == count);
    CHECK(bytes == Bytes(count));
    require_ok(from(device, bytes.data(), &room, &error), error);
    return bytes;
}

// Any byte of it changed, or cut there.
void refuses_damaged(Import into, attune_device device, const Bytes& good) {
    attune_error error = new_error();
    for (std::size_t at = 0; at < good.size(); at += at < 100 ? 1 : good.size() / 20 + 1) {
        CAPTURE(at);
        Bytes damaged = good;
        damaged[at] ^= std::byte{0x10};
        CHECK(into(device, damaged.data(), good.size(), &error) == ATTUNE_BAD_INPUT);
        CHECK(into(device, good.data(), at, &error) == ATTUNE_BAD_INPUT);
    }
}

nlohmann::json reported(attune_device device, const char* part) { return nlohmann::json::parse(report(device))[part]; }

std::size_t chain_length(const VkPhysicalDeviceFeatures2& features) {
    std::size_t length = 0;
    for (auto* at = static_cast<const VkBaseOutStructure*>(features.pNext); at; at = at->pNext) ++length;
    return length;
}

}  // namespace

TEST_CASE("a pipeline cache goes from one device to the next, and a damaged one changes nothing") {
    TemporaryFolder folder;
    write_tiny_model(folder);
    const std::string line = tiny_text(5, 3), expected = Translator(main_device(), folder.path()).translate(line).text;
    const OwnDevice   own, another;
    const HostImport  given(own), elsewhere(another);
    attune_error      error = new_error();
    Guest             first(given.import), second(elsewhere.import);
    CHECK(first.translate(first.open(folder), line) == expected);
    const Bytes cache = exported(attune_cache_export, first.device);
    REQUIRE(cache.size() > 32);
    refuses_damaged(attune_cache_import, second.device, cache);
    require_ok(attune_cache_import(second.device, cache.data(), cache.size(), &error), error);
    CHECK(second.translate(second.open(folder), line) == expected);
}

TEST_CASE("what kernels have shown goes from one device to the next, and nothing is tried again") {
    TemporaryFolder folder;
    write_tiny_model(folder);
    const std::string line = tiny_text(5, 3), expected = Translator(main_device(), folder.path()).translate(line).text;
    attune_error      error = new_error();
    Guest             first, second;
    CHECK(first.translate(first.open(folder), line) == expected);
    const auto shown = reported(first.device, "qualification");
    CHECK(shown["cases_run"] > 0);
    const Bytes none     = exported(attune_verdicts_export, second.device),
                verdicts = exported(attune_verdicts_export, first.device);
    CHECK(verdicts != none);
    refuses_damaged(attune_verdicts_import, second.device, verdicts);
    CHECK(attune_verdicts_import(second.device, none.data(), none.size() - 1, &error) == ATTUNE_BAD_INPUT);
    CHECK(exported(attune_verdicts_export, second.device) == none);
    require_ok(attune_verdicts_import(second.device, verdicts.data(), verdicts.size(), &error), error);
    CHECK(exported(attune_verdicts_export, second.device) == verdicts);
    CHECK(second.translate(second.open(folder), line) == expected);
    CHECK(reported(second.device, "qualification")["cases_run"] == 0);
    CHECK(reported(second.device, "qualification")["passed"] == shown["passed"]);
}

TEST_CASE("how kernels share out work goes from one device to the next, and changes no text") {
    TemporaryFolder folder;
    write_tiny_model(folder);
    const std::string  line = tiny_text(5, 3), expected = Translator(main_device(), folder.path()).translate(line).text;
    const Device       tuned  = Device::open({});
    const TuningChoice choice = tuning_choices(tuned).front();
    REQUIRE(choice.candidates.size() > 1);
    set_tuning(tuned, choice.name, choice.candidates.back());
    const Bytes  tuning = export_tuning(tuned);
    attune_error error  = new_error();
    Guest        guest;
    const Bytes  table = exported(attune_tuning_export, guest.device);
    CHECK(table != tuning);
    refuses_damaged(attune_tuning_import, guest.device, tuning);
    CHECK(exported(attune_tuning_export, guest.device) == table);
    require_ok(attune_tuning_import(guest.device, tuning.data(), tuning.size(), &error), error);
    CHECK(exported(attune_tuning_export, guest.device) == tuning);
    CHECK(reported(guest.device, "tuning")["values"][choice.name] == choice.candidates.back());
    CHECK(guest.translate(guest.open(folder), line) == expected);
}

TEST_CASE(
    "a list of needs, merged into a host's chain, taken out again: the device translates and says by which paths") {
    TemporaryFolder folder;
    write_tiny_model(folder);
    const std::string line = tiny_text(5, 3), expected = Translator(main_device(), folder.path()).translate(line).text;
    for (const std::uint32_t profile : {ATTUNE_PROFILE_FULL, ATTUNE_PROFILE_BASELINE}) {
        CAPTURE(profile);
        attune_error              error = new_error();
        auto                      added = with_head<attune_added>(ATTUNE_TYPE_ADDED);
        VkPhysicalDeviceFeatures2 features{};
        features.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2;
        VkPhysicalDevice16BitStorageFeatures theirs{};
        theirs.sType                = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_16BIT_STORAGE_FEATURES;
        features.pNext              = &theirs;
        std::uint32_t      required = 0, timelines = 0;
        OwnDevice::Options options;
        options.api_version = VK_API_VERSION_1_2;
        options.setup       = [&](const OwnDevice& own, DeviceSetup& setup) {
            auto          needs = needs_of(own, profile);
            std::uint32_t count = 0;
            require_ok(attune_requirements(&needs, nullptr, &count, &error), error);
            REQUIRE(count > 0);
            std::vector<attune_need> list(count, with_head<attune_need>(ATTUNE_TYPE_NEED));
            require_ok(attune_requirements(&needs, list.data(), &count, &error), error);
            for (const attune_need& need : list) {
                CHECK(std::string(need.name) != "");
                required += need.required;
                if (need.required) CHECK(need.supported == 1);
                timelines += std::string(need.name) == "timelineSemaphore" && need.supported;
            }
            require_ok(attune_requirements_merge(&needs, &features, &added, &error), error);
            CHECK(attune_requirements_merge(&needs, &features, &added, &error) == ATTUNE_USAGE);
            setup.features = &features;
            setup.extensions.assign(added.extensions, added.extensions + added.extension_count);
        };
        const OwnDevice own(options);
        CHECK(required > 0);
        CHECK((timelines == 1) == (profile == ATTUNE_PROFILE_FULL));
        CHECK((chain_length(features) > 1) == (profile == ATTUNE_PROFILE_FULL));
        const HostImport given(own);
        Guest            guest(given.import);
        attune_requirements_release(&added);
        CHECK(added.owned == nullptr);
        CHECK(chain_length(features) == 1);
        CHECK(features.pNext == &theirs);
        attune_requirements_release(&added);
        attune_requirements_release(nullptr);

        CHECK(guest.translate(guest.open(folder), line) == expected);
        const auto all = nlohmann::json::parse(report(guest.device));
        CHECK(all["device"]["name"] == main_device().info().name);
        CHECK(all["paths"]["timeline_semaphores"]["chosen"] ==
              (profile == ATTUNE_PROFILE_FULL ? "enabled" : "not enabled"));
        CHECK(all["paths"]["kernels"]["chosen"].get<std::string>().find("for ") == 0);
        CHECK(all["paths"]["submission"]["chosen"] == "vkQueueSubmit");
        CHECK(all["memory"]["used"] > 0);
        CHECK(all["memory"]["classes"]["weights"]["used"] > 0);
        CHECK(all["pipelines"]["made"] > 0);
        CHECK(all["lost_in"].is_null());
    }
}

TEST_CASE("a device of which nothing is known translates by the floor's means") {
    TemporaryFolder folder;
    write_tiny_model(folder);
    Translator translator(main_device(), folder.path());
    for (const bool timeline : {false, true}) {  // enabled, and not told
        const TimelineDevice own(timeline);
        HostImport           given(own);
        given.import.features        = nullptr;
        given.import.extensions      = nullptr;
        given.import.extension_count = 0;
        Guest              guest(given.import);
        const attune_model model = guest.open(folder);
        for (std::uint32_t i = 0; i < 3; ++i) {
            const std::string line = tiny_text(2 + 3 * i, i);
            CHECK(guest.translate(model, line) == translator.translate(line).text);
        }
        CHECK(nlohmann::json::parse(report(guest.device))["paths"]["timeline_semaphores"]["chosen"] == "not enabled");
        CHECK(nlohmann::json::parse(report(guest.device))["extensions"].empty());
    }
}

// A slice of the op table under core and synchronization validation: no message; and planted bugs,
// which the same layer with the same settings has to report. Skipped unless asked for, because layers
// are chosen by the environment of the whole process (devices.cmake runs it by itself).
#include "checks/attention_case.h"
#include "op_table/table.h"
#include "plan/rewrite.h"
#include "support/plan_runner.h"
#include "support/test_devices.h"
#include "support/validation_layer.h"

#include <attune/translator.hpp>

#include <doctest/doctest.h>

#include <filesystem>

using namespace attune;
using namespace attune::test;

namespace {

// A graph whose second dispatch reads what the first wrote, as a plan that a bug can be put into.
struct Victim {
    Case          numbers;
    WeightLayouts layouts;
    Plan          plan;

    explicit Victim(const Device& device) {
        Random      random("planted bugs");
        const Value a = numbers.input("a", random_tensor({Type::f32, {9, 130}}, random)), b = numbers.input("b", random_tensor({Type::f32, {9, 130}}, random));
        numbers.graph.output("y", softmax(numbers.graph, add(numbers.graph, a, b)));
        plan = make_plan(rewrite(numbers.graph, numbers.options), device.context()->traits(), layouts);
    }
};

struct Bug {
    const char* name;
    void (*plant)(Plan& plan);
    BarrierFlaw flaw;
    const char* expected;   // part of a message
};
const Bug bugs[] = {
    {"no barrier", [](Plan& plan) { for (PlannedDispatch& planned : plan.dispatches) planned.barrier = false; }, BarrierFlaw::none, "SYNC-HAZARD"},
    {"barrier without shader writes", [](Plan&) {}, BarrierFlaw::no_write_access, "SYNC-HAZARD"},
    {"barrier behind the wrong stage", [](Plan&) {}, BarrierFlaw::wrong_stage, "SYNC-HAZARD"},
    {"binding beyond its buffer", [](Plan& plan) { plan.dispatches.back().locations.back().bytes = 1u << 26; }, BarrierFlaw::none, "VUID-VkDescriptorBufferInfo-range-00342"},
    {"binding at a misaligned offset", [](Plan& plan) { plan.dispatches.front().locations.front().offset += 4; }, BarrierFlaw::none, "VUID-VkWriteDescriptorSet-descriptorType-00328"},
    {"more workgroups than the limit", [](Plan& plan) { plan.dispatches.front().dispatch.groups.x = 1u << 17; }, BarrierFlaw::none, "VUID-vkCmdDispatch-groupCountX-00386"},
};

std::vector<std::string> messages_with(const Bug* bug) {
    const OwnDevice own(validated());
    {
        const Device device = Device::import(own.import(profile_caps()));
        Victim       victim(device);
        if (bug) bug->plant(victim.plan);
        PlanRunner runner(device.context(), victim.plan, victim.layouts, nullptr, {.long_bindings = false, .flaw = bug ? bug->flaw : BarrierFlaw::none});
        runner.run(victim.numbers.tensors);
    }
    return own.messages();
}

}  // namespace

TEST_CASE("validation: planted bugs are reported, the same plan without them is not" * doctest::skip()) {
    choose_layer();
    const auto clean = messages_with(nullptr);
    CHECK_MESSAGE(clean.empty(), joined(clean));
    for (const Bug& bug : bugs) {
        const auto messages = messages_with(&bug);
        CHECK_MESSAGE(reported(messages, bug.expected), bug.name << " went unreported: " << joined(messages));
    }
}

TEST_CASE("validation: a leaked object is reported" * doctest::skip()) {
    choose_layer();
    OwnDevice                own(validated());
    const VkBufferCreateInfo create{.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO, .pNext = nullptr, .flags = 0, .size = 256, .usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT,
                                    .sharingMode = VK_SHARING_MODE_EXCLUSIVE, .queueFamilyIndexCount = 0, .pQueueFamilyIndices = nullptr};
    VkBuffer                 leaked = VK_NULL_HANDLE;
    own.get<PFN_vkCreateBuffer>("vkCreateBuffer")(own.device(), &create, nullptr, &leaked);
    CHECK(own.messages().empty());
    own.end_device();
    CHECK_MESSAGE(reported(own.messages(), "VUID-vkDestroyDevice-device"), joined(own.messages()));
}

// Each row runs by itself with exact bindings and through a session; what is left over shows at the end.
TEST_CASE("validation: a slice of the op table has no message" * doctest::skip()) {
    choose_layer();
    Rows rows;
    for (const OpTable& table : op_tables()) table.fill(rows);
    constexpr std::size_t slice = 9;
    OwnDevice             own(validated());
    std::size_t           runs = 0;
    {
        const Device device = Device::import(own.import(profile_caps()));
        for (std::size_t i = 0; i < rows.all().size(); i += slice * row_share(), ++runs) {
            const Case        row = rows.all()[i].made();
            const std::size_t before = own.messages().size();
            for (const std::string& wrong : failures(device, row, {.through_session = true, .long_bindings = false})) FAIL_CHECK(rows.all()[i].name << ": " << wrong);
            const auto messages = own.messages();
            CHECK_MESSAGE(messages.size() == before, rows.all()[i].name << ": " << joined({messages.begin() + static_cast<std::ptrdiff_t>(before), messages.end()}));
        }
    }
    own.end_device();
    CHECK_MESSAGE(own.messages().empty(), joined(own.messages()));
    MESSAGE(runs << " rows under validation");
}

TEST_CASE("validation: a translation has no message" * doctest::skip()) {
    choose_layer();
    OwnDevice own(validated());
    {
        const Device           device = Device::import(own.import(profile_caps()));
        Translator             translator(device, std::filesystem::path(ATTUNE_SOURCE_DIR) / "samples/models/tatoeba-en-de-fr-es");
        const TranslateOptions options{.target_language = "de", .beam_size = 2, .alignment = true};
        const std::vector<std::string> lines{"Good morning.", "I would like a cup of coffee, please."};
        for (const Translation& translation : translator.translate(lines, options)) CHECK_FALSE(translation.text.empty());
    }
    own.end_device();
    CHECK_MESSAGE(own.messages().empty(), joined(own.messages()));
}

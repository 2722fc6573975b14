// Devices with too little memory: each either translates correctly or says what it needs and what there is,
// and a model that does not fit is refused before anything is allocated.
#include "faults/subject.h"
#include "support/test_devices.h"
#include "support/tiny_model.h"

#include <doctest/doctest.h>

#include <cstdio>

using namespace attune;
using namespace attune::test;

namespace {

// What says how much there is.
enum class Limit { cap, heap, budget };

struct SmallDevice {
    const char* name;
    Limit       limit;
    bool        discrete;
    Precision   precision;
};

const SmallDevice small_devices[] = {
    {"a cap", Limit::cap, false, Precision::f32},
    {"a cap, discrete", Limit::cap, true, Precision::f32},
    {"a cap, f16", Limit::cap, true, Precision::f16},
    {"a heap", Limit::heap, false, Precision::f32},
    {"a heap, discrete", Limit::heap, true, Precision::f32},
    {"a heap, discrete, f16", Limit::heap, true, Precision::f16},
    {"a budget", Limit::budget, false, Precision::f32},
    {"a budget, discrete", Limit::budget, true, Precision::f32},
};

constexpr VkDeviceSize plenty = 1u << 30;

class SmallDevices {
public:
    SmallDevices() {
        write_tiny_model(folder_,
                         {{"d_model", 32}, {"encoder_ffn_dim", 64}, {"decoder_ffn_dim", 64}, {"max_length", 12}});
        for (std::uint32_t i = 0; i < 6; ++i) lines_.push_back(tiny_text(2 + i, i));
    }

    Device open(const SmallDevice& row, VkDeviceSize bytes) {
        const VkDeviceSize heap   = row.limit == Limit::heap ? bytes : plenty;
        auto               memory = row.discrete ? discrete_memory(heap) : unified_memory(heap);
        if (row.limit == Limit::budget) memory.budgets = {{.budget = bytes + 1000, .usage = 1000}, {}};
        shim.pretend(memory);
        Device::Options options{.select = "", .caps = {}, .get_instance_proc = shim.get_instance_proc()};
        options.qualify = false;   // golden cases take more than models as small as these
        options.caps = profile_caps();
        if (row.limit == Limit::cap) options.caps.device_memory = bytes;
        return Device::open(options);
    }

    Translator translator(const Device& device, const SmallDevice& row) const {
        return Translator(device, folder_.path(), {.precision = row.precision, .batch_tokens = 256, .batch_rows = 8});
    }

    std::string translated(Translator& translator) const {
        std::string text;
        for (const Translation& one : translator.translate(lines_)) text += one.text + "\n";
        return text;
    }

    VulkanShim shim;

private:
    TemporaryFolder          folder_;
    std::vector<std::string> lines_;
};

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// What a model takes of the device: in all, weights alone; and its translations.
struct Need {
    std::uint64_t all = 0, weights = 0;
    std::string   expected;
};

Need need_of(SmallDevices& devices, const SmallDevice& row) {
    // Blocks are as large as what is in them where less than the usual 32 MiB may be used.
    SmallDevice capped      = row;
    capped.limit            = Limit::cap;
    const Device device     = devices.open(capped, 31u << 20);
    Translator   translator = devices.translator(device, row);
    Need         need;
    need.weights  = device.memory_used();
    need.expected = devices.translated(translator);
    need.all      = device.memory_peak();
    CHECK(translator.stats().batch_halvings == 0);
    return need;
}

struct Tally {
    int translated = 0, one_line = 0, refused = 0;
};

void check_limit(SmallDevices& devices, const SmallDevice& row, const Need& need, VkDeviceSize bytes, Tally& tally) {
    const Device       device   = devices.open(row, bytes);
    const VkDeviceSize room     = row.limit == Limit::heap ? bytes / 5 * 4 : bytes;
    const auto         touching = [&] {
        return devices.shim.calls(Entry::AllocateMemory) + devices.shim.calls(Entry::CreateBuffer) +
               devices.shim.calls(Entry::CmdCopyBuffer) + devices.shim.calls(Entry::QueueSubmit);
    };
    const std::uint64_t before = touching();
    std::string         message;
    try {
        Translator translator = devices.translator(device, row);
        CHECK(need.weights <= room);
        try {
            const std::string got = devices.translated(translator);
            CHECK(got == need.expected);
            ++tally.translated;
            return;
        } catch (const Error& error) {
            CHECK(error.status() == Status::out_of_device_memory);
            message = error.what();
        }
        CAPTURE(message);
        CHECK(contains(message, "one line at a time"));
        CHECK(contains(message, std::to_string(need.weights) + " bytes of weights"));
        CHECK(contains(message, "bytes are wanted"));
        ++tally.one_line;
    } catch (const Error& error) {
        message = error.what();
        CAPTURE(message);
        CHECK(error.status() == Status::out_of_device_memory);
        CHECK(need.weights > room);
        CHECK(contains(message, "need " + std::to_string(need.weights) + " bytes"));
        CHECK(contains(message, "has " + std::to_string(room) + " bytes"));
        CHECK(contains(message, "f16") == (row.precision == Precision::f32));
        CHECK(touching() == before);
        ++tally.refused;
    }
}

}  // namespace

TEST_CASE("from 110 % to 10 % of the memory that a model needs") {
    if (profile() == "swiftshader") {  // every limit is a new device, and seconds of compiling there
        MESSAGE("not on this driver: it would take minutes");
        return;
    }
    SmallDevices devices;
    for (const SmallDevice& row : small_devices) {
        CAPTURE(row.name);
        const Need need = need_of(devices, row);
        CHECK(need.weights > need.all / 10);
        Tally tally;
        for (int percent = 110; percent >= 10; percent -= row_share() > 1 ? 20 : 10) {
            CAPTURE(percent);
            check_limit(devices, row, need, need.all * static_cast<std::uint64_t>(percent) / 100, tally);
            // The host's memory lies in the same heap where there is one.
            if (percent >= 100 && row.limit != Limit::heap) CHECK(tally.translated > 0);
        }
        check_limit(devices, row, need, need.weights * 11 / 10, tally);  // weights, and next to nothing
        std::printf(
            "%-25s %7llu bytes, %7llu of weights: %2d translated, %d too small for one line, %d for the model\n",
            row.name, static_cast<unsigned long long>(need.all), static_cast<unsigned long long>(need.weights),
            tally.translated, tally.one_line, tally.refused);
        CHECK(tally.translated > 0);
        CHECK(tally.refused > 0);
        // A budget is asked for weights alone, and a fifth of a heap is left beside them.
        if (row.limit == Limit::cap) CHECK(tally.one_line > 0);
        CHECK(devices.shim.alive().empty());
    }
}

TEST_CASE("a budget that says nothing is not believed") {
    // Of a heap of 1 GiB: {budget, usage}, and how much a model may take.
    struct Row {
        VulkanShim::Memory::Budget budget;
        bool                       fits;
    };
    const Row rows[] = {
        {{.budget = plenty, .usage = 0}, true},
        {{.budget = plenty, .usage = plenty - 100'000}, false},
        {{.budget = plenty / 2, .usage = plenty / 2 + 1}, false},       // more is used than one may
        {{.budget = plenty, .usage = VkDeviceSize{0} - plenty}, true},  // a difference that went below zero
        {{.budget = 0, .usage = 0}, true},                              // the extension's struct was not filled
    };
    SmallDevices      devices;
    const SmallDevice row{"a budget", Limit::budget, false, Precision::f32};
    for (const Row& one : rows) {
        CAPTURE(one.budget.usage);
        const Device device = devices.open(row, plenty);
        auto         memory = unified_memory(plenty);
        memory.budgets      = {one.budget};
        devices.shim.pretend(memory);
        bool fits = true;
        try {
            devices.translator(device, row);
        } catch (const Error&) { fits = false; }
        CHECK(fits == one.fits);
    }
}

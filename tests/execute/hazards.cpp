// attune in a host's frames under synchronization validation: no message; and planted bugs, each of which the same
// layer has to report. What no layer sees, and what is therefore not among them: the host's own reads and writes of
// mapped memory, so neither a missing VK_ACCESS_HOST_READ_BIT nor memory that the host overwrites too early; and
// timestamps, which are no memory. It takes a layer that compares command buffers with each other when they are
// submitted: the one that Debian 12 packages does not.
#include "execute/hazards.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>

namespace attune::test {

Guest::Guest(bool discrete)
    : own(validated()), device([&] {
          if (discrete) shim.pretend(discrete_memory(1u << 30));
          Device::Import import    = own.import(profile_caps());
          import.get_instance_proc = shim.get_instance_proc();
          return Device::import(import);
      }()) {}

const Scenario& scenario(std::string_view name) {
    const auto all   = scenarios();
    const auto found = std::ranges::find(all, name, &Scenario::name);
    REQUIRE(found != all.end());
    return *found;
}

namespace {

bool touches_memory(Entry entry) {
    return entry == Entry::CmdDispatch || entry == Entry::CmdDispatchIndirect || entry == Entry::CmdCopyBuffer ||
           entry == Entry::CmdUpdateBuffer || entry == Entry::CmdFillBuffer;
}

// How many commands are recorded before the barriers of a spot.
std::size_t commands_before(const std::vector<Entry>& commands, const Spot& spot) {
    std::size_t seen = 0;
    for (std::size_t i = 0; i < commands.size(); ++i)
        if (commands[i] == spot.command && ++seen == spot.nth) return i + (spot.side == Spot::Side::behind ? 1 : 0);
    FAIL("the scenario records no " << std::string(name_of(spot.command)) << " number " << spot.nth);
    return 0;
}

// False: there is no barrier.
bool spoil(VulkanShim::Barrier& barrier, Flaw flaw) {
    switch (flaw) {
    case Flaw::missing: return false;
    case Flaw::makes_nothing_available: barrier.made = 0; break;
    case Flaw::waits_for_transfers_alone:
        barrier.from = VK_PIPELINE_STAGE_TRANSFER_BIT;
        barrier.made &= VK_ACCESS_TRANSFER_WRITE_BIT | VK_ACCESS_TRANSFER_READ_BIT;
        break;
    case Flaw::only_for_transfers:
        barrier.to = VK_PIPELINE_STAGE_TRANSFER_BIT;
        barrier.wanted &= VK_ACCESS_TRANSFER_WRITE_BIT | VK_ACCESS_TRANSFER_READ_BIT;
        break;
    case Flaw::only_for_writes: barrier.wanted &= VK_ACCESS_TRANSFER_WRITE_BIT | VK_ACCESS_SHADER_WRITE_BIT; break;
    }
    return true;
}

}  // namespace

Recording::Recording(VulkanShim& shim) : shim_(shim) {
    shim_.watch = [this](Entry entry) {
        if (touches_memory(entry)) commands_.push_back(entry);
    };
}

Recording::Recording(VulkanShim& shim, const std::vector<Entry>& before, const Spot& spot, Flaw flaw)
    : Recording(shim) {
    const std::size_t place = commands_before(before, spot);
    shim_.barrier           = [this, place, flaw](VulkanShim::Barrier& barrier) {
        if (commands_.size() != place) return true;
        ++spoilt_;
        return spoil(barrier, flaw);
    };
}

Recording::~Recording() {
    shim_.watch   = nullptr;
    shim_.barrier = nullptr;
}

namespace {

struct Played {
    std::vector<Entry>       commands;
    std::vector<std::string> messages;
};

Played play(const Scenario& scenario, std::uint32_t slots) {
    Guest           guest(scenario.discrete);
    const Recording recording(guest.shim);
    scenario.play(guest, slots);
    return {recording.commands(), guest.own.messages()};
}

struct Bug {
    std::string name, scenario;
    Spot        spot;
    Flaw        flaw;
    const char* expected;  // part of a message
};

constexpr auto in_front = Spot::Side::front;
constexpr auto behind   = Spot::Side::behind;

// Around the host's buffers; in runs; between pieces of runs; in memory that is new. One hazard brings others with it: the
// message is the one that the missing barrier is there for.
// clang-format off
const Bug bugs[] = {
    {"the host's copy, our read", "one dispatch", {in_front, Entry::CmdDispatch, 1}, Flaw::makes_nothing_available, "SYNC-HAZARD-READ-AFTER-WRITE: vkCmdDispatch"},
    {"the host's read, our write", "one dispatch", {in_front, Entry::CmdDispatch, 1}, Flaw::missing, "SYNC-HAZARD-WRITE-AFTER-READ: vkCmdDispatch"},
    {"the host's dispatch, our read", "dispatches around", {in_front, Entry::CmdDispatch, 1}, Flaw::waits_for_transfers_alone, "SYNC-HAZARD-READ-AFTER-WRITE: vkCmdDispatch"},
    {"our write, the host's dispatch", "dispatches around", {behind, Entry::CmdDispatch, 5}, Flaw::only_for_transfers, "SYNC-HAZARD-READ-AFTER-WRITE: vkCmdDispatch"},
    {"our write, the host's copy", "copies around", {behind, Entry::CmdDispatch, 15}, Flaw::missing, "SYNC-HAZARD-READ-AFTER-WRITE: vkCmdCopyBuffer"},
    {"our read, the host's write of the next frame", "one dispatch", {behind, Entry::CmdDispatch, 1}, Flaw::missing, "SYNC-HAZARD-WRITE-AFTER-READ: vkQueueSubmit"},

    {"values that were set, a dispatch", "values and runs", {in_front, Entry::CmdDispatch, 1}, Flaw::only_for_writes, "SYNC-HAZARD-READ-AFTER-WRITE: vkCmdDispatch"},
    {"a dispatch, one that reads", "growth", {in_front, Entry::CmdDispatch, 2}, Flaw::missing, "SYNC-HAZARD-READ-AFTER-WRITE: vkCmdDispatch"},
    {"a dispatch, one that overwrites", "growth", {in_front, Entry::CmdDispatch, 3}, Flaw::missing, "SYNC-HAZARD-WRITE-AFTER-READ: vkCmdDispatch"},
    {"a frame's output, the next frame's", "weights in pieces", {in_front, Entry::CmdDispatch, 4}, Flaw::missing, "SYNC-HAZARD-WRITE-AFTER-WRITE: vkQueueSubmit"},
    {"an output, its copy for the host", "values and runs", {in_front, Entry::CmdCopyBuffer, 1}, Flaw::missing, "SYNC-HAZARD-READ-AFTER-WRITE: vkCmdCopyBuffer"},
    {"the same in run()", "values and runs", {in_front, Entry::CmdCopyBuffer, 3}, Flaw::makes_nothing_available, "SYNC-HAZARD-READ-AFTER-WRITE: vkCmdCopyBuffer"},

    {"pieces of a run", "pieces", {in_front, Entry::CmdDispatch, 3}, Flaw::missing, "SYNC-HAZARD-READ-AFTER-WRITE: vkQueueSubmit"},
    {"pieces that attune submits", "own submissions", {in_front, Entry::CmdDispatch, 3}, Flaw::missing, "SYNC-HAZARD-READ-AFTER-WRITE: vkQueueSubmit"},
    {"pieces of a translation", "student in frames", {in_front, Entry::CmdDispatch, 13}, Flaw::missing, "SYNC-HAZARD-READ-AFTER-WRITE: vkQueueSubmit"},

    {"a run, the next one behind it", "repeats", {in_front, Entry::CmdDispatchIndirect, 1}, Flaw::missing, "SYNC-HAZARD-READ-AFTER-WRITE: vkQueueSubmit"},

    {"weights that were copied, a dispatch", "weights in pieces", {in_front, Entry::CmdDispatch, 1}, Flaw::missing, "SYNC-HAZARD-READ-AFTER-WRITE: vkQueueSubmit"},
    {"a state's new memory, its old contents", "growth", {in_front, Entry::CmdCopyBuffer, 3}, Flaw::missing, "SYNC-HAZARD-WRITE-AFTER-WRITE: vkCmdCopyBuffer"},
};
// clang-format on

}  // namespace

TEST_CASE("validation: attune in a host's frames has no message" * doctest::skip()) {
    choose_layer();
    for (const Scenario& scenario : scenarios())
        for (const std::uint32_t slots : {2u, 3u}) {
            CAPTURE(slots);
            const Played played = play(scenario, slots);
            CHECK_MESSAGE(played.messages.empty(), scenario.name << ": " << joined(played.messages));
            CHECK(played.commands.size() > slots);
        }
}

TEST_CASE("validation: planted bugs in barriers are reported" * doctest::skip()) {
    choose_layer();
    std::map<std::string, std::vector<Entry>> clean;
    for (const Bug& bug : bugs) {
        CAPTURE(bug.name);
        const Scenario& where = scenario(bug.scenario);
        if (!clean.contains(bug.scenario)) clean[bug.scenario] = play(where, 2).commands;
        Guest guest(where.discrete);
        {
            const Recording recording(guest.shim, clean[bug.scenario], bug.spot, bug.flaw);
            where.play(guest, 2);
            CHECK(recording.spoilt() > 0);
        }
        const auto messages = guest.own.messages();
        CHECK_MESSAGE(reported(messages, bug.expected), "unreported: " << joined(messages));
    }
}

}  // namespace attune::test

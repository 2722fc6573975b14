// Hosts that have attune work in their frames, under the validation layer: what they do, and a bug planted into one of
// the barriers that attune records.
#pragma once

#include "support/test_devices.h"
#include "support/validation_layer.h"
#include "support/vulkan_shim.h"

#include <span>
#include <string>

namespace attune::test {

// A host with the validation layer, and attune on its device behind a shim.
struct Guest {
    explicit Guest(bool discrete = false);

    VulkanShim shim;
    OwnDevice  own;
    Device     device;
};

struct Scenario {
    std::string name;
    void (*play)(Guest& guest, std::uint32_t slots);
    bool discrete = false;  // memory of the device that the host does not see: what is uploaded is copied
};
std::span<const Scenario> scenarios();
const Scenario&           scenario(std::string_view name);

// What may be wrong with a barrier.
enum class Flaw : std::uint8_t {
    missing,
    makes_nothing_available,    // no writes before it
    waits_for_transfers_alone,  // not for dispatches
    only_for_transfers,         // dispatches do not wait
    only_for_writes,            // what reads behind it sees nothing
};

// All barriers directly in front of one command that reads or writes memory, or directly behind it.
struct Spot {
    enum class Side : std::uint8_t { front, behind } side = Side::front;
    Entry       command                                   = Entry::CmdDispatch;
    std::size_t nth                                       = 1;  // of those that attune records in the scenario
};

// The commands that attune records which read or write memory, in order, while this lives; and a bug, if there is one.
class Recording {
public:
    explicit Recording(VulkanShim& shim);
    // `spot` among commands that are recorded as `before`.
    Recording(VulkanShim& shim, const std::vector<Entry>& before, const Spot& spot, Flaw flaw);
    ~Recording();
    Recording(const Recording&)            = delete;
    Recording& operator=(const Recording&) = delete;

    const std::vector<Entry>& commands() const noexcept { return commands_; }
    std::size_t               spoilt() const noexcept { return spoilt_; }  // barriers

private:
    VulkanShim&        shim_;
    std::vector<Entry> commands_;
    std::size_t        spoilt_ = 0;
};

}  // namespace attune::test

// What faults strike: the objects of a program, made one after the other.
#pragma once

#include "support/decoder_layer.h"
#include "support/host_commands.h"
#include "support/temporary_folder.h"
#include "support/vulkan_shim.h"

#include <attune/session.hpp>
#include <attune/translator.hpp>

#include <optional>

namespace attune::test {

class Subject {
public:
    virtual ~Subject() = default;

    // Makes what is not there yet, uses all of it and gives the bits that came out. What a round that threw
    // had made stays, and the next round goes on with it.
    virtual std::string round() = 0;

    // Ends everything, or everything but the device.
    virtual void reset(bool device_too) = 0;

    virtual const Device* device() const { return nullptr; }
};

// A cap on the device's memory below which every span is an allocation of its own, so that each can fail.
inline constexpr std::uint64_t single_allocations = 16u << 20;

// The profile's device through the shim, opened or imported.
Device open_through(VulkanShim& shim, std::uint64_t device_memory = 0);
Device import_through(VulkanShim& shim, const OwnDevice& own, std::uint64_t device_memory = 0);

// Lists devices and opens one, which ends with the round.
class Opening final : public Subject {
public:
    explicit Opening(VulkanShim& shim) : shim_(shim) {}
    std::string round() override;
    void        reset(bool) override {}

private:
    VulkanShim& shim_;
};

// Imports a host's device and lets it go.
class Importing final : public Subject {
public:
    explicit Importing(VulkanShim& shim) : shim_(shim) {}
    std::string round() override;
    void        reset(bool) override {}

private:
    VulkanShim& shim_;
    OwnDevice   own_;
};

// What the driver remembers of a program's pipelines, from one device to another.
class Caching final : public Subject {
public:
    explicit Caching(VulkanShim& shim) : shim_(shim) {}
    std::string   round() override;
    void          reset(bool device_too) override;
    const Device* device() const override { return device_ ? &*device_ : nullptr; }

private:
    VulkanShim&           shim_;
    std::optional<Device> device_;
};

// Weights, a session and two programs, the second of which needs larger states. `record`: on a device of a
// host, which submits.
class Running final : public Subject {
public:
    enum class Way { run, record };

    Running(VulkanShim& shim, Way way, std::uint64_t device_memory = 0);
    std::string   round() override;
    void          reset(bool device_too) override;
    const Device* device() const override { return device_ ? &*device_ : nullptr; }

private:
    void step(const Program& program, std::string& bits);

    VulkanShim&                 shim_;
    std::uint64_t               device_memory_;
    std::optional<OwnDevice>    own_;  // record
    std::optional<HostCommands> host_;
    const Graph                 graphs_[2] = {decoder_layer_step(), decoder_layer_step(2 * layer_capacity)};
    WeightMap                   source_    = decoder_layer_weights();
    std::optional<Device>       device_;
    std::optional<Weights>      weights_;
    std::optional<Session>      session_;
    Program                     programs_[2];
};

// A translator, greedy and with beams.
class Translating final : public Subject {
public:
    explicit Translating(VulkanShim& shim, std::uint64_t device_memory = 0);
    std::string   round() override;
    void          reset(bool device_too) override;
    const Device* device() const override { return device_ ? &*device_ : nullptr; }

private:
    VulkanShim&               shim_;
    std::uint64_t             device_memory_;
    TemporaryFolder           folder_;
    std::optional<Device>     device_;
    std::optional<Translator> translator_;
};

}  // namespace attune::test

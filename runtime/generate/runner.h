// What the translator needs of whatever runs its graphs: a device or the oracle.
#pragma once

#include "generate/time_table.h"

#include <attune/graph.hpp>

#include <functional>
#include <memory>
#include <string>

namespace attune {

class Runner {
public:
    virtual ~Runner() = default;

    // Sets a control or state.
    virtual void set(const std::string& name, const TensorView& view) = 0;

    // Runs the graph that `key` names, made by `make` the first time. Same key, same graph; its first word
    // says of what kind it is.
    virtual void run(const std::string& key, const std::function<Graph()>& make, const std::atomic<bool>* cancel) = 0;

    // The same recorded in pieces into a host's command buffers: see Session::begin(). On a device only; the oracle
    // throws usage.
    virtual void begin(const std::string& key, const std::function<Graph()>& make) = 0;
    virtual bool record_next(VkCommandBuffer_T* commands, double seconds)          = 0;

    // Elements of an output of the last run; overwritten by the next.
    virtual std::span<const std::uint32_t> integers(const std::string& output) = 0;
    virtual std::span<const float>         reals(const std::string& output)    = 0;

    // Graphs made so far.
    virtual std::uint64_t prepared() const    = 0;
    virtual std::uint64_t submissions() const = 0;
};

// Keeps at most 32 programs, least recently used goes first. Where the weights' trace shows level 4, `times`
// gets what they take.
std::unique_ptr<Runner> make_device_runner(const Device& device, const Weights& weights, TimeTable& times);
std::unique_ptr<Runner> make_oracle_runner(WeightSource& weights);

}  // namespace attune

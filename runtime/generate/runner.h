// What the translator needs of whatever runs its graphs: a device or the oracle.
#pragma once

#include "generate/programs.h"
#include "generate/time_table.h"

#include <attune/graph.hpp>
#include <attune/session.hpp>

#include <memory>
#include <string>

namespace attune {

class Runner {
public:
    virtual ~Runner() = default;

    // Sets a control or state.
    virtual void set(const std::string& name, const TensorView& view) = 0;

    // Runs the graph, which is made the first time.
    virtual void run(const NamedGraph& program, const std::atomic<bool>* cancel) = 0;

    // Runs it some times over, until `until` (see Session::run()); the states that are copied can be read like outputs.
    virtual void run(const NamedGraph& program, const Repeats& repeats, const std::atomic<bool>* cancel) = 0;
    // How often that may be at most: 0 if the device is not to be trusted with it.
    virtual std::uint32_t most_repeats(const NamedGraph& program) = 0;

    // Elements of an output of the last run; overwritten by the next.
    virtual std::span<const std::uint32_t> integers(const std::string& output) = 0;
    virtual std::span<const float>         reals(const std::string& output)    = 0;

    // Graphs made so far.
    virtual std::uint64_t prepared() const    = 0;
    virtual std::uint64_t submissions() const = 0;
};

// On a device, for a host that records: see Session.
class Recorder : public Runner {
public:
    // Those that are not prepared are made when they are needed, in the same way.
    virtual void prepare(const NamedGraph& program)                           = 0;
    virtual void begin(const NamedGraph& program)                             = 0;
    virtual bool record_next(const FrameTarget& target, const Budget& budget) = 0;
    virtual std::vector<CommandData> commands(const NamedGraph& program, const FrameTarget& target) = 0;

    virtual double        next_seconds() const noexcept     = 0;
    virtual double        recorded_seconds() const noexcept = 0;
    virtual std::uint64_t dispatches_left() const noexcept  = 0;
    virtual void          poll()                            = 0;  // looks which frames are over
};

// Keeps at most 32 programs besides prepared ones, least recently used goes first. Where the weights' trace shows level 4,
// `times` gets what they take. `frames`: those of a host that records; none: for run() alone.
std::unique_ptr<Recorder> make_device_runner(const Device& device, const Weights& weights, TimeTable& times,
                                             std::shared_ptr<Frames> frames, Compile compile);
std::unique_ptr<Runner>   make_oracle_runner(WeightSource& weights);

}  // namespace attune

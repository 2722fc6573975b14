// Running graphs on a device: weights that are loaded once, and sessions that run graphs over them.
//
//     attune::Device  device = attune::Device::open();
//     attune::Session session(device);
//     attune::Program program = session.prepare(graph);
//     session.set("query", tensor.view());
//     session.run(program);
//     attune::Tensor output = session.get("output");
#pragma once

#include <attune/device.hpp>
#include <attune/graph.hpp>
#include <attune/run_options.hpp>
#include <attune/weights.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace attune {

// The weights that some graphs name, packed for a device and uploaded. Immutable; shared by any number
// of sessions, from any thread.
class Weights {
public:
    // Every graph that will run must be given, since a weight has one layout for all of them; graphs that
    // differ in rows alone name the same weights, so one of them is enough. Host memory needed: the largest
    // tensor twice. Throws bad_input (missing tensor, wrong shape); out_of_device_memory, saying how many bytes
    // are needed and how many there are, before anything is allocated or uploaded.
    Weights(const Device& device, WeightSource& source, std::span<const Graph> graphs, const RunOptions& options = {});
    Weights(Weights&&) noexcept;
    ~Weights();

    std::uint64_t     bytes() const noexcept;   // on the device
    const RunOptions& options() const noexcept;

    class Impl;
    const std::shared_ptr<Impl>& impl() const noexcept { return impl_; }

private:
    std::shared_ptr<Impl> impl_;
};

// What preparing a graph gives: its plan and its recorded commands. A handle; cheap to copy.
class Program {
public:
    Program() = default;

    explicit operator bool() const noexcept { return impl_ != nullptr; }

    struct Facts {
        std::size_t   dispatches = 0;
        std::size_t   barriers = 0;
        std::size_t   submissions = 0;
        std::uint64_t arena_bytes = 0;
        double        flops = 0;
    };
    Facts       facts() const;
    std::string text() const;   // one line per dispatch, for people

    class Impl;
    const std::shared_ptr<Impl>& impl() const noexcept { return impl_; }

private:
    friend class Session;
    std::shared_ptr<Impl> impl_;
};

// What each dispatch of a program took, in the order of the plan.
struct ProgramTimes {
    enum class Clock {
        device,   // timestamps of the queue
        host,     // the queue has none: each dispatch was submitted alone and waited for, which counts too
    };
    struct Dispatch {
        std::string_view op, kernel;   // names that live as long as the library
        double           seconds = 0;
    };
    Clock                 clock = Clock::device;
    std::vector<Dispatch> dispatches;
};

// States, arena and step buffers on one device, and the programs that use them. One thread at a time.
class Session {
public:
    explicit Session(const Device& device, const RunOptions& options = {});
    Session(const Device& device, const Weights& weights);   // with the options of the weights
    Session(Session&&) noexcept;
    ~Session();

    // Plans a graph and builds its pipelines. Costly; keep the program. Throws bad_input for a graph that
    // cannot run on this device, out_of_device_memory. `name` is what a trace calls it.
    Program prepare(const Graph& graph, const std::string& name = "graph");

    // Sets an input, control or state by name; it stays until set again. f32 numbers are rounded where the
    // device keeps f16. The numbers are copied.
    void set(const std::string& name, const TensorView& view);
    void set(const std::string& name, const Tensor& tensor) { set(name, tensor.view()); }

    // Runs a program and waits. A state whose description no program shared so far starts as zeros.
    // `cancel`, if given, is looked at between submissions: status cancelled. After an error, that one included,
    // there is no output to read, and states are undefined until they are set again; then the session works.
    void run(const Program& program, const std::atomic<bool>* cancel = nullptr);

    // An output of the last run or recording, or a state.
    Tensor get(const std::string& name);

    // The bytes of an output of the last run, until the next one or prepare().
    TensorView peek(const std::string& name);

    // Records one run of the program into a command buffer of the same device that is recording, outside a
    // render pass. Set values first: they are read when the commands run. The caller submits, waits, and
    // may then call get(). Leaves the compute pipeline, descriptor set 0 and push constants changed. If it
    // throws, part of it may have been recorded: the command buffer is to be thrown away or reset.
    void record(const Program& program, VkCommandBuffer_T* commands);

    // What the next run of the program would take, dispatch by dispatch: nothing overlaps, as if there was a
    // barrier before each. Works on a copy of what was set and of the states, so nothing here changes, and
    // runs twice, the first time to warm up. Needs the program's memory once more while it works; throws as run().
    ProgramTimes time(const Program& program) const;

    std::uint64_t submissions() const noexcept;   // made by run() so far

    class Impl;

private:
    std::unique_ptr<Impl> impl_;
};

}  // namespace attune

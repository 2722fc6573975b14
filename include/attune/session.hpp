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

#include <array>
#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct VkBuffer_T;

namespace attune {

// What a host does with a buffer of its own next to commands of ours: VkPipelineStageFlags and VkAccessFlags of
// vulkan.h. None: nothing that a barrier has to wait for, or the host's own barriers see to it.
struct BufferUse {
    std::uint32_t stages = 0;
    std::uint32_t accesses = 0;
};

// A part of a buffer that a host owns, in which an input, a state or an output of a graph lies.
//
// The buffer belongs to the session's device, was made with VK_BUFFER_USAGE_STORAGE_BUFFER_BIT, is bound to memory and
// owned by the queue family that runs the commands. attune never maps, frees or copies it, reads nothing outside the
// part and writes outputs and states alone. Numbers lie row-major and in the type that the graph says; states that
// another precision narrows lie in that.
struct HostBuffer {
    VkBuffer_T*   buffer = nullptr;
    std::uint64_t offset = 0;   // a multiple of DeviceInfo::offset_alignment
    std::uint64_t bytes = 0;    // at least the tensor's, rounded up to whole 32-bit words
    BufferUse     before = {};  // the host's last use before the commands that record() makes
    BufferUse     after = {};   // the host's first use after them
};

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

// One dispatch of a program as data, for hosts whose render graph records everything by itself: a compute pipeline of
// `spirv` (entry point "main") with `constants` as its specialization constants 0, 1, ..., storage buffers 0, 1, ... of
// descriptor set 0, push constants from offset 0 on, and a grid of workgroups. What it points at lives as long
// as the program and its session, and as nothing is bound or prepared anew.
struct DispatchData {
    enum class Access : std::uint8_t { read = 1, write = 2, read_write = 3 };
    struct Binding {
        VkBuffer_T*   buffer = nullptr;
        std::uint64_t offset = 0, bytes = 0;
        Access        access = Access::read;
    };
    std::string_view               op, kernel;   // names, of static storage
    std::span<const std::uint32_t> spirv;
    std::span<const std::uint32_t> constants;
    std::vector<Binding>           bindings;
    std::span<const std::byte>     push;         // at most 128 bytes
    std::array<std::uint32_t, 3>   groups = {1, 1, 1};
    bool                           barrier = false;   // what dispatches before it wrote must be visible to it
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

    // From the next run or recording on, an input, state or output lies in the host's buffer, which has to live as long
    // as commands that use it; one without a buffer gives it back to attune. Bind before prepare(), and nothing
    // is allocated for it. set() does not reach what is bound, nor do get() and peek(); states in it start as the host
    // fills it. Throws usage for a part that is not aligned; that it is too small the next prepare(), run() or
    // record() finds.
    void bind(const std::string& name, const HostBuffer& buffer);

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

    // The same run in pieces, for hosts that give a part of each frame. begin() takes what was set; every record_next()
    // records the next dispatches, as many as together are estimated to take at most `seconds`, and one at
    // least. True once the last of them, with the copies of outputs, has been recorded; when those commands have
    // finished, outputs can be read. Pieces may go into any command buffers that run in this order. How it is cut
    // changes no bit. The run that was begun before, if it was not recorded to its end, is given up, and states
    // are undefined then. Throws usage if nothing was begun; else as record().
    void begin(const Program& program);
    bool record_next(VkCommandBuffer_T* commands, double seconds);
    // What the dispatch that record_next() would begin with is estimated to take, in seconds; 0 if none is left.
    double next_seconds() const noexcept;

    // The same run as data, in order: the host records it, and whatever makes everything that attune wrote before
    // visible to the first of them. Outputs have to be bound: nothing copies them to attune's memory. Throws usage
    // for one that is not.
    std::vector<DispatchData> dispatches(const Program& program);

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

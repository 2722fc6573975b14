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
#include <attune/frames.hpp>
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
    Weights& operator=(Weights&&) noexcept;
    ~Weights();

    std::uint64_t     bytes() const noexcept;   // on the device
    const RunOptions& options() const noexcept;

    class Impl;
    const std::shared_ptr<Impl>& impl() const noexcept { return impl_; }

private:
    friend class WeightsUpload;
    explicit Weights(std::shared_ptr<Impl> impl);
    std::shared_ptr<Impl> impl_;
};

// Weights on their way to a device, for hosts that give each frame a part of it. One thread at a time; any host thread
// does where the device's memory is mapped.
class WeightsUpload {
public:
    // Checks and allocates as the constructor of Weights, and uploads nothing yet. The source must outlive the upload.
    // `slots`: frames in flight that next() may record into.
    WeightsUpload(const Device& device, WeightSource& source, std::span<const Graph> graphs, const RunOptions& options = {},
                  std::uint32_t slots = 1);
    WeightsUpload(WeightsUpload&&) noexcept;
    WeightsUpload& operator=(WeightsUpload&&) noexcept;
    ~WeightsUpload();

    // Packs the next pieces of up to 1 MiB, as many as together have at most so many bytes, and one at least. Device
    // memory that is mapped is written at once. Otherwise copies are recorded into the target, from memory that belongs
    // to its slot, 1 MiB that stays as long as the weights: a slot is used for another frame once the device has
    // finished the one before, and one call is all for a frame. Without commands they are submitted and waited for.
    // True once nothing is left: programs may run after those frames. Throws bad_input (the source).
    bool next(const FrameTarget& target, std::uint64_t most_bytes);

    std::uint64_t bytes_done() const noexcept;
    std::uint64_t bytes_in_all() const noexcept;

    // To prepare with at any time, and to run with once all is there.
    Weights weights() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

// When the pipelines of a program are made: a driver's compiler takes from below a millisecond to seconds for each. Those
// of optional kernels, on a device that was opened to be qualified (device.hpp), are made and tried while it is prepared,
// since the plan depends on it.
enum class Compile : std::uint8_t {
    now,         // while it is prepared
    later,       // by Device::compile_next(), on whichever thread calls that; or when the program is first used
    elsewhere,   // by Device::compile_next() alone: until then run(), record() and their like throw not_ready
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
    bool        ready() const;   // its pipelines have been made
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

// What one run of a program took, measured some times over.
struct RunSamples {
    ProgramTimes::Clock clock = ProgramTimes::Clock::device;
    std::vector<double> seconds;   // of one run: a sample's time over its repeats
};

// One command of a run as data, for hosts whose render graph records everything by itself. What it points at lives until
// the session is next told to begin, prepare, bind or set anything.
struct CommandData {
    enum class Kind : std::uint8_t {
        dispatch,   // a compute pipeline of `spirv` (entry point "main") with `constants` as its specialization constants
                    // 0, 1, ..., storage buffers 0, 1, ... of descriptor set 0, push constants from offset 0 on, and a
                    // grid of workgroups
        update,     // vkCmdUpdateBuffer of bindings[0] with `data`, at most 65,536 bytes
        fill,       // vkCmdFillBuffer of bindings[0] with zeros
        copy,       // vkCmdCopyBuffer from bindings[0] to bindings[1]
    };
    enum class Access : std::uint8_t { read = 1, write = 2, read_write = 3 };
    struct Binding {
        VkBuffer_T*   buffer = nullptr;
        std::uint64_t offset = 0, bytes = 0;
        Access        access = Access::read;
    };
    Kind                           kind = Kind::dispatch;
    std::string_view               op, kernel;   // names, of static storage; of other kinds "update", ... and ""
    std::span<const std::uint32_t> spirv;
    std::span<const std::uint32_t> constants;
    std::vector<Binding>           bindings;
    std::span<const std::byte>     data;         // push constants, at most 128 bytes; or what an update writes
    std::array<std::uint32_t, 3>   groups = {1, 1, 1};
    bool                           barrier = false;   // what commands before it wrote must be visible to it
};

// Runs back to back. Names have to stay as long as the call that is given them.
struct Repeats {
    std::uint32_t                times = 1;        // at most
    const char*                  until = nullptr;  // a state of the program, u32: once its first number is 0 behind a run,
                                                   // those after it do no work. None: all do
    std::span<const char* const> copied = {};      // states that peek() shows afterwards, besides outputs
};

// States, arena and step buffers on one device, and the programs that use them. One thread at a time.
class Session {
public:
    explicit Session(const Device& device, const RunOptions& options = {});
    // With the options of the weights. `frames`: of a host that records, shared with it and with other sessions; none: one slot.
    Session(const Device& device, const Weights& weights, std::shared_ptr<Frames> frames = {});
    Session(const Device& device, const RunOptions& options, std::shared_ptr<Frames> frames);
    Session(Session&&) noexcept;
    ~Session();   // waits for what submit_next() submitted; what was recorded otherwise has finished, or is never submitted

    // Plans a graph, makes room for it and, unless told otherwise, its pipelines. Costly; keep the program. Throws bad_input
    // for a graph that cannot run on this device, out_of_device_memory. `name` is what a trace calls it.
    Program prepare(const Graph& graph, const std::string& name = "graph", Compile compile = Compile::now);

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
    // there is no output to read, and states are undefined until they are set again; then the session works. Throws
    // usage while a frame is in flight.
    void run(const Program& program, const std::atomic<bool>* cancel = nullptr);

    // The same some times over, in one submission that is waited for once: inputs and controls are those that were set, the
    // same for each run; states are what the run before it left. What a host gave as memory (host_memory.hpp) cannot hold
    // counts of workgroups: then all runs do their work. Throws usage for a program of several submissions, 0 times, and
    // states that the program does not have or that lie in a host's buffer; else as run(). After the first such run of a
    // program those that follow make no objects.
    void run(const Program& program, const Repeats& repeats, const std::atomic<bool>* cancel = nullptr);

    // How many runs of a program one submission holds that lasts no longer than such should, by the plan's estimate; 1 at
    // least, and of a program of several submissions.
    std::uint32_t most_repeats(const Program& program) const;

    // An output of the last run or recording, or a state.
    Tensor get(const std::string& name);

    // The bytes of an output of the last run, or of a state that it copied, until the next one or prepare(); of a frame,
    // until its slot is used again.
    TensorView peek(const std::string& name);

    // Records one run of the program. Values that were set are taken now and written by the commands, so that a frame
    // never disturbs one before it; each 64 KiB are one command, so bind what is large. When the frame is retired
    // (an uncounted one: when the commands have finished), get() and peek() read its outputs. Leaves the compute pipeline,
    // descriptor set 0 and push constants changed. After prepare() and one recording into each slot, recording calls
    // vkCmd... alone, and takes nothing from the heap and no lock. Throws busy as Frames::claim(). If it throws
    // otherwise, part of it may have been recorded: the command buffer is to be thrown away or reset.
    void record(const Program& program, const FrameTarget& target);

    // The same run in pieces, for hosts that give a part of each frame. begin() only says what; record_next() records the
    // next dispatches that the budget allows. True once the last of them, with the copies of outputs, has been
    // recorded. Pieces may go into any command buffers that run in this order. How it is cut changes no bit. The
    // run that was begun before, if it was not recorded to its end, is given up, and states are undefined then. Throws
    // usage if nothing was begun; else as record().
    void begin(const Program& program);
    bool record_next(const FrameTarget& target, const Budget& budget);
    // The stated cost of what record_next() would begin with, in seconds; 0 if none is left. The plan's estimate until
    // the program has run a few times, then what timestamps say.
    double        next_seconds() const noexcept;
    std::uint64_t dispatches_left() const noexcept;    // of the run that was begun
    double        recorded_seconds() const noexcept;   // the stated cost of what was recorded last

    // As record_next(), but into a command buffer of attune's own that is submitted to the device's queue: one for each
    // slot of the session's frames. Never waits: throws busy while all of them are at work, or a frame of the host's. poll() learns, without waiting, which have finished, and retires them; false: some have not.
    // wait() waits for all.
    bool submit_next(const Budget& budget, const SubmitSync& sync = {});
    bool poll();
    void wait();

    // Tells the session's frames, and makes outputs of the newest frame that is over readable.
    void retire(std::uint64_t frame);

    // The same run as data, in order: the host records it into a command buffer of its own, and in front of it
    // whatever makes everything that attune wrote before visible to it. Outputs that are not bound are copied to
    // attune's memory at the end: the host makes that visible to itself (VK_ACCESS_HOST_READ_BIT). `target` has no
    // commands, else it is as for record().
    std::vector<CommandData> commands(const Program& program, const FrameTarget& target = {});

    // What the next run of the program would take, dispatch by dispatch: nothing overlaps, as if there was a
    // barrier before each. Works on a copy of what was set and of the states, so nothing here changes, and
    // runs twice, the first time to warm up. Needs the program's memory once more while it works; throws as run().
    ProgramTimes time(const Program& program) const;

    // For benchmarks: what a run takes. A sample is one submission of `repeats` runs back to back, a full barrier between
    // two of them and timestamps around all; without timestamps it is timed by the host's clock, from before its
    // submission until its end has been seen. A plan of several submissions has them all timed and added up, `repeats`
    // times over. Runs on this session's own memory: states move on with each, `repeats` * `samples` times; nothing is
    // copied to where outputs are read, so that afterwards there is none. Drivers may do work of their own in the first
    // sample. Throws as run(), and usage for 0 repeats or samples. How long a submission may last is the caller's to
    // know: drivers end those of more than about two seconds.
    RunSamples sample(const Program& program, std::uint32_t repeats, std::uint32_t samples);

    std::uint64_t submissions() const noexcept;   // made by run() so far

    class Impl;

private:
    std::unique_ptr<Impl> impl_;
};

}  // namespace attune

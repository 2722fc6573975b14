#include "base/trace.h"
#include "generate/runner.h"

#include <attune/qualification.hpp>

#include <algorithm>
#include <list>
#include <map>

namespace attune {
namespace {

template <class T> std::span<const T> elements(const TensorView& view) {
    return {reinterpret_cast<const T*>(view.bytes.data()),
            view.bytes.size() / sizeof(T)};  // readback memory is aligned
}

class DeviceRunner final : public Recorder {
public:
    DeviceRunner(const Device& device, const Weights& weights, TimeTable& times, std::shared_ptr<Frames> frames,
                 Compile compile)
        : device_(device.share()), session_(device, weights, std::move(frames)), compile_(compile),
          trace_(weights.options().trace), times_(times) {}

    void set(const std::string& name, const TensorView& view) override { session_.set(name, view); }

    void run(const NamedGraph& program, const std::atomic<bool>* cancel) override {
        if (cancel && cancel->load(std::memory_order_relaxed))
            throw Error(Status::cancelled, "translate", "was cancelled");
        const Program& chosen = made(program);
        if (trace_.shows(4) && times_.count_run(program.key)) time(program.key, chosen);
        session_.run(chosen, cancel);
    }

    void run(const NamedGraph& program, const Repeats& repeats, const std::atomic<bool>* cancel) override {
        session_.run(made(program), repeats, cancel);
    }

    std::uint32_t most_repeats(const NamedGraph& program) override {
        try {
            return session_.most_repeats(made(program));
        } catch (const Error&) {
            if (std::ranges::none_of(refused_variants(device_), is_search)) throw;
            return 0;
        }
    }

    void prepare(const NamedGraph& program) override {
        if (!places_.contains(program.key)) ++most_programs_;
        made(program);
    }
    void begin(const NamedGraph& program) override { session_.begin(made(program)); }
    bool record_next(const FrameTarget& target, const Budget& budget) override {
        return session_.record_next(target, budget);
    }
    std::vector<CommandData> commands(const NamedGraph& program, const FrameTarget& target) override {
        return session_.commands(made(program), target);
    }
    double        next_seconds() const noexcept override { return session_.next_seconds(); }
    double        recorded_seconds() const noexcept override { return session_.recorded_seconds(); }
    std::uint64_t dispatches_left() const noexcept override { return session_.dispatches_left(); }
    void          poll() override { session_.poll(); }

    std::span<const std::uint32_t> integers(const std::string& output) override {
        return elements<std::uint32_t>(session_.peek(output));
    }
    std::span<const float> reals(const std::string& output) override { return elements<float>(session_.peek(output)); }
    std::uint64_t          prepared() const override { return prepared_; }
    std::uint64_t          submissions() const override { return session_.submissions(); }

private:
    struct Entry {
        std::string key;
        Program     program;
    };

    static bool is_search(const RefusedVariant& one) { return one.name == "beam_step"; }

    void time(const std::string& key, const Program& chosen) {
        try {
            times_.add(key, session_.time(chosen));
        } catch (const Error& error) {
            // Timing needs the memory a second time; translating goes on without.
            if (error.status() != Status::out_of_device_memory) throw;
            tell(trace_, 4, "times", key + " was not timed: " + error.what());
        }
    }

    const Program& made(const NamedGraph& program) {
        const auto found = places_.find(program.key);
        if (found != places_.end()) {
            recent_.splice(recent_.begin(), recent_, found->second);
            return recent_.front().program;
        }
        Program made = session_.prepare(program.make(), program.key, compile_);
        ++prepared_;
        if (recent_.size() == most_programs_) {
            places_.erase(recent_.back().key);
            recent_.pop_back();
        }
        recent_.push_front({program.key, std::move(made)});
        places_.emplace(program.key, recent_.begin());
        return recent_.front().program;
    }

    Device                                            device_;
    Session                                           session_;
    Compile                                           compile_;
    Trace                                             trace_;
    TimeTable&                                        times_;
    std::list<Entry>                                  recent_;
    std::map<std::string, std::list<Entry>::iterator> places_;
    std::size_t                                       most_programs_ = 32;
    std::uint64_t                                     prepared_      = 0;
};

}  // namespace

std::unique_ptr<Recorder> make_device_runner(const Device& device, const Weights& weights, TimeTable& times,
                                             std::shared_ptr<Frames> frames, Compile compile) {
    return std::make_unique<DeviceRunner>(device, weights, times, std::move(frames), compile);
}

}  // namespace attune

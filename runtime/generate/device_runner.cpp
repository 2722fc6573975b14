#include "base/trace.h"
#include "generate/runner.h"

#include <list>
#include <map>

namespace attune {
namespace {

constexpr std::size_t most_programs = 32;

template <class T> std::span<const T> elements(const TensorView& view) {
    return {reinterpret_cast<const T*>(view.bytes.data()),
            view.bytes.size() / sizeof(T)};  // readback memory is aligned
}

class DeviceRunner final : public Runner {
public:
    DeviceRunner(const Device& device, const Weights& weights, TimeTable& times)
        : session_(device, weights), trace_(weights.options().trace), times_(times) {}

    void set(const std::string& name, const TensorView& view) override { session_.set(name, view); }

    void run(const std::string& key, const std::function<Graph()>& make, const std::atomic<bool>* cancel) override {
        if (cancel && cancel->load(std::memory_order_relaxed))
            throw Error(Status::cancelled, "translate", "was cancelled");
        const Program& chosen = program(key, make);
        if (trace_.shows(4) && times_.count_run(key)) time(key, chosen);
        session_.run(chosen, cancel);
    }

    void begin(const std::string& key, const std::function<Graph()>& make) override {
        session_.begin(program(key, make));
    }
    bool record_next(VkCommandBuffer_T* commands, double seconds) override {
        return session_.record_next(commands, seconds);
    }

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

    void time(const std::string& key, const Program& chosen) {
        try {
            times_.add(key, session_.time(chosen));
        } catch (const Error& error) {
            // Timing needs the memory a second time; translating goes on without.
            if (error.status() != Status::out_of_device_memory) throw;
            tell(trace_, 4, "times", key + " was not timed: " + error.what());
        }
    }

    const Program& program(const std::string& key, const std::function<Graph()>& make) {
        const auto found = places_.find(key);
        if (found != places_.end()) {
            recent_.splice(recent_.begin(), recent_, found->second);
            return recent_.front().program;
        }
        Program made = session_.prepare(make(), key);
        ++prepared_;
        if (recent_.size() == most_programs) {
            places_.erase(recent_.back().key);
            recent_.pop_back();
        }
        recent_.push_front({key, std::move(made)});
        places_.emplace(key, recent_.begin());
        return recent_.front().program;
    }

    Session                                           session_;
    Trace                                             trace_;
    TimeTable&                                        times_;
    std::list<Entry>                                  recent_;
    std::map<std::string, std::list<Entry>::iterator> places_;
    std::uint64_t                                     prepared_ = 0;
};

}  // namespace

std::unique_ptr<Runner> make_device_runner(const Device& device, const Weights& weights, TimeTable& times) {
    return std::make_unique<DeviceRunner>(device, weights, times);
}

}  // namespace attune

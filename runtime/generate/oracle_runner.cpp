#include "generate/runner.h"

#include <attune/error.hpp>
#include <attune/oracle.hpp>

#include <map>

namespace attune {
namespace {

class OracleRunner final : public Runner {
public:
    explicit OracleRunner(WeightSource& weights) : session_(&weights) {}

    void set(const std::string& name, const TensorView& view) override {
        Tensor tensor(view.desc);
        std::copy(view.bytes.begin(), view.bytes.end(), tensor.bytes().begin());
        session_.set(name, tensor);
    }

    void run(const NamedGraph& program, const std::atomic<bool>* cancel) override {
        if (cancel && cancel->load()) throw Error(Status::cancelled, "oracle", "was cancelled");
        auto found = graphs_.find(program.key);
        if (found == graphs_.end()) found = graphs_.emplace(program.key, program.make()).first;
        session_.run(found->second);
    }

    void run(const NamedGraph& program, const Repeats& repeats, const std::atomic<bool>* cancel) override {
        for (std::uint32_t time = 0; time < repeats.times; ++time) {
            run(program, cancel);
            if (repeats.until && session_.get(repeats.until).values.at(0) == 0) return;
        }
    }
    std::uint32_t most_repeats(const NamedGraph&) override { return UINT32_MAX; }

    std::span<const std::uint32_t> integers(const std::string& output) override {
        const auto& values = session_.get(output).values;
        integers_.assign(values.size(), 0);
        for (std::size_t i = 0; i < values.size(); ++i) integers_[i] = static_cast<std::uint32_t>(values[i]);
        return integers_;
    }

    std::span<const float> reals(const std::string& output) override {
        const auto& values = session_.get(output).values;
        reals_.assign(values.begin(), values.end());
        return reals_;
    }

    std::uint64_t prepared() const override { return graphs_.size(); }
    std::uint64_t submissions() const override { return 0; }

private:
    oracle::Session              session_;
    std::map<std::string, Graph> graphs_;
    std::vector<std::uint32_t>   integers_;
    std::vector<float>           reals_;
};

}  // namespace

std::unique_ptr<Runner> make_oracle_runner(WeightSource& weights) { return std::make_unique<OracleRunner>(weights); }

}  // namespace attune

// Arithmetic in registers.
#include "execute/roof_work.h"

#include "kernels/kernels.h"
#include "params/roofs.h"

#include <algorithm>
#include <cmath>

namespace attune {
namespace {

constexpr std::uint64_t most_result_bytes = 16u << 20;

// An amount of 1 is a workgroup. More of them than a dispatch takes are several dispatches.
class Arithmetic : public RoofWork {
public:
    Arithmetic(Commands& commands, const Kernel& kernel, std::uint32_t lane_bytes, const PushBytes& push)
        : group_(roof_group(commands.context().traits())),
          most_groups_(static_cast<std::uint32_t>(std::min<std::uint64_t>(commands.context().traits().max_groups[0],
                                                                          most_result_bytes / (group_ * lane_bytes)))),
          results_(commands.context().memory().allocate(MemoryClass::scratch,
                                                        std::uint64_t{most_groups_} * group_ * lane_bytes)),
          kernel_(commands.context(), kernel, {group_}, {&results_}), push_(push), vk_(commands.context().vk()) {
        commands.clear(results_);
    }

    void record(VkCommandBuffer commands, std::uint32_t amount) override {
        kernel_.bind(commands, push_);
        for (std::uint32_t done = 0; done < amount; done += most_groups_) {
            if (done > 0) full_barrier(vk_, commands);
            kernel_.dispatch(commands, std::min(most_groups_, amount - done));
        }
    }
    std::uint32_t least() const override { return 16; }
    std::uint32_t most() const override { return 1u << 24; }

protected:
    // What the lanes of all workgroups left.
    std::vector<float> results(Commands& commands, std::uint32_t amount, std::uint32_t numbers) const {
        std::vector<float> found(std::size_t{std::min(amount, most_groups_)} * group_ * numbers);
        commands.download(results_, 0, std::as_writable_bytes(std::span(found)));
        return found;
    }

    std::uint32_t group_, most_groups_;

private:
    vulkan::Span                   results_;
    BoundKernel                    kernel_;
    PushBytes                      push_;
    const vulkan::DeviceFunctions& vk_;
};

class Fma final : public Arithmetic {
public:
    Fma(Commands& commands, const Kernel& kernel, std::uint32_t steps, std::uint32_t steps_of_a_turn)
        : Arithmetic(commands, kernel, 4, RoofFmaParams{.factor = 1, .term = 1, .turns = steps / steps_of_a_turn}),
          steps_(steps) {}

    double units() const override { return 2.0 * chains * steps_ * group_; }

    std::string wrong(Commands& commands, std::uint32_t amount) override {
        const std::vector<float> found  = results(commands, amount, 1);
        std::size_t              differ = 0;
        for (std::size_t lane = 0; lane < found.size(); ++lane) {
            const auto start = static_cast<double>(lane % 256);  // chain c: start + c, and 1 more with each step
            differ += found[lane] != chains * (start + steps_) + chains * (chains - 1) / 2;
        }
        return differ ? std::to_string(differ) + " of " + std::to_string(found.size()) + " lanes have other sums"
                      : std::string();
    }

private:
    static constexpr double chains = 12;
    double                  steps_;
};

class Exp2 final : public Arithmetic {
public:
    Exp2(Commands& commands, std::uint32_t turns)
        : Arithmetic(commands, kernels::roof_exp2, 16, RoofExp2Params{.turns = turns}), turns_(turns) {}

    double units() const override { return 8.0 * 4 * turns_ * group_; }

    std::string wrong(Commands& commands, std::uint32_t amount) override {
        const std::vector<float> found  = results(commands, amount, 4);
        std::size_t              differ = 0;
        for (std::size_t lane = 0; lane < found.size() / 4; ++lane) {
            const float* const at = &found[4 * lane];
            differ += !(std::abs(at[0] - fixed_point) < allowed && std::abs(at[1] - fixed_point) < allowed &&
                        at[2] == turns_);
        }
        return differ ? std::to_string(differ) + " of " + std::to_string(found.size() / 4) +
                            " lanes did not come to where x = exp2(-x)"
                      : std::string();
    }

private:
    // Vulkan allows exp2(-x) an error of 3 + 2 x units in the last place, which are 2^-24 here; chains, whose steps
    // shrink errors by ln 2 * x, add up to 1.8 times that.
    static constexpr double fixed_point = 0.641185744504986, allowed = 8.0 / (1 << 24);
    double                  turns_;
};

}  // namespace

// On CPUs the steps are many, since a workgroup costs there what thousands of operations do. f16 has whole numbers to
// 2,048: 1,024 steps from at most 266.
RoofWorks make_fma(Commands& commands, RoofKind kind) {
    const bool          half  = kind == RoofKind::fma_f16;
    const std::uint32_t steps = commands.context().traits().is_cpu && !half ? 32768 : 1024;
    RoofWorks           works;
    works.push_back(std::make_unique<Fma>(commands, half ? kernels::roof_fma_f16_8 : kernels::roof_fma_f32_8, steps, 8));
    works.push_back(std::make_unique<Fma>(commands, half ? kernels::roof_fma_f16_64 : kernels::roof_fma_f32_64, steps, 64));
    return works;
}

std::unique_ptr<RoofWork> make_exp2(Commands& commands) {
    return std::make_unique<Exp2>(commands, commands.context().traits().is_cpu ? 2048 : 128);
}

}  // namespace attune

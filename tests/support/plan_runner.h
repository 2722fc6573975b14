// Runs a plan by itself, in memory of its own, to see what its dispatches really touch.
//
// Everything that the plan names (each input, output, state, chunk of a weight, the controls, the
// arena) lies in one buffer with guard bands around it (in several, where one allocation may not be as
// large). Guards, arena and outputs are filled with NaN
// first. Bindings are made longer than planned where the device allows it: a driver that drops
// writes beyond a binding then shows them in the guard, and reads beyond it give NaN.
#pragma once

#include "execute/commands.h"
#include "plan/plan.h"
#include "vulkan/descriptors.h"
#include "vulkan/pipelines.h"

#include <attune/weights.hpp>

#include <tuple>

namespace attune::test {

struct PlanResult {
    std::map<std::string, Tensor> values;    // outputs and states
    std::vector<std::byte>        memory;    // all of it, afterwards
    std::string                   damage;    // "" or which bytes changed that no dispatch may write
};

enum class BarrierFlaw { none, no_write_access, wrong_stage };

class PlanRunner {
public:
    struct Options {
        bool        long_bindings = true;
        BarrierFlaw flaw = BarrierFlaw::none;   // barriers as they must not be
    };

    PlanRunner(std::shared_ptr<Device::Context> context, Plan plan, const WeightLayouts& layouts, WeightSource* weights, const Options& options);
    PlanRunner(std::shared_ptr<Device::Context> context, Plan plan, const WeightLayouts& layouts, WeightSource* weights)
        : PlanRunner(std::move(context), std::move(plan), layouts, weights, Options{}) {}
    PlanRunner(const PlanRunner&) = delete;
    PlanRunner& operator=(const PlanRunner&) = delete;

    // Inputs, controls and states by name; states that are not given are zeros.
    PlanResult run(const std::map<std::string, Tensor>& tensors);

private:
    struct Place {
        std::uint64_t offset = 0;
        std::uint64_t bytes = 0;
    };
    using Key = std::tuple<Region, std::uint32_t, std::uint32_t>;

    // Bytes [begin, end) of all that there is, in an allocation of their own.
    struct Block {
        std::uint64_t begin = 0;
        std::uint64_t end = 0;
        vulkan::Span  memory;
    };

    void        add_place(Key key, std::uint64_t bytes);
    void        add_places(const WeightLayouts& layouts);
    const Block& block_with(std::uint64_t offset) const;
    void        pack_weights(const WeightLayouts& layouts, WeightSource& weights);
    void        make_sets();
    void        record();
    void        barrier(VkCommandBuffer commands) const;
    void        put(std::vector<std::byte>& memory, Key key, std::uint64_t offset, const TensorDesc& wanted, const Tensor& tensor) const;
    Tensor      taken(const std::vector<std::byte>& memory, Key key, const TensorDesc& desc) const;
    std::string damage(const std::vector<std::byte>& before, const std::vector<std::byte>& after) const;
    Key         key_of(const Location& location) const;

    Commands                     commands_;
    Plan                         plan_;
    Options                      options_;
    std::map<Key, Place>         places_;
    std::vector<std::byte>       initial_;       // guards, weights and poison
    std::vector<Block>           blocks_;
    vulkan::DescriptorSets       sets_;
    std::vector<vulkan::Pipeline> pipelines_;
    VkCommandBuffer              recorded_ = VK_NULL_HANDLE;
};

}  // namespace attune::test

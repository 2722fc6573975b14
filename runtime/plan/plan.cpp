#include "plan/plan.h"

#include "graph/op.h"
#include "ops/lowering.h"
#include "ops/texels.h"
#include "plan/arena.h"
#include "plan/hazards.h"

#include <attune/error.hpp>

namespace attune {
namespace {

// A dispatch costs this much whatever it does; measured on software drivers, generous for GPUs.
constexpr double dispatch_seconds = 10e-6;

class Planner {
public:
    Planner(Graph graph, const DeviceTraits& traits, const WeightLayouts& layouts)
        : traits_(traits), layouts_(layouts) {
        plan_.graph = std::move(graph);
        for (const auto& [name, value] : plan_.graph.outputs()) name_output(name, value);
    }

    Plan make() {
        for (std::uint32_t n = 0; n < plan_.graph.nodes().size(); ++n) lower_node(n);
        place();
        place_barriers(plan_.dispatches);
        cut_submissions();
        return std::move(plan_);
    }

private:
    // ---- where values live -------------------------------------------------------------------

    void name_output(const std::string& name, Value value) {
        const ValueInfo& info = plan_.graph.info(value);
        if (info.kind == ValueKind::state) return;
        if (info.kind != ValueKind::temporary)
            throw Error(Status::bad_input, name, "is an output that nothing computes");
        if (outputs_.contains(value.id)) throw Error(Status::bad_input, name, "names the same value as another output");
        outputs_.emplace(value.id, static_cast<std::uint32_t>(plan_.outputs.size()));
        plan_.outputs.push_back({name, info.desc, 0});
    }

    std::uint32_t index_in(std::vector<NamedTensor>& list, const ValueInfo& info) {
        for (std::uint32_t i = 0; i < list.size(); ++i)
            if (list[i].name == info.name) return i;
        list.push_back({info.name, info.desc, 0});
        if (&list == &plan_.controls) {
            list.back().offset = plan_.control_bytes;
            plan_.control_bytes += round_up(info.desc.bytes(), traits_.offset_alignment);
        }
        return static_cast<std::uint32_t>(list.size() - 1);
    }

    std::uint32_t weight_index(const std::string& name) {
        for (std::uint32_t i = 0; i < plan_.weights.size(); ++i)
            if (plan_.weights[i] == name) return i;
        plan_.weights.push_back(name);
        return static_cast<std::uint32_t>(plan_.weights.size() - 1);
    }

    const WeightLayout& layout(const ValueInfo& info) const {
        const auto found = layouts_.find(info.name);
        if (found == layouts_.end())
            throw Error(Status::usage, info.name, "is a weight that was not loaded",
                        "give every graph that will run when weights are loaded");
        if (found->second.desc != info.desc)
            throw Error(Status::bad_input, info.name,
                        "was loaded as " + found->second.desc.text() + ", the graph wants " + info.desc.text());
        return found->second;
    }

    // ---- lowering ----------------------------------------------------------------------------

    LoweredOperand operand(const Operand& use) const {
        const ValueInfo& info = plan_.graph.info(use.value);
        return {.value  = use.value.id,
                .desc   = plan_.graph.desc(use),
                .column = use.column,
                .stride = info.desc.width(),
                .bytes  = round_up(info.desc.bytes(), 4),
                .layout = info.kind == ValueKind::weight ? &layout(info) : nullptr};
    }

    void lower_node(std::uint32_t index) {
        const Node& node = plan_.graph.nodes()[index];
        Lowering    lowering{.node = node, .traits = traits_, .inputs = {}, .outputs = {}};
        for (std::size_t i = 0; i < node.inputs.size(); ++i) {
            if (node.inputs[i] && node.inputs[i]->width && !(node.op->strided_inputs >> i & 1))
                throw Error(Status::usage, std::string(node.op->name),
                            "input " + std::to_string(i) + " cannot be a column range", "use columns()");
            lowering.inputs.push_back(node.inputs[i] ? std::optional(operand(*node.inputs[i])) : std::nullopt);
        }
        for (const Value value : node.outputs) lowering.outputs.push_back(operand({value}));
        try {
            place_dispatches(index, node.op->lower(lowering));
        } catch (const Error& error) {  // says what is too large, but not which value it is for
            throw Error(error.status(), std::string(node.op->name), error.what(), "while planning " + described(node));
        }
    }

    // "#7 f32[2, 3] of #5, weight.name, -"
    std::string described(const Node& node) const {
        const auto name = [&](Value value) {
            const ValueInfo& info = plan_.graph.info(value);
            return info.kind == ValueKind::temporary ? "#" + std::to_string(value.id) : info.name;
        };
        std::string text = name(node.outputs[0]) + " " + plan_.graph.desc(node.outputs[0]).text();
        for (std::size_t i = 0; i < node.inputs.size(); ++i)
            text += (i ? ", " : " of ") + (node.inputs[i] ? name(node.inputs[i]->value) : std::string("-"));
        return text;
    }

    void place_dispatches(std::uint32_t index, Lowered lowered) {
        std::vector<std::size_t> blocks;
        for (const std::uint64_t bytes : lowered.temporaries) blocks.push_back(new_block(bytes));
        for (Dispatch& dispatch : lowered.dispatches) {
            read_texels(dispatch, traits_);
            PlannedDispatch planned{.dispatch = std::move(dispatch), .locations = {}, .node = index};
            planned.seconds = dispatch_seconds + planned.dispatch.cost.flops / traits_.flops;
            for (const Binding& binding : planned.dispatch.bindings)
                planned.locations.push_back(locate(binding, blocks));
            plan_.dispatches.push_back(std::move(planned));
        }
    }

    std::size_t new_block(std::uint64_t bytes) {
        blocks_.push_back({.bytes = round_up(bytes, 4), .first = SIZE_MAX, .last = 0, .offset = 0});
        return blocks_.size() - 1;
    }

    // A location in the arena names its block in `index` until place() knows the offset.
    Location in_block(std::size_t block, const Binding& binding) {
        ArenaBlock& one = blocks_[block];
        one.first       = std::min(one.first, plan_.dispatches.size());
        one.last        = std::max(one.last, plan_.dispatches.size());
        return {.region = Region::arena,
                .index  = static_cast<std::uint32_t>(block),
                .offset = binding.offset,
                .bytes  = binding.bytes,
                .access = binding.access};
    }

    Location locate(const Binding& binding, const std::vector<std::size_t>& temporaries) {
        if (binding.bytes > traits_.max_binding)
            throw Error(Status::bad_input, "plan",
                        "a binding of " + std::to_string(binding.bytes) + " bytes exceeds what this device may see (" +
                            std::to_string(traits_.max_binding) + ")");
        if (binding.kind == Binding::temporary) return in_block(temporaries.at(binding.index), binding);
        if (binding.kind == Binding::counters) {
            plan_.counter_bytes = std::max(plan_.counter_bytes, binding.bytes);
            return {.region = Region::counter, .bytes = binding.bytes, .access = binding.access};
        }
        const ValueInfo& info = plan_.graph.info({binding.index});
        Location         location{.offset = binding.offset, .bytes = binding.bytes, .access = binding.access};
        switch (info.kind) {
        case ValueKind::weight:
            location.region = Region::weight;
            location.index  = weight_index(info.name);
            location.chunk  = binding.chunk;
            return location;
        case ValueKind::state:
            location.region = Region::state;
            location.index  = index_in(plan_.states, info);
            return location;
        case ValueKind::input:
            location.region = Region::input;
            location.index  = index_in(plan_.inputs, info);
            return location;
        case ValueKind::control:
            location.region = Region::control;
            location.index  = index_in(plan_.controls, info);
            location.offset += plan_.controls[location.index].offset;
            return location;
        case ValueKind::temporary: break;
        }
        if (const auto output = outputs_.find(binding.index); output != outputs_.end()) {
            location.region = Region::output;
            location.index  = output->second;
            return location;
        }
        const auto [block, fresh] = value_blocks_.try_emplace(binding.index, 0);
        if (fresh) block->second = new_block(info.desc.bytes());
        return in_block(block->second, binding);
    }

    // ---- memory and submissions --------------------------------------------------------------

    void place() {
        plan_.arena_bytes = place_blocks(blocks_, traits_.offset_alignment);
        for (PlannedDispatch& planned : plan_.dispatches) {
            for (Location& location : planned.locations) {
                if (location.region != Region::arena) continue;
                location.offset += blocks_[location.index].offset;
                location.index = 0;
            }
        }
    }

    void cut_submissions() {
        double seconds = 0;
        for (PlannedDispatch& planned : plan_.dispatches) {
            if (seconds > 0 && seconds + planned.seconds > traits_.submission_seconds) {
                planned.submit = true;
                seconds        = 0;
            }
            seconds += planned.seconds;
        }
    }

    Plan                                   plan_;
    const DeviceTraits&                    traits_;
    const WeightLayouts&                   layouts_;
    std::map<std::uint32_t, std::uint32_t> outputs_;       // value -> place in plan_.outputs
    std::map<std::uint32_t, std::size_t>   value_blocks_;  // value -> block of the arena
    std::vector<ArenaBlock>                blocks_;
};

}  // namespace

Plan make_plan(Graph graph, const DeviceTraits& traits, const WeightLayouts& layouts) {
    return Planner(std::move(graph), traits, layouts).make();
}

std::size_t Plan::barriers() const noexcept {
    std::size_t count = 0;
    for (const PlannedDispatch& planned : dispatches) count += planned.barrier;
    return count;
}

std::vector<Plan::Submission> Plan::submissions() const {
    std::vector<Submission> cut(1);
    for (std::size_t i = 0; i < dispatches.size(); ++i) {
        if (i > 0 && dispatches[i].submit) cut.push_back({i, i});
        cut.back().end = i + 1;
    }
    return cut;
}

}  // namespace attune

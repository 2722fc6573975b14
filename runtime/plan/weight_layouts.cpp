#include "graph/op.h"
#include "plan/plan.h"

#include <attune/error.hpp>

namespace attune {
namespace {

struct Wanted {
    TensorDesc desc;
    bool       panels = false;
};

void note_weights(std::map<std::string, Wanted>& wanted, const Graph& graph) {
    for (const Node& node : graph.nodes()) {
        for (std::size_t i = 0; i < node.inputs.size(); ++i) {
            if (!node.inputs[i]) continue;
            const ValueInfo& info = graph.info(node.inputs[i]->value);
            if (info.kind != ValueKind::weight) continue;
            Wanted& one = wanted.try_emplace(info.name, Wanted{info.desc, false}).first->second;
            if (one.desc != info.desc)
                throw Error(Status::bad_input, info.name,
                            "is " + one.desc.text() + " in one graph and " + info.desc.text() + " in another");
            one.panels = one.panels || info.desc.type == Type::i8 || (node.op->panel_inputs >> i & 1);
        }
    }
}

WeightLayout layout_of(const std::string& name, const Wanted& wanted, std::uint64_t max_chunk) {
    try {
        return make_weight_layout(wanted.desc, wanted.panels ? Packing::panels : Packing::plain, max_chunk);
    } catch (const Error& error) { throw Error(error.status(), name, error.what()); }
}

}  // namespace

void add_weight_layouts(WeightLayouts& layouts, std::span<const Graph* const> graphs, const DeviceTraits& traits) {
    std::map<std::string, Wanted> wanted;
    for (const Graph* graph : graphs) note_weights(wanted, *graph);
    for (const auto& [name, one] : wanted) {
        const auto max_chunk      = std::min(traits.max_binding, traits.max_allocation);
        const auto layout         = layout_of(name, one, max_chunk);
        const auto [found, added] = layouts.emplace(name, layout);
        if (!added && (found->second.desc != one.desc || (one.panels && found->second.packing != Packing::panels)))
            throw Error(Status::usage, name, "is already on the device in another layout",
                        "give all graphs of a model at once");
    }
}

}  // namespace attune

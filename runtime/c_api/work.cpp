#include "c_api/work.h"

#include "c_api/call.h"

namespace attune::c_api {

Budget budget_of(const attune_budget& from) {
    Budget budget;
    if (from.gpu_us) budget.seconds = static_cast<double>(from.gpu_us) * 1e-6;
    if (from.cpu_us) budget.cpu_seconds = static_cast<double>(from.cpu_us) * 1e-6;
    if (from.dispatches) budget.dispatches = from.dispatches;
    return budget;
}

void CommandList::hold(std::vector<CommandData>&& data) {
    data_ = std::move(data);
    commands_.clear();
    bindings_.clear();
    names_.clear();
    for (const CommandData& one : data_) {
        auto& bindings = bindings_.emplace_back();
        for (const auto& binding : one.bindings)
            bindings.push_back(
                {binding.buffer, binding.offset, binding.bytes, static_cast<std::uint32_t>(binding.access), 0});
        std::string name(one.op);
        if (!one.kernel.empty()) name += " " + std::string(one.kernel);
        attune_command command = {};
        command.kind           = static_cast<std::uint32_t>(one.kind);
        command.barrier        = one.barrier;
        command.name           = names_.emplace_back(std::move(name)).c_str();
        command.spirv          = one.spirv.data();
        command.spirv_words    = one.spirv.size();
        command.constants      = one.constants.data();
        command.constant_count = static_cast<std::uint32_t>(one.constants.size());
        command.bindings       = bindings.data();
        command.binding_count  = static_cast<std::uint32_t>(bindings.size());
        command.data           = one.data.data();
        command.data_bytes     = static_cast<std::uint32_t>(one.data.size());
        std::copy(one.groups.begin(), one.groups.end(), command.groups);
        commands_.push_back(command);
    }
}

TranslationWork& Work::translation(const Call& call) {
    call.refuse("the session runs a graph and translates nothing", "attune_session_create() makes one that does");
}

GraphWork& Work::graph(const Call& call) {
    call.refuse("the session translates and has no tensors with names", "attune_graph_session() makes one that has");
}

}  // namespace attune::c_api

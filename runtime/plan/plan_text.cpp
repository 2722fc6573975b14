// Plans as text for people.
#include "graph/op.h"
#include "plan/plan.h"

#include <algorithm>
#include <cstdio>

namespace attune {
namespace {

std::string dispatch_line(const Plan& plan, std::size_t index) {
    const PlannedDispatch& planned = plan.dispatches[index];
    const Dispatch&        d       = planned.dispatch;
    const Node&            node    = plan.graph.nodes()[planned.node];
    char                   line[256];
    std::snprintf(line, sizeof line, "%4zu %c %-20s %-24s groups %u x %u x %u   %.3g MFLOP  %.3g MB", index,
                  planned.barrier ? '|' : ' ', std::string(node.op->name).c_str(), std::string(d.kernel->name).c_str(),
                  d.groups.x, d.groups.y, d.groups.z, d.cost.flops * 1e-6, d.cost.bytes * 1e-6);
    return line + ("   " + plan.graph.desc(node.outputs[0]).text());
}

// "(8, 0, 1)"
std::string constants_text(const std::vector<std::uint32_t>& constants) {
    std::string text;
    for (const std::uint32_t constant : constants) text += (text.empty() ? "" : ", ") + std::to_string(constant);
    return "(" + text + ")";
}

std::string place_name(const Plan& plan, const Location& location) {
    switch (location.region) {
    case Region::weight:
        return "weight " + plan.weights[location.index] +
               (location.chunk ? " chunk " + std::to_string(location.chunk) : "");
    case Region::arena: return "arena";
    case Region::state: return "state " + plan.states[location.index].name;
    case Region::input: return "input " + plan.inputs[location.index].name;
    case Region::control: return "control " + plan.controls[location.index].name;
    case Region::output: return "output " + plan.outputs[location.index].name;
    case Region::counter: return "counters";
    }
    return {};
}

// "reads arena [0, 4096)"
std::string location_text(const Plan& plan, const Location& location) {
    const char* verb = location.access == Access::read    ? "reads "
                       : location.access == Access::write ? "writes "
                                                          : "updates ";
    return verb + place_name(plan, location) + " [" + std::to_string(location.offset) + ", " +
           std::to_string(location.offset + location.bytes) + ")";
}

}  // namespace

std::string Plan::text() const {
    std::string result;
    for (std::size_t i = 0; i < dispatches.size(); ++i) result += dispatch_line(*this, i) + "\n";
    return result;
}

std::string Plan::listing() const {
    std::string result = "arena " + std::to_string(arena_bytes) + " bytes, controls " + std::to_string(control_bytes) +
                         " bytes, counters " + std::to_string(counter_bytes) + " bytes; | is a barrier\n";
    for (std::size_t i = 0; i < dispatches.size(); ++i) {
        if (dispatches[i].submit) result += "a new submission\n";
        result += dispatch_line(*this, i) + "\n         constants " + constants_text(dispatches[i].dispatch.constants);
        for (const Location& location : dispatches[i].locations) result += ", " + location_text(*this, location);
        result += "\n";
    }
    return result;
}

std::string Plan::kernels() const {
    std::map<std::string, std::size_t> counts;
    for (const PlannedDispatch& planned : dispatches)
        ++counts[std::string(planned.dispatch.kernel->name) + " " + constants_text(planned.dispatch.constants)];
    std::vector<std::pair<std::string, std::size_t>> sorted(counts.begin(), counts.end());
    std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
    std::string result;
    for (const auto& [kernel, count] : sorted) {
        char number[16];
        std::snprintf(number, sizeof number, "%4zu x ", count);
        result += number + kernel + "\n";
    }
    return result;
}

}  // namespace attune

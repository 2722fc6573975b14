#include "support/example.h"

namespace attune::test {

std::map<std::string, oracle::Array> oracle_results(const Graph& graph, Example& example) {
    oracle::Session                    session(&example.weights);
    std::map<std::string, TensorDesc> wanted;   // states: a rewritten graph may keep them as f16
    for (const ValueInfo& info : graph.values()) wanted.insert_or_assign(info.name, info.desc);
    for (const auto& [name, tensor] : example.tensors) {
        const auto found = wanted.find(name);
        if (found == wanted.end()) continue;
        session.set(name, found->second == tensor.desc() ? tensor : Tensor::from_doubles(found->second, tensor.doubles()));
    }
    session.run(graph);
    std::map<std::string, oracle::Array> results;
    for (const auto& [name, value] : graph.outputs()) results.emplace(name, session.get(name));
    for (std::uint32_t id = 0; id < graph.values().size(); ++id)
        if (const ValueInfo& info = graph.info({id}); info.kind == ValueKind::state && info.storage != Value{id}) results.emplace("state " + info.name, session.get(info.name));
    return results;
}

}  // namespace attune::test

#include "checks/session_run.h"

namespace attune::test {

SessionRun::SessionRun(const Device& device, const Case& row, Compile compile)
    : row_(row), source_(row.weights), weights_(device, source_, std::span(&row.graph, 1), row.options),
      session_(device, weights_), program_(session_.prepare(row.graph, "graph", compile)) {}

std::map<std::string, Tensor> SessionRun::results(const std::map<std::string, Tensor>& changed) {
    for (const auto& [name, tensor] : row_.tensors)
        session_.set(name, changed.contains(name) ? changed.at(name) : tensor);
    session_.run(program_);
    std::map<std::string, Tensor> values;
    for (const std::string& name : names_of_results(row_.graph)) values.emplace(name, session_.get(name));
    return values;
}

std::vector<std::string> failures_in_session(const Device& device, const Case& row) {
    SessionRun               run(device, row);
    const auto               first = run.results();
    std::vector<std::string> lines = differences_from_oracle(row, first);
    const auto               add   = [&](const std::vector<std::string>& more) {
        lines.insert(lines.end(), more.begin(), more.end());
    };
    add(changed_outputs(row, first, run.results(), "of a second run"));
    if (!row.unseen.empty()) add(changed_outputs(row, first, run.results(row.unseen), "with other unseen numbers"));
    return lines;
}

}  // namespace attune::test

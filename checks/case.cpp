#include "checks/case.h"

#include <algorithm>

namespace attune::test {
namespace {

bool stores_halves(const Graph& graph) {
    for (const ValueInfo& info : graph.values())
        if (info.desc.type == Type::f16 && info.kind != ValueKind::weight && info.kind != ValueKind::input) return true;
    return false;
}

double limit_of(const Case& row) {
    if (row.largest_nmse != 0) return row.largest_nmse;
    const bool halves = row.options.precision == Precision::f16 || row.options.cache == Type::f16;
    return halves || stores_halves(row.graph) ? 1e-5 : 1e-9;
}

}  // namespace

Value Example::input(const std::string& name, Tensor tensor) {
    const Value value = graph.input(name, tensor.desc());
    tensors.insert_or_assign(name, std::move(tensor));
    return value;
}

Value Example::control(const std::string& name, Tensor tensor) {
    const Value value = graph.control(name, tensor.desc());
    tensors.insert_or_assign(name, std::move(tensor));
    return value;
}

Value Example::state(const std::string& name, Tensor tensor) {
    const Value value = graph.state(name, tensor.desc());
    tensors.insert_or_assign(name, std::move(tensor));
    return value;
}

Value Example::weight(const std::string& name, Tensor tensor) {
    const Value value = graph.weight(name, tensor.desc());
    weights.set(name, std::move(tensor));
    return value;
}

std::vector<std::string> names_of_results(const Graph& graph) {
    std::vector<std::string> names;
    for (const auto& [name, value] : graph.outputs()) names.push_back(name);
    for (std::uint32_t id = 0; id < graph.values().size(); ++id)
        if (const ValueInfo& info = graph.values()[id]; info.kind == ValueKind::state && info.storage.id == id)
            names.push_back(info.name);
    return names;
}

OracleComparison compare_with_oracle(const Case& row, const std::map<std::string, Tensor>& results) {
    WeightMap       weights = row.weights;
    oracle::Session oracle(&weights);
    for (const auto& [name, tensor] : row.tensors) oracle.set(name, tensor);
    oracle.run(row.graph);
    OracleComparison comparison;
    for (const std::string& name : names_of_results(row.graph)) {
        const Tensor&        got    = results.at(name);
        const oracle::Array& wanted = oracle.get(name);
        const std::string    text   = row.bounds && name == "y" ? beyond_bounds(got, wanted, row.bounds(wanted))
                                                                : difference(got, wanted, limit_of(row));
        if (!text.empty()) comparison.differences.push_back(name + " " + text);
        if (got.desc().shape == wanted.shape) comparison.nmse = std::max(comparison.nmse, nmse(got, wanted));
    }
    return comparison;
}

std::vector<std::string> differences_from_oracle(const Case& row, const std::map<std::string, Tensor>& results) {
    return compare_with_oracle(row, results).differences;
}

std::vector<std::string> changed_outputs(const Case& row, const std::map<std::string, Tensor>& results,
                                         const std::map<std::string, Tensor>& others, const std::string& what) {
    std::vector<std::string> lines;
    for (const auto& [name, value] : row.graph.outputs()) {
        const std::string text = bit_difference(results.at(name), others.at(name));
        if (!text.empty()) lines.push_back(name + " " + what + " differs: " + text);
    }
    return lines;
}

Case Rows::Row::made() const {
    Random random(name);
    return make(random);
}

std::string text(Type type) { return name_of(type); }

std::span<const OpTable> op_tables() {
    static constexpr OpTable tables[] = {
        {"linear", linear_rows},
        {"linear with a norm", linear_norm_rows},
        {"linear into caches", linear_append_rows},
        {"linear_chosen", linear_chosen_rows},
        {"add", add_rows},
        {"activate", activate_rows},
        {"layer_norm", layer_norm_rows},
        {"softmax", softmax_rows},
        {"rearrange", rearrange_rows},
        {"embedding", embedding_rows},
        {"top_k", top_k_rows},
        {"kv_append", kv_append_rows},
        {"beams", beam_rows},
        {"beam_step", beam_step_rows},
        {"ssru", ssru_rows},
        {"attention", attention_rows},
        {"sliced attention", sliced_attention_rows},
        {"staged attention", staged_attention_rows},
        {"masked attention", masked_attention_rows},
        {"fused graphs", fused_graph_rows},
    };
    return tables;
}

}  // namespace attune::test

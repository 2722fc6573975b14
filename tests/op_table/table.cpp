#include "op_table/table.h"

#include "plan/rewrite.h"
#include "support/plan_runner.h"
#include "support/test_devices.h"

#include <attune/session.hpp>

#include <doctest/doctest.h>

#include <chrono>

namespace attune::test {
namespace {

constexpr std::size_t gpu_kernels_share = 9;   // on lavapipe: every Nth row with the kernels for GPUs
constexpr std::size_t session_share = 5;       // every Nth row through Session as well

bool stores_halves(const Graph& graph) {
    for (const ValueInfo& info : graph.values())
        if (info.desc.type == Type::f16 && info.kind != ValueKind::weight && info.kind != ValueKind::input) return true;
    return false;
}

struct Prepared {
    WeightLayouts layouts;
    Plan          plan;
};

Prepared prepared(const Device& device, const Case& row) {
    Prepared           result;
    const Graph        graph = rewrite(row.graph, row.options);
    const Graph* const graphs[] = {&graph};
    add_weight_layouts(result.layouts, graphs, device.context()->traits());
    result.plan = make_plan(graph, device.context()->traits(), result.layouts);
    return result;
}

std::vector<std::string> names_of_results(const Graph& graph) {
    std::vector<std::string> names;
    for (const auto& [name, value] : graph.outputs()) names.push_back(name);
    for (std::uint32_t id = 0; id < graph.values().size(); ++id)
        if (const ValueInfo& info = graph.values()[id]; info.kind == ValueKind::state && info.storage.id == id) names.push_back(info.name);
    return names;
}

class Checker {
public:
    Checker(const Device& device, const Case& row) : device_(device), row_(row) {}

    std::vector<std::string> run(const CheckOptions& options) {
        WeightMap  weights = row_.weights;
        Prepared   ready = prepared(device_, row_);
        PlanRunner runner(device_.context(), std::move(ready.plan), ready.layouts, &weights, {.long_bindings = options.long_bindings});
        const PlanResult first = runner.run(row_.tensors), second = runner.run(row_.tensors);
        if (!first.damage.empty()) failures_.push_back(first.damage);
        if (first.memory != second.memory) failures_.push_back("two runs differ");
        compare_with_oracle(weights, first);
        if (!row_.unseen.empty()) compare_bits("with other unseen numbers", first, runner.run(with_unseen()).values);
        if (options.through_session) compare_bits("through a session", first, session_results(weights));
        return std::move(failures_);
    }

private:
    void compare_with_oracle(WeightMap& weights, const PlanResult& result) {
        oracle::Session oracle(&weights);
        for (const auto& [name, tensor] : row_.tensors) oracle.set(name, tensor);
        oracle.run(row_.graph);
        double limit = row_.largest_nmse;
        if (limit == 0) limit = stores_halves(row_.graph) || row_.options.precision == Precision::f16 ? 1e-5 : 1e-9;
        for (const std::string& name : names_of_results(row_.graph)) {
            const Tensor&        got = result.values.at(name);
            const oracle::Array& wanted = oracle.get(name);
            const std::string    text = row_.bounds && name == "y" ? beyond_bounds(got, wanted, row_.bounds(wanted)) : difference(got, wanted, limit);
            if (!text.empty()) failures_.push_back(name + " " + text);
        }
    }

    std::map<std::string, Tensor> with_unseen() const {
        std::map<std::string, Tensor> tensors = row_.unseen;
        tensors.insert(row_.tensors.begin(), row_.tensors.end());
        return tensors;
    }

    std::map<std::string, Tensor> session_results(WeightMap& source) const {
        const Weights weights(device_, source, std::span(&row_.graph, 1), row_.options);
        Session       session(device_, weights);
        const Program program = session.prepare(row_.graph);
        for (const auto& [name, tensor] : row_.tensors) session.set(name, tensor);
        session.run(program);
        std::map<std::string, Tensor> values;
        for (const std::string& name : names_of_results(row_.graph)) values.emplace(name, session.get(name));
        return values;
    }

    // States may hold unseen numbers themselves; only outputs have to be equal.
    void compare_bits(const std::string& what, const PlanResult& first, const std::map<std::string, Tensor>& other) {
        for (const auto& [name, value] : row_.graph.outputs()) {
            const std::string text = bit_difference(first.values.at(name), other.at(name));
            if (!text.empty()) failures_.push_back(name + " " + what + " differs: " + text);
        }
    }

    const Device&            device_;
    const Case&              row_;
    std::vector<std::string> failures_;
};

void check_row(const Device& device, const std::string& name, const Case& row, const CheckOptions& options) {
    const bool        cpu_kernels = device.context()->traits().is_cpu, cpu = device.info().kind == DeviceInfo::Kind::cpu;
    const std::string kernels = cpu_kernels ? "CPU" : "GPU";
    if (row.long_to_compile && cpu && !cpu_kernels) return;
    std::vector<std::string> wrong;
    try {
        wrong = failures(device, row, options);
    } catch (const Error& error) {
        wrong.push_back(error.what());
    }
    for (const std::string& line : wrong) FAIL_CHECK(name << " (" << kernels << " kernels): " << line);
    CHECK(wrong.empty());
}

}  // namespace

Value Case::input(const std::string& name, Tensor tensor) {
    const Value value = graph.input(name, tensor.desc());
    tensors.insert_or_assign(name, std::move(tensor));
    return value;
}

Value Case::control(const std::string& name, Tensor tensor) {
    const Value value = graph.control(name, tensor.desc());
    tensors.insert_or_assign(name, std::move(tensor));
    return value;
}

Value Case::state(const std::string& name, Tensor tensor) {
    const Value value = graph.state(name, tensor.desc());
    tensors.insert_or_assign(name, std::move(tensor));
    return value;
}

Value Case::weight(const std::string& name, Tensor tensor) {
    const Value value = graph.weight(name, tensor.desc());
    weights.set(name, std::move(tensor));
    return value;
}

std::vector<std::string> failures(const Device& device, const Case& row, const CheckOptions& options) { return Checker(device, row).run(options); }

std::map<std::string, Tensor> results(const Device& device, const Case& row) {
    WeightMap weights = row.weights;
    Prepared  ready = prepared(device, row);
    return PlanRunner(device.context(), std::move(ready.plan), ready.layouts, &weights).run(row.tensors).values;
}

void check_rows(const char* table, void (*fill)(Rows&)) {
    Rows rows;
    fill(rows);
    const std::size_t share = row_share();
    std::size_t       runs = 0;
    const auto        start = std::chrono::steady_clock::now();
    for (std::size_t i = share / 2; i < rows.all().size(); i += share) {
        const Rows::Row& row = rows.all()[i];
        Random           random(row.name);
        const Case       made = row.make(random);
        check_row(main_device(), row.name, made, {.through_session = runs % session_share == 0});
        if (profile() == "lavapipe" && runs % gpu_kernels_share == 0) check_row(as_gpu_device(), row.name, made, {});
        ++runs;
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    MESSAGE(std::string(table) << ": " << runs << " of " << rows.all().size() << " rows on " << profile() << ", " << seconds.count() << " s");
}

std::string text(Type type) { return name_of(type); }

}  // namespace attune::test

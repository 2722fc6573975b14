#include "op_table/table.h"

#include "checks/session_run.h"
#include "plan/rewrite.h"
#include "support/plan_runner.h"
#include "support/test_devices.h"

#include <doctest/doctest.h>

#include <chrono>

namespace attune::test {
namespace {

constexpr std::size_t gpu_kernels_share = 9;   // on lavapipe: every Nth row with the kernels for GPUs
constexpr std::size_t session_share = 5;       // every Nth row through Session as well

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

std::vector<std::string> failures_in_plan(const Device& device, const Case& row, const CheckOptions& options, PlanResult& first) {
    WeightMap  weights = row.weights;
    Prepared   ready = prepared(device, row);
    PlanRunner runner(device.context(), std::move(ready.plan), ready.layouts, &weights, {.long_bindings = options.long_bindings});
    first = runner.run(row.tensors);
    std::vector<std::string> lines = differences_from_oracle(row, first.values);
    if (!first.damage.empty()) lines.push_back(first.damage);
    if (first.memory != runner.run(row.tensors).memory) lines.push_back("two runs differ");
    if (row.unseen.empty()) return lines;
    std::map<std::string, Tensor> tensors = row.unseen;
    tensors.insert(row.tensors.begin(), row.tensors.end());
    const auto changed = changed_outputs(row, first.values, runner.run(tensors).values, "with other unseen numbers");
    lines.insert(lines.end(), changed.begin(), changed.end());
    return lines;
}

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

std::vector<std::string> failures(const Device& device, const Case& row, const CheckOptions& options) {
    PlanResult               first;
    std::vector<std::string> lines = failures_in_plan(device, row, options, first);
    if (!options.through_session) return lines;
    const auto differing = changed_outputs(row, first.values, SessionRun(device, row).results(), "through a session");
    lines.insert(lines.end(), differing.begin(), differing.end());
    return lines;
}

std::map<std::string, Tensor> results(const Device& device, const Case& row) {
    WeightMap weights = row.weights;
    Prepared  ready = prepared(device, row);
    return PlanRunner(device.context(), std::move(ready.plan), ready.layouts, &weights).run(row.tensors).values;
}

void check_rows(const OpTable& table) {
    Rows rows;
    table.fill(rows);
    const std::size_t share = row_share();
    std::size_t       runs = 0;
    const auto        start = std::chrono::steady_clock::now();
    for (std::size_t i = share / 2; i < rows.all().size(); i += share) {
        const Rows::Row& row = rows.all()[i];
        const Case       made = row.made();
        check_row(main_device(), row.name, made, {.through_session = runs % session_share == 0});
        if (profile() == "lavapipe" && runs % gpu_kernels_share == 0) check_row(as_gpu_device(), row.name, made, {});
        ++runs;
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    MESSAGE(std::string(table.name) << ": " << runs << " of " << rows.all().size() << " rows on " << profile() << ", " << seconds.count() << " s");
}

}  // namespace attune::test

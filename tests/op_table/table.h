// The op table: small graphs, each run on a device and on the oracle, and how they are compared.
//
// A row is a name and a function that makes a Case; rows that are not this run's share cost nothing.
// Each row runs twice with the same bits, writes nothing outside of what it may (support/plan_runner.h),
// and keeps its bits when numbers that it must not see are exchanged.
#pragma once

#include "support/numbers.h"

#include <attune/device.hpp>
#include <attune/ops.hpp>
#include <attune/oracle.hpp>
#include <attune/run_options.hpp>
#include <attune/weights.hpp>

#include <functional>
#include <string>
#include <vector>

namespace attune::test {

struct Case {
    Graph                         graph;
    std::map<std::string, Tensor> tensors;   // inputs, controls and states, by name
    WeightMap                     weights;
    RunOptions                    options{.precision = Precision::f32, .fuse = false};
    std::map<std::string, Tensor> unseen;    // other numbers for some tensors that change no bit of the results
    double                        largest_nmse = 0;   // 0: 1e-9, or 1e-5 if the graph stores f16

    // Its GPU kernel takes a software driver's compiler tens of seconds: run on other devices alone.
    bool long_to_compile = false;

    // Instead of an NMSE: how far each element of the output "y" may lie off.
    std::function<std::vector<double>(const oracle::Array& wanted)> bounds;

    Value input(const std::string& name, Tensor tensor);
    Value control(const std::string& name, Tensor tensor);
    Value state(const std::string& name, Tensor tensor);
    Value weight(const std::string& name, Tensor tensor);
};

class Rows {
public:
    using Make = std::function<Case(Random&)>;   // the numbers follow from the row's name

    void add(std::string name, Make make) { rows_.push_back({std::move(name), std::move(make)}); }

    struct Row {
        std::string name;
        Make        make;
    };
    const std::vector<Row>& all() const noexcept { return rows_; }

private:
    std::vector<Row> rows_;
};

// Checks the profile's share of the rows on the profile's device; on lavapipe, some of them on the GPU kernels too.
void check_rows(const char* table, void (*fill)(Rows&));

// Checks one row on one device; returns what is wrong, one line each. Long bindings overlap their
// neighbours in the arena: exact ones are for validation.
struct CheckOptions {
    bool through_session = false;
    bool long_bindings = true;
};
std::vector<std::string> failures(const Device& device, const Case& row, const CheckOptions& options);

// The results of a row's graph by name, through support/plan_runner.h.
std::map<std::string, Tensor> results(const Device& device, const Case& row);

std::string text(Type type);   // for names of rows

// All tables; op_table.cpp counts them.
void linear_rows(Rows&);
void add_rows(Rows&);
void activate_rows(Rows&);
void layer_norm_rows(Rows&);
void softmax_rows(Rows&);
void rearrange_rows(Rows&);
void embedding_rows(Rows&);
void top_k_rows(Rows&);
void kv_append_rows(Rows&);
void beam_rows(Rows&);
void attention_rows(Rows&);
void staged_attention_rows(Rows&);
void masked_attention_rows(Rows&);
void fused_graph_rows(Rows&);

}  // namespace attune::test

// A row of the op table: a small graph with all its numbers, and how near its results have to come to
// the oracle's. Rows name the graph functions of <attune/ops.hpp> only: whatever runs graphs can run them.
#pragma once

#include "checks/numbers.h"

#include <attune/ops.hpp>
#include <attune/oracle.hpp>
#include <attune/run_options.hpp>
#include <attune/weights.hpp>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace attune::test {

// A graph together with the numbers it runs on.
struct Example {
    Graph                         graph;
    std::map<std::string, Tensor> tensors;  // inputs, controls and states, by name
    WeightMap                     weights;

    Value input(const std::string& name, Tensor tensor);
    Value control(const std::string& name, Tensor tensor);
    Value state(const std::string& name, Tensor tensor);
    Value weight(const std::string& name, Tensor tensor);
};

struct Case : Example {
    RunOptions                    options{.precision = Precision::f32, .fuse = false};
    std::map<std::string, Tensor> unseen;            // other numbers for some tensors that change no bit of the results
    double                        largest_nmse = 0;  // 0: 1e-9, or 1e-5 if the graph stores f16

    // Its GPU kernel takes a software driver's compiler tens of seconds: run on other devices alone.
    bool long_to_compile = false;

    // Instead of an NMSE: how far each element of the output "y" may lie off.
    std::function<std::vector<double>(const oracle::Array& wanted)> bounds;
};

// Outputs of a graph, and its states.
std::vector<std::string> names_of_results(const Graph& graph);

// What is wrong with the results of a row's graph, one line each.
std::vector<std::string> differences_from_oracle(const Case& row, const std::map<std::string, Tensor>& results);

// The same, with the largest NMSE of all results.
struct OracleComparison {
    std::vector<std::string> differences;
    double                   nmse = 0;
};
OracleComparison compare_with_oracle(const Case& row, const std::map<std::string, Tensor>& results);

// How outputs differ in their bits, where `what` was all that changed. States may hold unseen numbers themselves.
std::vector<std::string> changed_outputs(const Case& row, const std::map<std::string, Tensor>& results,
                                         const std::map<std::string, Tensor>& others, const std::string& what);

class Rows {
public:
    using Make = std::function<Case(Random&)>;  // the numbers follow from the row's name

    void add(std::string name, Make make) { rows_.push_back({std::move(name), std::move(make)}); }

    struct Row {
        std::string name;
        Make        make;

        Case made() const;
    };
    const std::vector<Row>& all() const noexcept { return rows_; }

private:
    std::vector<Row> rows_;
};

std::string text(Type type);  // for names of rows

void linear_rows(Rows&);
void linear_norm_rows(Rows&);
void linear_append_rows(Rows&);
void linear_chosen_rows(Rows&);
void add_rows(Rows&);
void activate_rows(Rows&);
void layer_norm_rows(Rows&);
void softmax_rows(Rows&);
void rearrange_rows(Rows&);
void embedding_rows(Rows&);
void top_k_rows(Rows&);
void kv_append_rows(Rows&);
void beam_rows(Rows&);
void beam_step_rows(Rows&);
void ssru_rows(Rows&);
void attention_rows(Rows&);
void sliced_attention_rows(Rows&);
void staged_attention_rows(Rows&);
void masked_attention_rows(Rows&);
void fused_graph_rows(Rows&);

// All of the above under the names of what they check.
struct OpTable {
    const char* name;
    void (*fill)(Rows&);
};
std::span<const OpTable> op_tables();

}  // namespace attune::test

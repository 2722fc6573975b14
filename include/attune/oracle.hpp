// The oracle: runs a graph on the CPU in double precision, straight from the formulas.
// It shares no code with the kernels and is what every result of a device is held against.
// Slow and simple; deterministic.
#pragma once

#include <attune/graph.hpp>
#include <attune/weights.hpp>

#include <map>
#include <string>
#include <vector>

namespace attune::oracle {

// Numbers with a shape, in double; integers are held exactly.
struct Array {
    Shape               shape;
    std::vector<double> values;
};

// Runs graphs one after the other; their states live here, by name. One thread at a time.
class Session {
public:
    // `weights` is asked for the weights that graphs name; may be null if they name none. Not owned.
    explicit Session(WeightSource* weights = nullptr) : weights_(weights) {}

    // Sets an input, control or state by name. It stays set until set again.
    void set(const std::string& name, const Tensor& tensor);

    // Computes every node. A state that was never set, or whose shape the graph changes, starts at 0.
    // Throws usage for an input or control that was not set; bad_input for one that has another description,
    // a weight that is missing or has another shape (any type will do: a weight that the graph wants as f16
    // is rounded to it first), or an op that the oracle does not know.
    void run(const Graph& graph);

    // An output of the last run, or a state, by name.
    const Array& get(const std::string& name) const;

private:
    struct Stored {   // numbers and the description they were given or made for
        TensorDesc desc;
        Array      array;
    };
    const Array& weight(const ValueInfo& info);
    Array&       state(const ValueInfo& info);
    const Array& bound(const ValueInfo& info) const;

    WeightSource*                 weights_;
    std::map<std::string, Stored> bound_;    // set and not (yet) known to be a state
    std::map<std::string, Stored> states_;
    std::map<std::string, Stored> weight_cache_;
    std::map<std::string, Array>  outputs_;
};

}  // namespace attune::oracle

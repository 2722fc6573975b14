// What golden cases of each op look like.
#pragma once

#include "graph/op.h"

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>

namespace attune::golden {

// A node that a case is to be like: same op, types, optional operands, attributes; other sizes.
struct Pattern {
    const Graph& graph;
    const Node&  node;

    bool       has(std::size_t i) const { return i < node.inputs.size() && node.inputs[i].has_value(); }
    TensorDesc input(std::size_t i) const { return graph.desc(node.inputs[i].value()); }
    TensorDesc output() const { return graph.desc(node.outputs[0]); }
    std::string_view kind() const;  // the op's name, or what is fused into it as well
    bool       stores_halves() const;  // rows then have an even number of elements
};

struct Size {
    std::uint64_t inner = 1, outputs = 1;
    double        scale = 1;  // of the weights
    std::uint64_t rows  = 1;
    bool          gathered = false;  // attention: as if ancestors' keys had been brought into their order before
};

// A graph, and the numbers that are not just any.
struct Made {
    Graph graph;
    // What makes them: numbers take longer than a graph, and most of those that are tried are not the one.
    std::map<std::string, std::function<Tensor()>> tensors = {};

    void give(const std::string& name, Tensor tensor) {
        tensors.emplace(name, [tensor = std::move(tensor)] { return tensor; });
    }
};

// Something that a kernel may get wrong: one case of these sizes, the first that needs the pipeline, with the first number
// of rows that does.
using Question = std::span<const Size>;

struct Maker {
    std::string_view               kind;
    std::span<const std::uint64_t> rows;
    std::span<const Question>      questions;
    Made (*make)(const Pattern& like, const Size& size);
};

std::span<const Maker> makers();

// Same seed, same numbers, everywhere: uniform in [-limit, limit), or below a bound. For i8 those that it holds exactly, in
// f32.
Tensor        numbers(const TensorDesc& desc, std::uint64_t seed, double limit, double mean = 0);
std::uint32_t number_below(std::uint64_t seed, std::uint64_t index, std::uint32_t bound);

// Of attention, attention_scores and attention_values.
Made attention(const Pattern& like, const Size& size);
Made staged_attention(const Pattern& like, const Size& size);

Made beam_step(const Pattern& like, const Size& size);  // golden_search.cpp
Made top_k(const Pattern& like, const Size& size);      // golden_beams.cpp
Made ssru(const Pattern& like, const Size& size);

}  // namespace attune::golden

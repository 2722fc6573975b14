// What the sample's output is held against. The oracle is C++: a host in C that wants it has one file like this.
#include "host.h"

#include <attune/ops.hpp>
#include <attune/oracle.hpp>

#include <cmath>
#include <exception>

int attention_differs(const float* query, const float* key, const float* value, const float* output, uint32_t heads,
                      uint32_t queries, uint32_t keys, uint32_t width) try {
    attune::Graph           graph;
    attune::oracle::Session oracle;
    const auto              input = [&](const char* name, uint32_t rows, const float* numbers) {
        const attune::TensorDesc desc{attune::Type::f32, {1, rows, width}};
        oracle.set(name, attune::Tensor::f32(desc.shape, {numbers, desc.elements()}));
        return graph.input(name, desc);
    };
    const attune::Value q = input("query", queries, query), k = input("key", keys, key),
                        v = input("value", keys, value);
    graph.output("output", attention(graph, q, k, v, {.heads = heads}));
    oracle.run(graph);

    double        worst = 0;
    const double* next  = oracle.get("output").values.data();
    for (size_t i = 0; i < size_t{queries} * width; ++i) {
        const double difference = std::abs(output[i] - next[i]);
        worst                   = std::isnan(difference) ? HUGE_VAL : std::fmax(worst, difference);
        if (std::isnan(difference)) break;
    }
    std::printf("differs from the oracle by at most %.1e\n", worst);
    return !(worst < 1e-5);
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}

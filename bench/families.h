// What can be measured, as data: a row for each family of cases.
#pragma once

#include "bench/case_name.h"

#include "checks/case.h"

#include <span>

namespace attune::bench {

// What one run of a case needs at least, whatever the kernels do; known before anything is made.
struct Work {
    double        flop        = 0;
    double        bytes       = 0;   // every operand read or written once, and what goes between kernels
    double        memory      = 0;   // bytes of operands, results and what lies between
    const char*   memory_roof = "";  // that `bytes` go by: "read" or "copy_shader"; "": they do not count
    std::uint64_t pieces      = 1;   // parts of the result that can be checked alone
    double        twin_memory = 0;   // bytes that its twin needs besides
};

// One piece of a case, small enough for the oracle: its graph and numbers, and where each row of its results lies in
// those of the case. Rows are those of the last axis.
struct Probe {
    struct Place {
        std::uint64_t row = 0, column = 0;
    };
    test::Case         part;
    std::vector<Place> places;
};

// What a case measures of a model's translations; README.md says how.
enum class ModelUse { none, encode, decode_step, translate };

struct Family : Grammar {
    std::string about;
    Work (*work)(const Parameters&) = nullptr;  // throws usage for parameters that contradict each other
    // Of graphs: the graph with all its numbers, and what one piece of its result follows from.
    test::Case (*make)(const Parameters&, test::Random&)                      = nullptr;
    Probe (*probe)(const Parameters&, test::Case& whole, std::uint64_t piece) = nullptr;
    Graph (*twin)(const Parameters&) = nullptr;  // if there is one: the same of the same inputs, by other kernels
    ModelUse use                     = ModelUse::none;
    bool     plan_counts             = false;  // the memory that is planned is what it is about
};

std::span<const Family> families();

// Rows of that table, by what they are about.
void add_product_families(std::vector<Family>&);
void add_attention_families(std::vector<Family>&);
void add_row_families(std::vector<Family>&);
void add_model_families(std::vector<Family>&);

// A case: a family and what it is run with.
struct BenchCase {
    const Family* family = nullptr;
    Parameters    parameters;
    std::string   name;  // in full
};

// Throws usage, listing the families, parameters or values there are.
BenchCase parse_case(const std::string& name, std::span<const Family> known);

// The name of a family's case with all its defaults, none left out.
std::string default_name(const Family& family);

Type      type_of(const Parameters& parameters);  // of the parameter "type"
Parameter type_parameter(std::vector<std::string> words);

// The largest NMSE that is right: 1e-9, and 1e-5 where anything is stored in less than 32 bits.
double largest_nmse(Type type);

}  // namespace attune::bench

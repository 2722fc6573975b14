// What one op of the oracle sees: arrays in, arrays out, attributes.
//
// Inputs hold exactly the columns that the node names. Outputs come shaped and filled with 0,
// except those that an op writes in place: there input and output are one and the same array, and
// `type` is that of the state, to which written numbers are rounded.
#pragma once

#include <attune/oracle.hpp>

namespace attune::oracle {

struct Output {
    Array* array = nullptr;
    Type   type = Type::f32;
};

struct Call {
    const Attributes&         attributes;
    std::vector<const Array*> inputs;    // in the op's order; nullptr: an optional one that is absent
    std::vector<Output>       outputs;

    bool         has(std::size_t i) const { return i < inputs.size() && inputs[i]; }
    const Array& input(std::size_t i) const { return *inputs.at(i); }
    Array&       output(std::size_t i = 0) const { return *outputs.at(i).array; }

    // An attribute that counts something.
    std::uint64_t count(std::string_view name, std::uint64_t otherwise = 0) const {
        return static_cast<std::uint64_t>(attributes.integer(name, static_cast<std::int64_t>(otherwise)));
    }
};

// A number as a state of the given type keeps it: f16 rounds, all else is left as it is.
double rounded(double value, Type type);

// A number of an integer array.
inline std::uint64_t index_at(const Array& array, std::uint64_t i) { return static_cast<std::uint64_t>(array.values[i]); }

}  // namespace attune::oracle

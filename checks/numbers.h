// Numbers for tests, from fixed seeds, and how results of a device are compared with the oracle's.
#pragma once

#include <attune/oracle.hpp>
#include <attune/tensor.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace attune::test {

// Same seed, same numbers, everywhere.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}
    explicit Random(std::string_view seed);   // of a name

    std::uint32_t next();
    double        uniform(double low, double high);
    double        normal();                               // mean 0, deviation 1
    std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(uniform(0, bound)); }

private:
    std::uint64_t state_;
};

// Normally distributed numbers, rounded to the type; for u32, numbers below `deviation`.
Tensor random_tensor(TensorDesc desc, Random& random, double deviation = 1, double mean = 0);
Tensor random_ids(Shape shape, Random& random, std::uint32_t bound);
Tensor filled(TensorDesc desc, double value);

// Whole numbers of 8 bits, all of them, with one scale or one for each row, every fifth of which is 0.
enum class Scales { one, by_row };
Tensor random_int8(Shape shape, Random& random, Scales scales);

// NMSE = sum (y - r)^2 / sum r^2. Integers and infinities have to be equal, rows whose reference is all
// zero exactly zero; NaN fails. Returns "" if they agree, else what the worst element is.
std::string difference(const Tensor& got, const oracle::Array& wanted, double largest_nmse);

// That NMSE, of the elements whose reference is finite; infinite where all references are 0 and one result is not.
double nmse(const Tensor& got, const oracle::Array& wanted);

// |y - r| <= bounds element by element; returns "" or the worst element, in multiples of its bound.
std::string beyond_bounds(const Tensor& got, const oracle::Array& wanted, const std::vector<double>& bounds);

// "" or where two tensors differ in their bits.
std::string bit_difference(const Tensor& a, const Tensor& b);

}  // namespace attune::test

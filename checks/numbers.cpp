#include "checks/numbers.h"

#include <cmath>
#include <cstdio>
#include <cstring>
#include <numbers>

namespace attune::test {
namespace {

std::string index_text(const Shape& shape, std::uint64_t element) {
    std::string text;
    for (std::size_t axis = shape.rank(); axis-- > 0;) {
        text = std::to_string(element % shape[axis]) + (text.empty() ? "" : ", ") + text;
        element /= shape[axis];
    }
    return "[" + text + "]";
}

std::string element_text(const Shape& shape, std::uint64_t element, double got, double wanted) {
    char numbers[96];
    std::snprintf(numbers, sizeof numbers, " is %.9g, wants %.9g", got, wanted);
    return index_text(shape, element) + numbers;
}

bool is_integer(Type type) { return type == Type::u32 || type == Type::i32; }

// Elements that may not differ at all: integers, infinities, rows of zeros; and none may be NaN.
std::string exact_difference(const Tensor& got, const std::vector<double>& y, const std::vector<double>& r) {
    const Shape&        shape = got.desc().shape;
    const std::uint64_t width = shape.width();
    for (std::uint64_t first = 0; first < y.size(); first += width) {
        bool zeros = true;
        for (std::uint64_t i = first; i < first + width; ++i) zeros = zeros && r[i] == 0;
        for (std::uint64_t i = first; i < first + width; ++i) {
            const bool exact = zeros || is_integer(got.desc().type) || !std::isfinite(r[i]) || !std::isfinite(y[i]);
            if (exact && y[i] != r[i]) return element_text(shape, i, y[i], r[i]) + (zeros ? " (row of zeros)" : " (exactly)");
        }
    }
    return {};
}

struct Squares {
    double      errors = 0, references = 0;
    std::size_t worst  = 0;  // element

    double ratio() const { return errors == 0 ? 0 : errors / references; }
};

Squares squares_of(const std::vector<double>& y, const std::vector<double>& r) {
    Squares sum;
    double  worst = -1;
    for (std::size_t i = 0; i < y.size(); ++i) {
        if (!std::isfinite(r[i])) continue;
        const double error = (y[i] - r[i]) * (y[i] - r[i]);
        sum.errors += error;
        sum.references += r[i] * r[i];
        if (error > worst) worst = error, sum.worst = i;
    }
    return sum;
}

}  // namespace

Random::Random(std::string_view seed) : state_(1469598103934665603u) {
    for (const char c : seed) state_ = (state_ ^ static_cast<unsigned char>(c)) * 1099511628211u;
}

// SplitMix64 (Steele, Lea, Flood 2014).
std::uint32_t Random::next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return static_cast<std::uint32_t>((z ^ z >> 31) >> 32);
}

double Random::uniform(double low, double high) { return low + (high - low) * (next() / 4294967296.0); }

// Box and Muller 1958.
double Random::normal() {
    const double radius = std::sqrt(-2 * std::log(uniform(0, 1) + 1e-12));
    return radius * std::cos(uniform(0, 2 * std::numbers::pi));
}

Tensor random_tensor(TensorDesc desc, Random& random, double deviation, double mean) {
    std::vector<double> values(desc.elements());
    for (double& value : values) value = mean + deviation * random.normal();
    return Tensor::from_doubles(desc, values);
}

Tensor random_ids(Shape shape, Random& random, std::uint32_t bound) {
    Tensor tensor({Type::u32, shape});
    for (std::uint32_t& id : tensor.as<std::uint32_t>()) id = random.below(bound);
    return tensor;
}

Tensor filled(TensorDesc desc, double value) { return Tensor::from_doubles(desc, std::vector<double>(desc.elements(), value)); }

Tensor random_int8(Shape shape, Random& random, Scales scales) {
    std::vector<std::int8_t> numbers(shape.elements());
    for (std::int8_t& number : numbers) number = static_cast<std::int8_t>(static_cast<int>(random.below(256)) - 128);
    std::vector<float> factors(scales == Scales::one ? 1 : shape.rows());
    for (std::size_t i = 0; i < factors.size(); ++i)
        factors[i] = i % 5 == 4 ? 0.0f : static_cast<float>(random.uniform(0.0005, 0.01));
    return Tensor::i8(shape, numbers, std::move(factors));
}

std::string difference(const Tensor& got, const oracle::Array& wanted, double largest_nmse) {
    if (got.desc().shape != wanted.shape) return "has shape " + got.desc().shape.text() + ", wants " + wanted.shape.text();
    const std::vector<double>  y = got.doubles();
    const std::vector<double>& r = wanted.values;
    if (const std::string exact = exact_difference(got, y, r); !exact.empty()) return exact;

    const Squares sum = squares_of(y, r);
    if (sum.errors <= largest_nmse * sum.references) return {};
    char text[64];
    std::snprintf(text, sizeof text, "NMSE %.3g, at most %.1g; worst: ", sum.ratio(), largest_nmse);
    return text + element_text(wanted.shape, sum.worst, y[sum.worst], r[sum.worst]);
}

double nmse(const Tensor& got, const oracle::Array& wanted) { return squares_of(got.doubles(), wanted.values).ratio(); }

std::string beyond_bounds(const Tensor& got, const oracle::Array& wanted, const std::vector<double>& bounds) {
    const std::vector<double> y = got.doubles();
    double                    worst = 1;
    std::string               text;
    for (std::size_t i = 0; i < y.size(); ++i) {
        const double error = std::fabs(y[i] - wanted.values[i]);
        if (error <= worst * bounds[i]) continue;
        worst = bounds[i] > 0 ? error / bounds[i] : INFINITY;
        text = element_text(wanted.shape, i, y[i], wanted.values[i]) + ", " + std::to_string(worst) + " times its bound";
    }
    return text;
}

std::string bit_difference(const Tensor& a, const Tensor& b) {
    if (a.desc() != b.desc()) return a.desc().text() + " and " + b.desc().text();
    if (a.bytes().empty() || std::memcmp(a.bytes().data(), b.bytes().data(), a.bytes().size()) == 0) return {};
    const std::size_t item = size_of(a.desc().type);
    for (std::size_t i = 0; i < a.desc().elements(); ++i)
        if (std::memcmp(a.bytes().data() + i * item, b.bytes().data() + i * item, item) != 0)
            return element_text(a.desc().shape, i, a.doubles()[i], b.doubles()[i]);
    return {};
}

}  // namespace attune::test

// add, activate, layer_norm, softmax
#include "checks/case.h"

#include <algorithm>
#include <cmath>

namespace attune::test {
namespace {

constexpr double ulp = 1.0 / (1 << 24);   // half the distance of two f32 next to 1
constexpr double infinity = INFINITY;

struct Size {
    std::uint64_t rows, width;
    std::string   text() const { return std::to_string(rows) + " x " + std::to_string(width); }
};

// Primes, tails on both sides of powers of two, one element, more rows than a device has workgroups.
constexpr Size sizes[] = {{1, 1},   {1, 2},   {2, 1},    {3, 2},    {1, 7},    {7, 1},     {5, 31},    {4, 32},   {3, 33},     {2, 63},
                          {9, 64},  {8, 65},  {17, 96},  {1, 127},  {2, 128},  {31, 130},  {3, 257},   {64, 256}, {5, 509},    {2, 512},
                          {13, 770}, {4, 1024}, {1, 4096}, {2, 4099}, {1, 8192}, {2, 40'000}, {257, 17}, {1009, 6}, {70'000, 8}};

bool pairs_up(const Size& size) { return size.width % 2 == 0; }

}  // namespace

void add_rows(Rows& rows) {
    for (const Size& size : sizes)
        for (const auto& [a, b] : {std::pair{Type::f32, Type::f32}, {Type::f16, Type::f32}, {Type::f32, Type::f16}, {Type::f16, Type::f16}}) {
            if (!pairs_up(size) && (a == Type::f16 || b == Type::f16)) continue;
            rows.add("add " + size.text() + " " + text(a) + " " + text(b), [size, a = a, b = b](Random& random) {
                Case        c;
                const Shape shape{size.rows, size.width};
                c.graph.output("y", add(c.graph, c.input("a", random_tensor({a, shape}, random)), c.input("b", random_tensor({b, shape}, random, 3))));
                return c;
            });
        }
}

void activate_rows(Rows& rows) {
    struct Kind {
        const char* name;
        Activation  activation;
    };
    constexpr Kind kinds[] = {{"relu", Activation::relu}, {"gelu", Activation::gelu}, {"gelu_tanh", Activation::gelu_tanh}, {"silu", Activation::silu}, {"none", Activation::none}};
    for (const Kind& kind : kinds)
        for (const Type type : {Type::f32, Type::f16})
            for (const Size size : {Size{1, 1}, {3, 2}, {7, 30}, {2, 33}, {5, 64}, {3, 258}, {1, 4099}, {2, 8192}, {2, 40'000}})
                for (const double deviation : {1.0, 30.0}) {
                    if (type == Type::f16 && !pairs_up(size)) continue;
                    rows.add(std::string("activate ") + kind.name + " " + size.text() + " " + text(type) + " x" + std::to_string(static_cast<int>(deviation)), [=](Random& random) {
                        Case c;
                        c.graph.output("y", activate(c.graph, c.input("x", random_tensor({type, {size.rows, size.width}}, random, deviation)), kind.activation));
                        return c;
                    });
                }
}

namespace {

struct Norm {
    Size   size;
    bool   residual;
    Type   type;
    double mean, deviation, epsilon;
};

// Where |mean| >> deviation the sum with the residual has rounded, and the mean is no f32: each z and
// the mean are off by up to half an ulp of the largest z, and the result by that over the deviation.
std::vector<double> norm_bounds(const std::map<std::string, Tensor>& tensors, const Norm& norm) {
    std::vector<double>       z = tensors.at("x").doubles();
    const std::vector<double> gain = tensors.at("gain").doubles(), bias = tensors.at("bias").doubles();
    if (norm.residual) {
        const std::vector<double> residual = tensors.at("residual").doubles();
        for (std::size_t i = 0; i < z.size(); ++i) z[i] += residual[i];
    }
    const std::size_t   width = norm.size.width;
    std::vector<double> bounds(z.size());
    for (std::size_t row = 0; row < z.size(); row += width) {
        double mean = 0, variance = 0, largest = 0;
        for (std::size_t i = row; i < row + width; ++i) mean += z[i] / static_cast<double>(width), largest = std::max(largest, std::fabs(z[i]));
        for (std::size_t i = row; i < row + width; ++i) variance += (z[i] - mean) * (z[i] - mean) / static_cast<double>(width);
        const double deviation = std::sqrt(variance + norm.epsilon);
        for (std::size_t i = row; i < row + width; ++i) {
            const double normal = std::fabs(z[i] - mean) / deviation, off = 4 * ulp * largest / deviation;
            const double sums = static_cast<double>(width) * ulp + 8 * ulp + off * off;
            bounds[i] = std::fabs(gain[i - row]) * (off + normal * (sums + off)) + 2 * ulp * std::fabs(bias[i - row]) + 1e-30;
        }
    }
    return bounds;
}

Case norm_case(const Norm& norm, Random& random) {
    Case        c;
    const Shape shape{norm.size.rows, norm.size.width};
    const Value x = c.input("x", random_tensor({norm.type, shape}, random, norm.deviation, norm.mean));
    const Value gain = c.input("gain", random_tensor({Type::f32, {norm.size.width}}, random, 0.3, 1));
    const Value bias = c.input("bias", random_tensor({Type::f32, {norm.size.width}}, random));
    LayerNormOptions options{.residual = {}, .epsilon = norm.epsilon};
    if (norm.residual) options.residual = c.input("residual", random_tensor({norm.type, shape}, random, norm.deviation));
    c.graph.output("y", layer_norm(c.graph, x, gain, bias, options));
    if (std::fabs(norm.mean) > 100 * norm.deviation)
        c.bounds = [norm, tensors = c.tensors](const oracle::Array&) { return norm_bounds(tensors, norm); };
    return c;
}

}  // namespace

void layer_norm_rows(Rows& rows) {
    const auto add = [&](const Norm& norm) {
        rows.add("layer_norm " + norm.size.text() + " " + text(norm.type) + (norm.residual ? " + residual" : "") + " mean " + std::to_string(norm.mean) + " dev " +
                     std::to_string(norm.deviation) + " eps " + std::to_string(norm.epsilon), [=](Random& random) { return norm_case(norm, random); });
    };
    for (const Size& size : sizes)
        for (const bool residual : {false, true})
            for (const Type type : {Type::f32, Type::f16}) {
                if (type == Type::f16 && !pairs_up(size)) continue;
                add({size, residual, type, 0, 1, 1e-5});
                if (size.width > 30 && size.width < 600) add({size, residual, type, 3, 2, 1e-3});
            }
    for (const Size size : {Size{2, 64}, {3, 512}, {1, 4099}, {2, 20'011}})
        for (const bool residual : {false, true})
            for (const auto& [mean, deviation] : {std::pair{1e4, 1.0}, {-1e4, 0.1}, {3e3, 1e-2}, {1e6, 10.0}}) add({size, residual, Type::f32, mean, deviation, 1e-5});
    rows.add("layer_norm 3 x 40000, gain and bias are weights", [](Random& random) {
        Case        c;
        const Value x = c.input("x", random_tensor({Type::f32, {3, 40'000}}, random));
        c.graph.output("y", layer_norm(c.graph, x, c.weight("gain", random_tensor({Type::f32, {40'000}}, random, 0.3, 1)), c.weight("bias", random_tensor({Type::f32, {40'000}}, random))));
        return c;
    });
    add({{2, 300'000}, true, Type::f32, 0, 1, 1e-5});       // further than a lane may walk
    add({{3, 512}, false, Type::f32, 0, 0, 1e-5});          // variance 0: epsilon alone
    add({{3, 512}, true, Type::f32, 5, 0, 1e-5});
}

namespace {

enum class Fill { normal, wide, equal, low, lowest, high, mixed, one_hot, some_masked, rows_masked };

struct NamedFill {
    const char* name;
    Fill        fill;
};
constexpr NamedFill fills[] = {{"normal", Fill::normal}, {"wide", Fill::wide},       {"equal", Fill::equal},     {"-3e4", Fill::low},           {"-1e30", Fill::lowest},
                               {"+1e4", Fill::high},     {"mixed", Fill::mixed},     {"one hot", Fill::one_hot}, {"some -inf", Fill::some_masked}, {"whole rows -inf", Fill::rows_masked}};

Tensor scores(const Size& size, Fill fill, Random& random) {
    Tensor tensor({Type::f32, {size.rows, size.width}});
    const auto values = tensor.as<float>();
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::uint64_t row = i / size.width, column = i % size.width;
        double value = random.normal();
        switch (fill) {
            case Fill::normal: break;
            case Fill::wide: value *= 40; break;
            case Fill::equal: value = 2.5; break;
            case Fill::low: value = -3e4 + value; break;
            case Fill::lowest: value = -1e30; break;
            case Fill::high: value = 1e4 + value; break;
            case Fill::mixed: value = std::array{-3e4, -1e30, 1e4, value}[random.below(4)]; break;
            case Fill::one_hot: value = column == row % size.width ? 1e4 : value; break;
            case Fill::some_masked: value = random.below(3) ? value : -infinity; break;
            case Fill::rows_masked: value = row == 0 || row + 1 == size.rows || random.below(2) ? -infinity : value; break;
        }
        values[i] = static_cast<float>(value);
    }
    return tensor;
}

// ulp of exp (3 + 2 |x|), of the difference before it, of the sum over the row, of the division (2.5).
std::vector<double> softmax_bounds(const std::vector<double>& x, const oracle::Array& wanted) {
    const std::size_t   width = wanted.shape.width();
    std::vector<double> bounds(x.size());
    for (std::size_t row = 0; row < x.size(); row += width) {
        const double largest = *std::max_element(x.begin() + static_cast<std::ptrdiff_t>(row), x.begin() + static_cast<std::ptrdiff_t>(row + width));
        const auto   off = [&](std::size_t i) { return std::min(2 * ulp * (3 + 2 * (largest - x[i])) + 4 * ulp * (largest - x[i]), 1.0); };
        double       sum = static_cast<double>(width) * ulp / (1 - static_cast<double>(width) * ulp);
        for (std::size_t i = row; i < row + width; ++i)
            if (wanted.values[i] > 0) sum += wanted.values[i] * off(i);
        for (std::size_t i = row; i < row + width; ++i)
            bounds[i] = x[i] == -infinity ? 0 : wanted.values[i] * (wanted.values[i] > 0 ? off(i) + sum + 5 * ulp : 0) + 0x1p-125;
    }
    return bounds;
}

}  // namespace

void softmax_rows(Rows& rows) {
    for (const Size size : {Size{1, 1}, {5, 2}, {3, 7}, {4, 32}, {7, 33}, {2, 64}, {3, 127}, {2, 509}, {3, 1024}, {2, 8192}, {3, 20'011}})
        for (const NamedFill& fill : fills)
            rows.add("softmax " + size.text() + " " + fill.name, [=](Random& random) {
                Case   c;
                Tensor x = scores(size, fill.fill, random);
                c.bounds = [numbers = x.doubles()](const oracle::Array& wanted) { return softmax_bounds(numbers, wanted); };
                c.graph.output("y", softmax(c.graph, c.input("x", std::move(x))));
                return c;
            });
    for (const Size size : {Size{70'000, 3}, {1009, 40}, {2, 40'000}, {2, 300'000}})
        rows.add("softmax " + size.text(), [=](Random& random) {
            Case c;
            c.graph.output("y", softmax(c.graph, c.input("x", scores(size, Fill::normal, random))));
            return c;
        });
}

}  // namespace attune::test

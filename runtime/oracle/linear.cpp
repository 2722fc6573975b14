// y = activation(x W^T + bias) + residual, and its rows of W chosen for each sentence
#include "oracle/activation.h"
#include "oracle/functions.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace attune::oracle {
namespace {

// Two numbers side by side, as every 64-bit CPU can hold them. A dot product keeps two pairs of
// partial sums: sums that do not depend on each other are what may be computed at once, and saying
// so here leaves nothing to the compiler's taste.
using Pair [[gnu::vector_size(16)]] = double;
constexpr std::size_t lanes         = 4;
constexpr std::size_t group         = 4;   // rows of x that share a row of W while it is in registers
constexpr std::size_t tile          = 32;  // rows of x that share a row of W while it is in the cache

Pair pair_at(const double* numbers) {
    Pair pair;
    std::memcpy(&pair, numbers, sizeof pair);
    return pair;
}

// sums[r * stride] = x[r] . w for `rows` rows of x, `size` elements each
template <std::size_t rows>
void dots(const double* x, const double* w, std::size_t size, double* sums, std::size_t stride) {
    Pair        low[rows] = {}, high[rows] = {};
    std::size_t k = 0;
    for (; k + lanes <= size; k += lanes) {
        const Pair w_low = pair_at(w + k), w_high = pair_at(w + k + 2);
        for (std::size_t r = 0; r < rows; ++r) {
            low[r] += pair_at(x + r * size + k) * w_low;
            high[r] += pair_at(x + r * size + k + 2) * w_high;
        }
    }
    for (std::size_t r = 0; r < rows; ++r) {
        double sum = (low[r][0] + low[r][1]) + (high[r][0] + high[r][1]);
        for (std::size_t rest = k; rest < size; ++rest) sum += x[r * size + rest] * w[rest];
        sums[r * stride] = sum;
    }
}

struct Matrices {
    const double* x;  // [M, K]
    const double* w;  // [N, K]
    double*       y;  // [M, N]
    std::size_t   m, n, k;
};

void multiply(const Matrices& a) {
    for (std::size_t first = 0; first < a.m; first += tile) {
        const std::size_t last = std::min(first + tile, a.m);
        for (std::size_t column = 0; column < a.n; ++column) {
            const double* w   = a.w + column * a.k;
            std::size_t   row = first;
            for (; row + group <= last; row += group)
                dots<group>(a.x + row * a.k, w, a.k, a.y + row * a.n + column, a.n);
            for (; row < last; ++row) dots<1>(a.x + row * a.k, w, a.k, a.y + row * a.n + column, a.n);
        }
    }
}

}  // namespace

// x [.., K], weight [N, K], bias [N]?, residual [.., N]?, gain [N]?, shift [N]? -> [.., N], normalised with a gain
void linear(const Call& call) {
    const Array&         x       = call.input(0);
    const Array&         weight  = call.input(1);
    std::vector<double>& y       = call.output().values;
    const std::size_t    outputs = weight.shape[0];
    multiply({x.values.data(), weight.values.data(), y.data(), x.shape.rows(), outputs, x.shape.width()});

    const auto activation = static_cast<Activation>(call.attributes.integer("activation"));
    for (std::size_t i = 0; i < y.size(); ++i) {
        const double biased = y[i] + (call.has(2) ? call.input(2).values[i % outputs] : 0);
        y[i]                = activated(biased, activation) + (call.has(3) ? call.input(3).values[i] : 0);
    }
    for (std::size_t row = 0; call.has(4) && row < x.shape.rows(); ++row)
        normalise(std::span(y).subspan(row * outputs, outputs), call.input(4), call.input(5),
                  call.attributes.real("epsilon"));
}

// x [.., K], weight [V, K], chosen [S, n], bias [V]? -> [.., n]; -inf for what is no row
void linear_chosen(const Call& call) {
    const Array &     x = call.input(0), &weight = call.input(1), &chosen = call.input(2);
    const std::size_t width = x.shape.width(), places = chosen.shape.width();
    const std::size_t beams = x.shape.rows() / chosen.shape[0];
    for (std::size_t i = 0; i < call.output().values.size(); ++i) {
        const std::size_t   row = i / places;
        const std::uint64_t id  = index_at(chosen, row / beams * places + i % places);
        double&             y   = call.output().values[i];
        if (id >= weight.shape[0]) {
            y = -std::numeric_limits<double>::infinity();
            continue;
        }
        dots<1>(x.values.data() + row * width, weight.values.data() + id * width, width, &y, 1);
        if (call.has(3)) y += call.input(3).values[id];
    }
}

}  // namespace attune::oracle

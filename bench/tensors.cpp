#include "bench/tensors.h"

#include <algorithm>
#include <cstring>

namespace attune::bench {
namespace {

constexpr std::uint64_t period = 1'048'573;  // a prime

// Fills `to` with `from`, again and again.
void repeat(std::span<const std::byte> from, std::span<std::byte> to) {
    for (std::size_t done = 0; done < to.size(); done += from.size())
        std::memcpy(to.data() + done, from.data(), std::min(from.size(), to.size() - done));
}

}  // namespace

Tensor bulk_random(TensorDesc desc, test::Random& random, double deviation) {
    const std::uint64_t some = std::min(desc.elements(), period);
    if (desc.type == Type::i8) {
        std::vector<std::int8_t> numbers(desc.elements()), first(some);
        for (std::int8_t& one : first) one = static_cast<std::int8_t>(static_cast<int>(random.below(255)) - 127);
        repeat(std::as_bytes(std::span(first)), std::as_writable_bytes(std::span(numbers)));
        std::vector<float> scales(desc.rows());
        for (float& scale : scales) scale = static_cast<float>(deviation / 73 * random.uniform(0.5, 1.5));
        return Tensor::i8(desc.shape, numbers, std::move(scales));
    }
    const Tensor first = test::random_tensor({desc.type, {some}}, random, deviation);
    Tensor       tensor(desc);
    repeat(first.bytes(), tensor.bytes());
    return tensor;
}

Tensor piece_of(const TensorView& whole, std::uint64_t first, Shape shape) {
    const std::size_t item  = size_of(whole.desc.type);
    const auto        bytes = whole.bytes.subspan(first * item, shape.elements() * item);
    if (whole.desc.type == Type::i8) {
        const auto scales = whole.scales.subspan(first / whole.desc.width(), shape.rows());
        return Tensor::i8(shape, {reinterpret_cast<const std::int8_t*>(bytes.data()), bytes.size()},
                          {scales.begin(), scales.end()});
    }
    Tensor piece({whole.desc.type, shape});
    std::memcpy(piece.bytes().data(), bytes.data(), bytes.size());
    return piece;
}

}  // namespace attune::bench

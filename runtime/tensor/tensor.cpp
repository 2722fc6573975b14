#include <attune/tensor.hpp>

#include "base/checked.h"
#include "tensor/int8_rows.h"

#include <attune/error.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

namespace attune {
namespace {

// Elements that may be counted: their bytes, and sums of a few such sizes, still fit 64 bits.
constexpr std::uint64_t max_elements = std::uint64_t{1} << 60;

// An extent of 0 counts as 1, so that the product of any axes is safe too.
void expect_countable(std::span<const std::uint64_t> extents) {
    if (extents.size() > Shape::max_rank)
        throw Error(Status::bad_input, "shape", "has " + std::to_string(extents.size()) + " axes, more than 8");
    std::uint64_t product = 1;
    for (const std::uint64_t extent : extents) {
        const auto next = checked_multiply(product, std::max<std::uint64_t>(extent, 1));
        if (!next || *next > max_elements) throw Error(Status::bad_input, "shape", "has more than 2^60 elements");
        product = *next;
    }
}

std::uint64_t product(std::span<const std::uint64_t> extents) noexcept {
    std::uint64_t result = 1;
    for (const std::uint64_t extent : extents) result *= extent;
    return result;
}

// The nearest float towards zero, its last bit set if digits were lost: rounding that to a format
// with at least two digits fewer gives the same as rounding the double itself.
float round_to_odd(double value) noexcept {
    const float nearest = static_cast<float>(value);
    if (std::isnan(value) || static_cast<double>(nearest) == value) return nearest;
    auto bits = std::bit_cast<std::uint32_t>(nearest);
    if (std::fabs(static_cast<double>(nearest)) > std::fabs(value)) --bits;
    return std::bit_cast<float>(bits | 1u);
}

template <class Integer> Integer saturate(double value) noexcept {
    if (std::isnan(value)) return 0;
    const double low = std::numeric_limits<Integer>::min(), high = std::numeric_limits<Integer>::max();
    return static_cast<Integer>(std::clamp(std::nearbyint(value), low, high));
}

template <class Stored, class Convert>
void convert_from(std::span<const std::byte> bytes, std::vector<double>& out, Convert convert) {
    for (std::size_t i = 0; i < out.size(); ++i) {
        Stored stored;  // copied out: tensors in a file lie at any address
        std::memcpy(&stored, bytes.data() + i * sizeof stored, sizeof stored);
        out[i] = static_cast<double>(convert(stored));
    }
}

template <class Convert> void convert_to(std::span<const double> values, std::span<std::byte> out, Convert convert) {
    for (std::size_t i = 0; i < values.size(); ++i) {
        const auto stored = convert(values[i]);
        std::memcpy(out.data() + i * sizeof stored, &stored, sizeof stored);
    }
}

void expect_count(const TensorDesc& desc, std::size_t count) {
    if (desc.elements() != count)
        throw Error(Status::usage, "tensor", std::to_string(count) + " numbers given for " + desc.text());
}

template <class T> constexpr bool holds(Type type) noexcept {
    if constexpr (std::is_same_v<T, float>) return type == Type::f32;
    if constexpr (std::is_same_v<T, std::int32_t>) return type == Type::i32;
    if constexpr (std::is_same_v<T, std::uint32_t>) return type == Type::u32;
    if constexpr (std::is_same_v<T, std::uint16_t>) return type == Type::f16 || type == Type::bf16;
    if constexpr (std::is_same_v<T, std::int8_t>) return type == Type::i8;
    return false;
}

template <class T> void expect_type(Type type) {
    if (!holds<T>(type))
        throw Error(Status::usage, "tensor", std::string("read as another type than ") + name_of(type));
}

void expect_scales(const TensorDesc& desc, std::size_t scales) {
    if (scales != 1 && scales != desc.rows())
        throw Error(Status::usage, "tensor",
                    std::to_string(scales) + " scales given for " + desc.text() + ", which wants one, or one for each row");
}

void apply_scales(std::span<const float> scales, const TensorDesc& desc, std::span<double> values) {
    expect_scales(desc, scales.size());
    const std::uint64_t width = std::max<std::uint64_t>(desc.width(), 1);
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] *= static_cast<double>(scales[scales.size() == 1 ? 0 : i / width]);
}

template <class T> Tensor tensor_of(Type type, Shape shape, std::span<const T> values) {
    Tensor tensor(TensorDesc{type, shape});
    expect_count(tensor.desc(), values.size());
    if (!values.empty()) std::memcpy(tensor.bytes().data(), values.data(), values.size_bytes());
    return tensor;
}

}  // namespace

std::size_t size_of(Type type) noexcept {
    if (type == Type::i8) return 1;
    return type == Type::f16 || type == Type::bf16 ? 2 : 4;
}

const char* name_of(Type type) noexcept {
    switch (type) {
    case Type::f32: return "f32";
    case Type::f16: return "f16";
    case Type::bf16: return "bf16";
    case Type::i32: return "i32";
    case Type::u32: return "u32";
    case Type::i8: return "i8";
    }
    return "unknown";
}

Shape::Shape(std::initializer_list<std::uint64_t> extents)
    : Shape(std::span<const std::uint64_t>(extents.begin(), extents.size())) {}

Shape::Shape(std::span<const std::uint64_t> extents) {
    expect_countable(extents);
    std::copy(extents.begin(), extents.end(), extents_);
    rank_ = extents.size();
}

std::uint64_t Shape::rows() const noexcept { return rank_ ? product(extents().first(rank_ - 1)) : 1; }
std::uint64_t Shape::elements() const noexcept { return product(extents()); }

Shape Shape::with_width(std::uint64_t width) const {
    if (rank_ == 0) throw Error(Status::usage, "shape", "a single number has no last axis to replace");
    Shape changed               = *this;
    changed.extents_[rank_ - 1] = width;
    expect_countable(changed.extents());
    return changed;
}

std::string Shape::text() const {
    std::string text = "[";
    for (std::size_t axis = 0; axis < rank_; ++axis) text += (axis ? ", " : "") + std::to_string(extents_[axis]);
    return text + "]";
}

bool operator==(const Shape& a, const Shape& b) noexcept { return std::ranges::equal(a.extents(), b.extents()); }

std::string TensorDesc::text() const { return name_of(type) + shape.text(); }

std::vector<double> TensorView::doubles() const {
    if (bytes.size() != desc.bytes())
        throw Error(Status::usage, "tensor", std::to_string(bytes.size()) + " bytes given for " + desc.text());
    std::vector<double> out(static_cast<std::size_t>(desc.elements()));
    switch (desc.type) {
    case Type::f32: convert_from<float>(bytes, out, [](float value) { return value; }); break;
    case Type::f16: convert_from<std::uint16_t>(bytes, out, from_f16); break;
    case Type::bf16: convert_from<std::uint16_t>(bytes, out, from_bf16); break;
    case Type::i32: convert_from<std::int32_t>(bytes, out, [](std::int32_t value) { return value; }); break;
    case Type::u32: convert_from<std::uint32_t>(bytes, out, [](std::uint32_t value) { return value; }); break;
    case Type::i8:
        convert_from<std::int8_t>(bytes, out, [](std::int8_t value) { return value; });
        apply_scales(scales, desc, out);
        break;
    }
    return out;
}

Tensor::Tensor(TensorDesc desc) : desc_(desc), bytes_(static_cast<std::size_t>(desc.bytes())) {
    if (desc.type == Type::i8) scales_ = {1.0f};
}

Tensor Tensor::f32(Shape shape, std::span<const float> values) { return tensor_of(Type::f32, shape, values); }

Tensor Tensor::u32(Shape shape, std::span<const std::uint32_t> values) { return tensor_of(Type::u32, shape, values); }

Tensor Tensor::i8(Shape shape, std::span<const std::int8_t> values, std::vector<float> scales) {
    Tensor tensor = tensor_of(Type::i8, shape, values);
    expect_scales(tensor.desc(), scales.size());
    tensor.scales_ = std::move(scales);
    return tensor;
}

Tensor Tensor::from_doubles(TensorDesc desc, std::span<const double> values) {
    expect_count(desc, values.size());
    Tensor                     tensor(desc);
    const std::span<std::byte> out = tensor.bytes();
    switch (desc.type) {
    case Type::f32: convert_to(values, out, [](double value) { return static_cast<float>(value); }); break;
    case Type::f16: convert_to(values, out, [](double value) { return to_f16(round_to_odd(value)); }); break;
    case Type::bf16: convert_to(values, out, [](double value) { return to_bf16(round_to_odd(value)); }); break;
    case Type::i32: convert_to(values, out, saturate<std::int32_t>); break;
    case Type::u32: convert_to(values, out, saturate<std::uint32_t>); break;
    case Type::i8:
        tensor.scales_.clear();
        for (std::size_t width = desc.width(), row = 0; row < desc.rows() && width > 0; ++row) {
            const auto  numbers = values.subspan(row * width, width);
            const float scale   = tensor.scales_.emplace_back(int8_scale(numbers));
            convert_to(numbers, out.subspan(row * width, width), [&](double value) { return to_int8(value, scale); });
        }
        break;
    }
    return tensor;
}

template <class T> std::span<const T> Tensor::as() const {
    expect_type<T>(desc_.type);
    return {reinterpret_cast<const T*>(bytes_.data()), bytes_.size() / sizeof(T)};
}

template <class T> std::span<T> Tensor::as() {
    expect_type<T>(desc_.type);
    return {reinterpret_cast<T*>(bytes_.data()), bytes_.size() / sizeof(T)};
}

template std::span<const float>         Tensor::as<float>() const;
template std::span<const std::uint16_t> Tensor::as<std::uint16_t>() const;
template std::span<const std::int32_t>  Tensor::as<std::int32_t>() const;
template std::span<const std::uint32_t> Tensor::as<std::uint32_t>() const;
template std::span<const std::int8_t>   Tensor::as<std::int8_t>() const;
template std::span<float>               Tensor::as<float>();
template std::span<std::uint16_t>       Tensor::as<std::uint16_t>();
template std::span<std::int32_t>        Tensor::as<std::int32_t>();
template std::span<std::uint32_t>       Tensor::as<std::uint32_t>();
template std::span<std::int8_t>         Tensor::as<std::int8_t>();

}  // namespace attune

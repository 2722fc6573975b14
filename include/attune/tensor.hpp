// Tensors on the host: element types, shapes, and numbers with a shape.
//
// A tensor is dense and row-major: the last axis is contiguous. Elements of 8-bit and 16-bit types
// are kept as they are stored; `Tensor::doubles` and `Tensor::from_doubles` convert.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

namespace attune {

// Element types. `bf16` exists in files only; devices compute on f32, f16, i32 and u32. `i8` is for weights: whole
// numbers from -128 to 127 that stand for reals, element times scale, where a tensor has one scale or one for each row.
enum class Type : std::uint8_t { f32, f16, bf16, i32, u32, i8 };

std::size_t size_of(Type type) noexcept;       // bytes of an element
const char* name_of(Type type) noexcept;       // "f32", ...

// Extents of a tensor, outermost axis first; at most 8 axes. An empty shape is a single number.
class Shape {
public:
    static constexpr std::size_t max_rank = 8;

    Shape() = default;
    Shape(std::initializer_list<std::uint64_t> extents);
    explicit Shape(std::span<const std::uint64_t> extents);

    std::size_t   rank() const noexcept { return rank_; }
    std::uint64_t operator[](std::size_t axis) const noexcept { return extents_[axis]; }
    std::uint64_t width() const noexcept { return rank_ ? extents_[rank_ - 1] : 1; }   // last axis
    std::uint64_t rows() const noexcept;       // product of all axes but the last
    std::uint64_t elements() const noexcept;   // product of all axes
    Shape         with_width(std::uint64_t width) const;

    std::span<const std::uint64_t> extents() const noexcept { return {extents_, rank_}; }
    std::string                    text() const;   // "[2, 3, 4]"

    friend bool operator==(const Shape& a, const Shape& b) noexcept;

private:
    std::uint64_t extents_[max_rank] = {};
    std::size_t   rank_ = 0;
};

// What a tensor is, without its numbers.
struct TensorDesc {
    Type  type = Type::f32;
    Shape shape;

    std::uint64_t elements() const noexcept { return shape.elements(); }
    std::uint64_t bytes() const noexcept { return shape.elements() * size_of(type); }
    std::uint64_t width() const noexcept { return shape.width(); }
    std::uint64_t rows() const noexcept { return shape.rows(); }
    std::string   text() const;                    // "f32[2, 3, 4]"

    friend bool operator==(const TensorDesc&, const TensorDesc&) = default;
};

// Somebody else's numbers: a description and the bytes it describes, not owned.
struct TensorView {
    TensorDesc                 desc;
    std::span<const std::byte> bytes;
    std::span<const float>     scales = {};   // of i8 alone: one for all elements, or one for each of desc.rows()

    // All elements as double, whatever the type; those of i8 are multiplied by their scale.
    std::vector<double> doubles() const;
};

// Numbers with a shape, owned.
class Tensor {
public:
    Tensor() = default;
    explicit Tensor(TensorDesc desc);              // all zero

    static Tensor f32(Shape shape, std::span<const float> values);
    static Tensor u32(Shape shape, std::span<const std::uint32_t> values);
    // scales: one, or one for each row.
    static Tensor i8(Shape shape, std::span<const std::int8_t> values, std::vector<float> scales);
    // Rounds to nearest even where `desc.type` is narrower than double. Of i8 each row gets the scale that makes
    // its largest magnitude 127 (1 for a row of zeros).
    static Tensor from_doubles(TensorDesc desc, std::span<const double> values);

    const TensorDesc&          desc() const noexcept { return desc_; }
    std::span<const std::byte> bytes() const noexcept { return bytes_; }
    std::span<std::byte>       bytes() noexcept { return bytes_; }
    TensorView                 view() const noexcept { return {desc_, bytes_, scales_}; }
    std::vector<double>        doubles() const { return view().doubles(); }

    // The elements as they are stored; throws usage if T is not the element type.
    template <class T> std::span<const T> as() const;
    template <class T> std::span<T>       as();

private:
    TensorDesc             desc_;
    std::vector<std::byte> bytes_;
    std::vector<float>     scales_;   // of i8
};

// IEEE binary16 and bfloat16 from and to float, round to nearest even; NaN stays NaN.
std::uint16_t to_f16(float value) noexcept;
float         from_f16(std::uint16_t bits) noexcept;
std::uint16_t to_bf16(float value) noexcept;
float         from_bf16(std::uint16_t bits) noexcept;

}  // namespace attune

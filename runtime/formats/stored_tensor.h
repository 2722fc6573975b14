// One tensor of a checkpoint file: what it is and where its numbers lie in the mapped bytes.
#pragma once

#include <attune/tensor.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attune {

// An element type as a file names it. Files may hold types the library does not compute with
// (counters as I64, buffers as BOOL); such tensors are checked like all others but cannot be read.
struct StoredType {
    std::string_view    name;   // "F32", "torch.FloatStorage"; static, or within the file's bytes
    std::uint64_t       bytes;  // of an element
    std::optional<Type> type;   // nothing: cannot be read
};

struct StoredTensor {
    StoredType                 stored;
    Shape                      shape;
    std::span<const std::byte> bytes;         // at any address: copy numbers out, never cast
    std::vector<std::uint64_t> strides = {};  // in elements, one per axis; empty: row-major, nothing between
    float                      scale   = 0;   // of i8: a number is its element times this

    TensorDesc desc() const { return {stored.type.value_or(Type::f32), shape}; }
};

using StoredTensors = std::map<std::string, StoredTensor>;

inline constexpr std::size_t max_tensors    = 65'536;
inline constexpr std::size_t max_name_bytes = 256;

// Throws bad_input naming the file `where` unless `name` is UTF-8 of 1 to 256 bytes.
void expect_tensor_name(const std::string& where, std::string_view name);

// The shape, or bad_input naming file and tensor: more than 8 axes, or too many elements to count.
Shape expect_shape(const std::string& where, std::string_view name, std::span<const std::uint64_t> extents);

// Throws bad_input `[where] tensor "name" what`.
[[noreturn]] void refuse_tensor(const std::string& where, std::string_view name, const std::string& what);

}  // namespace attune

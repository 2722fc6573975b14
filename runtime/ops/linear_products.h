// The dispatches that linear is made of.
#pragma once

#include "ops/lowering.h"

#include <optional>

namespace attune::ops {

namespace linear_inputs {
enum : std::size_t { x, weight, bias, residual, gain, shift };
}

// Of linear_append, which has no residual.
namespace linear_append_inputs {
enum : int { key_cache = 4, value_cache, position };
}

// A kernel and what one of its workgroups makes.
struct ProductKernel {
    const Kernel* kernel  = nullptr;
    std::uint32_t lanes   = 0;  // of a workgroup
    std::uint32_t rows    = 0;
    std::uint32_t outputs = 0;
    std::uint32_t fours   = 1;  // elements of a sum that it adds in one turn, where there are so many fours
};

// What turns a kernel into one that normalises the rows of y as well, once they are there.
struct NormKernel {
    const Kernel* kernel = nullptr;  // null: there is none
    std::uint32_t lanes  = 0;        // that share a row
    // Of kernels that may hold a row in registers: fours of each lane, if rows of y begin at eights; 0: not of this width.
    std::optional<std::uint32_t> fours = {};
};

// Null where layer_norm would add in another order on such a device, or a lane would have too far to walk.
NormKernel with_norm(const ProductKernel& product, const DeviceTraits& traits, std::uint64_t width);

// Likewise one that writes some columns into caches; null: there is none.
const Kernel* with_append(const ProductKernel& product, const DeviceTraits& traits);

// All kernels of one device add in the same order, so that `rows` chooses speed and no bit.
ProductKernel choose_product(const DeviceTraits& traits, std::uint64_t rows);

// Rows of an operand in a binding: where the first element of the first row lies, and how far apart rows do.
struct ProductRows {
    Binding       binding;
    std::uint64_t first = 0;
    std::uint64_t stride = 0;
    Type          type = Type::f32;
};

struct ProductNorm {
    NormKernel kernel;
    Binding    gain, shift;
    double     epsilon = 0;
};

// Columns of y that go into caches [B, Hk, T, D] instead: Hk * D from key_column on, and from value_column on.
struct ProductAppend {
    const Kernel* kernel = nullptr;
    Binding       position, key_cache, value_cache;
    Type          type = Type::f32;                // of the caches
    Shape         cache = {};
    std::uint64_t first_row = 0;                   // of x, of those that the dispatch has
    std::uint64_t positions = 1;                   // rows of x for each batch
    std::uint64_t key_column = 0, value_column = 0;
};

// y = activation(x W^T + bias) + residual for some rows, outputs and elements of the sums.
struct Product {
    ProductKernel              kernel;
    std::uint64_t              rows = 0;
    std::uint64_t              width = 0;          // elements of a sum: all columns that the weight's binding has
    std::uint64_t              outputs = 0;
    ProductRows                x;
    Binding                    weight;
    std::uint64_t              first_panel = 0;    // of the binding
    std::optional<Binding>     bias;
    std::uint64_t              bias_first = 0;     // element of the binding that belongs to the first output
    std::optional<ProductRows> residual;
    ProductRows                y;
    std::uint32_t              activation = 0;
    std::optional<ProductNorm> norm = {};          // of whole rows of y; its binding is for both
    std::optional<ProductAppend> append = {};      // of sums that are whole
};

// A product of which each dispatch sees whole rows, sums and bias.
struct WholeProduct {
    ProductKernel                kernel;
    std::optional<ProductNorm>   norm = {};        // then each dispatch has all outputs of its rows
    std::optional<ProductAppend> append = {};
};
bool    fits_whole(const Lowering& lowering);
Lowered lower_whole(const Lowering& lowering, const WholeProduct& product);

// However it fits; no norm and no append.
Lowered lower_sums(const Lowering& lowering);

Dispatch product_dispatch(const Lowering& lowering, const Product& product);

// Where rows, sums or the bias do not fit one binding: see linear_parts.cpp.
Lowered lower_linear_in_parts(const Lowering& lowering);

}  // namespace attune::ops

#include "formats/torch_tensors.h"

#include "base/checked.h"

#include <attune/error.hpp>

namespace attune {
namespace {

// One past the last element that the tensor touches, counted from its first; nothing if that overflows.
std::optional<std::uint64_t> reach(const PickledTensor& tensor) {
    std::uint64_t last = 0;
    for (std::size_t axis = 0; axis < tensor.sizes.size(); ++axis) {
        if (tensor.sizes[axis] == 0) return 0;
        const auto step = checked_multiply(tensor.sizes[axis] - 1, tensor.strides[axis]);
        const auto sum  = step ? checked_add(last, *step) : std::nullopt;
        if (!sum) return std::nullopt;
        last = *sum;
    }
    return checked_add(last, 1);
}

bool is_row_major(const PickledTensor& tensor) {
    std::uint64_t expected = 1;
    for (std::size_t axis = tensor.sizes.size(); axis-- > 0;) {
        if (tensor.sizes[axis] != 1 && tensor.strides[axis] != expected) return false;
        expected *= tensor.sizes[axis];  // cannot wrap: the shape was counted before
    }
    return true;
}

void expect_size(std::span<const std::byte> bytes, const PickledStorage& storage, const std::string& name,
                 const std::string& where) {
    if (checked_multiply(storage.count, storage.type.bytes) != bytes.size())
        refuse_tensor(where, name,
                      "lies in a storage of " + std::to_string(bytes.size()) + " bytes, not the size of " +
                          std::to_string(storage.count) + " elements of " + std::string(storage.type.name));
}

StoredTensor place(const PickledTensor& tensor, std::span<const std::byte> storage, const std::string& name,
                   const std::string& where) {
    StoredTensor        placed{tensor.storage.type, expect_shape(where, name, tensor.sizes), {}, {}};
    const std::uint64_t elements = placed.shape.elements(), count = tensor.storage.count;
    const auto          span = reach(tensor);
    if (!span || !range_inside(tensor.offset, *span, count)) refuse_tensor(where, name, "reaches beyond its storage");
    // A stride of 0 would let a few bytes claim a tensor of any size.
    if (elements > count) refuse_tensor(where, name, "has more elements than its storage");

    if (elements != 0 && !is_row_major(tensor)) placed.strides = tensor.strides;
    const std::uint64_t size = tensor.storage.type.bytes;
    placed.bytes =
        storage.subspan(static_cast<std::size_t>(tensor.offset * size), static_cast<std::size_t>(*span * size));
    return placed;
}

}  // namespace

StoredTensors place_tensors(const PickledTensors& tensors, const FindStorage& find, const std::string& where) {
    StoredTensors placed;
    for (const auto& [key, tensor] : tensors) {
        const std::string                name(key);
        const std::span<const std::byte> bytes = find(tensor.storage, name);
        expect_size(bytes, tensor.storage, name, where);
        placed.emplace(name, place(tensor, bytes, name, where));
    }
    return placed;
}

}  // namespace attune

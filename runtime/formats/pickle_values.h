// The values on the stack of the pickle machine. They are small and refer to the machine's pools by
// index: a pickle may nest or tie values into knots, and nothing here ever follows them recursively.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

namespace attune::pickle {

struct None {};
struct Text {
    std::uint32_t offset, length;
};  // in the pickle
struct Tuple {
    std::uint32_t first, count;
};  // in the pool of items
struct List {
    std::uint32_t index;
};
struct Dict {
    std::uint32_t index;
};  // also an OrderedDict: the order is kept by both
struct Storage {
    std::uint32_t index;
};
struct Tensor {
    std::uint32_t index;
};

// What GLOBAL may name.
enum class Function : std::uint8_t { ordered_dict, rebuild_tensor, rebuild_parameter };
struct StorageClass {
    std::uint32_t index;
};  // in storage_classes

using Value =
    std::variant<None, bool, std::int64_t, double, Text, Tuple, List, Dict, Storage, Tensor, Function, StorageClass>;
static_assert(sizeof(Value) == 16, "the limits of the machine bound its memory through this");

// Containers that grow after they are made. A dictionary holds key, value, key, value, ...
using Container = std::vector<Value>;

}  // namespace attune::pickle

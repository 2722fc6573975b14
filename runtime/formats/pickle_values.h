// The values on the stack of the pickle machine. They are small and refer to the pickle or to the machine's
// pools by index: a pickle may nest or tie values into knots, and nothing here ever follows them recursively.
#pragma once

#include <cstdint>
#include <variant>

namespace attune::pickle {

struct None {};
struct Real {};  // no file of tensors needs its number
struct Integer {
    std::uint32_t offset;
};  // its opcode in the pickle
struct Text {
    std::uint32_t offset;
};  // its u32 length in the pickle, before its bytes
struct Length {
    std::uint32_t count;
};  // of the tuple whose items follow in the pool
struct Tuple {
    std::uint32_t index;
};  // of its Length in the pool of items
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
    std::variant<None, bool, Real, Integer, Text, Length, Tuple, List, Dict, Storage, Tensor, Function, StorageClass>;
static_assert(sizeof(Value) == 8, "the limits of the machine bound its memory through this");

// Lists and dictionaries grow after they are made: their items are links of one pool, in a chain for each.
// A dictionary's chain is key, value, key, value, ...
struct Link {
    Value         value;
    std::uint32_t next;
};
struct Container {
    std::uint32_t first, last, count;
};

}  // namespace attune::pickle

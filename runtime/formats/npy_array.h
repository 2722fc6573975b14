// NumPy's .npy: one array, with a header that is written like a dictionary of Python. (numpy.lib.format, versions
// 1 to 3)
#pragma once

#include "formats/stored_tensor.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace attune {

struct NpyArray {
    std::string_view           type;   // "<f4", "|i1": byte order, kind, bytes of an element; within the file
    std::uint64_t              width;  // bytes of an element
    Shape                      shape;
    bool                       column_major;
    std::span<const std::byte> bytes;  // as many as there are elements
};

// Throws bad_input `[where] tensor "name" ...`, also for arrays of records and of Python objects.
NpyArray read_npy(std::span<const std::byte> bytes, const std::string& where, const std::string& name);

}  // namespace attune

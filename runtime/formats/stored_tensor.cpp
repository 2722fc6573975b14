#include "formats/stored_tensor.h"

#include "base/utf8.h"

#include <attune/error.hpp>

namespace attune {

void expect_tensor_name(const std::string& where, std::string_view name) {
    if (name.empty()) refuse_tensor(where, name, "has an empty name");
    if (name.size() > max_name_bytes)
        refuse_tensor(where, name, "has a name of " + std::to_string(name.size()) + " bytes, more than 256");
    if (!is_utf8(name)) refuse_tensor(where, name, "has a name that is not UTF-8");
}

Shape expect_shape(const std::string& where, std::string_view name, std::span<const std::uint64_t> extents) try {
    return Shape(extents);
} catch (const Error& error) { refuse_tensor(where, name, std::string("has an impossible shape: ") + error.what()); }

void refuse_tensor(const std::string& where, std::string_view name, const std::string& what) {
    throw Error(Status::bad_input, where, "tensor " + in_quotes(name) + " " + what);
}

}  // namespace attune

// Pickles of protocol 2, opcode by opcode.
#pragma once

#include "support/byte_writer.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace attune::test {

// What torch.save writes for one tensor of a state dictionary.
struct PickledTensorText {
    std::string               name          = "w";
    std::string               storage_class = "FloatStorage";
    std::string               key           = "0";
    std::int64_t              count         = 6;   // elements of the storage
    std::int64_t              offset        = 0;
    std::vector<std::int64_t> sizes         = {2, 3};
    std::vector<std::int64_t> strides       = {3, 1};
    bool                      parameter     = false;   // wrapped in _rebuild_parameter
};

class PickleWriter {
public:
    PickleWriter& raw(std::string_view bytes) {
        out_.text(bytes);
        return *this;
    }
    PickleWriter& proto(unsigned version = 2) {
        out_.u8(0x80).u8(version);
        return *this;
    }
    PickleWriter& text(std::string_view value) {
        out_.text("X").u32(value.size()).text(value);
        return *this;
    }
    PickleWriter& global(std::string_view module, std::string_view name) {
        out_.text("c").text(module).text("\n").text(name).text("\n");
        return *this;
    }
    PickleWriter& integer(std::int64_t value);
    PickleWriter& integers(const std::vector<std::int64_t>& values);   // a tuple
    PickleWriter& storage(std::string_view storage_class, std::string_view key, std::int64_t count);
    PickleWriter& tensor(const PickledTensorText& tensor);   // without its name

    const std::string& bytes() const noexcept { return out_.bytes(); }

private:
    ByteWriter out_;
};

// An OrderedDict of tensors with torch's _metadata attribute, as data.pkl holds it.
std::string state_dict_pickle(const std::vector<PickledTensorText>& tensors);

}   // namespace attune::test

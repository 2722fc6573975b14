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
    std::string               view          = {};      // opcodes of a sixth element of the storage's id: torch before 1.6
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
    PickleWriter& storage(std::string_view storage_class, std::string_view key, std::int64_t count,
                          std::string_view view = {});
    PickleWriter& tensor(const PickledTensorText& tensor);   // without its name

    const std::string& bytes() const noexcept { return out_.bytes(); }

private:
    ByteWriter out_;
};

// An OrderedDict of tensors with torch's _metadata attribute, as data.pkl holds it.
std::string state_dict_pickle(const std::vector<PickledTensorText>& tensors);

// The parts of a stream of torch before 1.6, in their order.
struct LegacyParts {
    std::string                                          magic   = std::string("\x80\x02\x8A\nl\xFC\x9C\x46\xF9\x20\x6A\xA8\x50\x19.", 15);
    std::string                                          version = std::string("\x80\x02M\xE9\x03.", 6);
    std::string                                          system  = PickleWriter().proto().raw("}(").text("protocol_version").integer(1001).text("little_endian").raw("\x88").raw("u.").bytes();
    std::string                                          state   = {};
    std::string                                          keys    = {};   // a pickle; empty: the list of those in `data`
    std::vector<std::pair<std::string, std::string>>     data    = {};   // key, bytes of its elements
    std::vector<std::uint64_t>                           counts  = {};   // of elements, one for each of data
    std::string                                          after   = {};
};

std::string legacy_bytes(const LegacyParts& parts);

}   // namespace attune::test

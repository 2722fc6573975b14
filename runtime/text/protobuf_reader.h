// Walks the wire format of one protobuf message without believing a length that the bytes do not hold.
#pragma once

#include <attune/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace attune {

enum class Wire : unsigned { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

struct WireField {
    std::uint32_t    number = 0;
    Wire             wire   = Wire::varint;
    std::uint64_t    value  = 0;  // of varint, fixed64 and fixed32
    std::string_view bytes;       // of bytes
};

class ProtobufReader {
public:
    // `message` and `where` (for error messages) must outlive the reader.
    ProtobufReader(std::string_view message, const std::string& where) : rest_(message), where_(where) {}

    // Fills in the next field; false at the end. Throws bad_input for a varint of more than 64 bits, a
    // value beyond the end of the message, field number 0, and groups (removed from the language).
    bool next(WireField& field) {
        if (rest_.empty()) return false;
        const std::uint64_t tag = varint();
        if (tag >> 3 == 0 || tag >> 3 > 0x1FFFFFFF) fail("a field has an impossible number");
        field.number = static_cast<std::uint32_t>(tag >> 3);
        field.value  = 0;
        field.bytes  = {};
        switch (tag & 7) {
        case 0: field.value = varint(); break;
        case 1: field.value = little_endian(take(8)); break;
        case 2: field.bytes = take(varint()); break;
        case 5: field.value = little_endian(take(4)); break;
        default: fail("a field has an unknown wire type");
        }
        field.wire = static_cast<Wire>(tag & 7);
        return true;
    }

private:
    [[noreturn]] void fail(const std::string& what) const {
        throw Error(Status::bad_input, where_, what, "the file is damaged or is no SentencePiece model");
    }

    std::uint64_t varint() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const auto byte = static_cast<unsigned char>(take(1)[0]);
            if (shift == 63 && byte > 1) break;
            value |= std::uint64_t{byte & 0x7Fu} << shift;
            if (byte < 0x80) return value;
        }
        fail("a number has more than 64 bits");
    }

    std::string_view take(std::uint64_t count) {
        if (count > rest_.size()) fail("a field reaches beyond its end");
        const std::string_view taken = rest_.substr(0, static_cast<std::size_t>(count));
        rest_.remove_prefix(taken.size());
        return taken;
    }

    static std::uint64_t little_endian(std::string_view bytes) {
        std::uint64_t value = 0;
        for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
        return value;
    }

    std::string_view   rest_;
    const std::string& where_;
};

}  // namespace attune

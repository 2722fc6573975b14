#include "formats/npy_array.h"

#include "base/checked.h"
#include "base/utf8.h"
#include "formats/byte_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace attune {
namespace {

constexpr std::string_view magic("\x93NUMPY", 6);
constexpr std::uint32_t    max_header_bytes = 64u << 10;

// The header: {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }
class HeaderReader {
public:
    HeaderReader(std::string_view text, const std::string& where, const std::string& name)
        : text_(text), where_(where), name_(name) {}

    void read(NpyArray& array) {
        bool has_type = false, has_order = false, has_shape = false;
        expect("{");
        while (!skip("}")) {
            const std::string_view key = quoted();
            expect(":");
            if (key == "descr" && !std::exchange(has_type, true))
                read_type(array);
            else if (key == "fortran_order" && !std::exchange(has_order, true))
                array.column_major = read_flag();
            else if (key == "shape" && !std::exchange(has_shape, true))
                array.shape = read_shape();
            else
                fail("holds the key " + in_quotes(key) + ", which is unknown or there twice");
            if (!skip(",") && !looks_like("}")) fail("is no dictionary");
        }
        skip_blanks();
        if (!text_.empty()) fail("goes on after its end");
        if (!has_type || !has_order || !has_shape) fail("lacks descr, fortran_order or shape");
    }

private:
    [[noreturn]] void fail(const std::string& what) const { refuse_tensor(where_, name_, "has a header that " + what); }

    void skip_blanks() {
        const std::size_t blanks = text_.find_first_not_of(" \n\t");
        text_.remove_prefix(std::min(blanks, text_.size()));
    }
    bool looks_like(std::string_view word) {
        skip_blanks();
        return text_.starts_with(word);
    }
    bool skip(std::string_view word) {
        if (!looks_like(word)) return false;
        text_.remove_prefix(word.size());
        return true;
    }
    void expect(std::string_view word) {
        if (!skip(word)) fail("is no dictionary");
    }

    std::string_view quoted() {
        const char mark = looks_like("'") ? '\'' : '"';
        expect({&mark, 1});
        const std::size_t length = text_.find(mark);
        if (length == std::string_view::npos) fail("is no dictionary");
        const std::string_view out = text_.substr(0, length);
        text_.remove_prefix(length + 1);
        return out;
    }

    // Byte order, kind and size: "<f4". Text of N characters, "<U5", takes four bytes each.
    void read_type(NpyArray& array) {
        if (looks_like("[")) fail("is of records, which are not read");
        array.type                 = quoted();
        std::string_view digits    = array.type;
        const bool       has_order = digits.find_first_of("<>|=") == 0;
        digits.remove_prefix(std::min<std::size_t>(has_order ? 2 : 1, digits.size()));
        const char* const end    = digits.data() + digits.size();
        const auto [read, error] = std::from_chars(digits.data(), end, array.width);
        if (digits.empty() || error != std::errc() || read != end || array.width > (1u << 30))
            fail("has the descr " + in_quotes(array.type) + ", which is not read");
        if (array.type[array.type.size() - digits.size() - 1] == 'U') array.width *= 4;
    }

    bool read_flag() {
        if (skip("True")) return true;
        if (skip("False")) return false;
        fail("has a fortran_order that is neither True nor False");
    }

    Shape read_shape() {
        std::array<std::uint64_t, Shape::max_rank> extents;
        std::size_t                                rank = 0;
        expect("(");
        while (!skip(")")) {
            skip_blanks();
            if (rank == extents.size()) fail("has more than 8 axes");
            const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), extents[rank++]);
            if (error != std::errc()) fail("has a shape that is no list of numbers");
            text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
            if (!skip(",") && !looks_like(")")) fail("has a shape that is no list of numbers");
        }
        return expect_shape(where_, name_, {extents.data(), rank});
    }

    std::string_view   text_;
    const std::string& where_;
    const std::string& name_;
};

}  // namespace

NpyArray read_npy(std::span<const std::byte> bytes, const std::string& where, const std::string& name) {
    ByteReader reader(bytes, where, "the array " + in_quotes(name));
    if (reader.left() < magic.size() + 2 || reader.text(magic.size()) != magic)
        refuse_tensor(where, name, "is no .npy array");
    const std::uint8_t version = reader.u8();
    reader.u8();  // minor
    if (version < 1 || version > 3) refuse_tensor(where, name, "is a .npy array of version " + std::to_string(version));
    const std::uint32_t length = version == 1 ? reader.u16() : reader.u32();
    if (length > max_header_bytes) refuse_tensor(where, name, "has a header of more than 64 KiB");

    NpyArray array{};
    HeaderReader(reader.text(length), where, name).read(array);
    array.bytes     = reader.rest();
    const auto size = checked_multiply(array.shape.elements(), array.width);
    if (size != array.bytes.size())
        refuse_tensor(where, name,
                      "has " + std::to_string(array.bytes.size()) + " bytes, not the size of " + array.shape.text() +
                          " elements of " + std::to_string(array.width) + " bytes");
    return array;
}

}  // namespace attune

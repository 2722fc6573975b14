// .npz: a zip archive with a .npy array for each item, as Marian writes it, or NumPy with and without compression.
#include "base/checked.h"
#include "base/utf8.h"
#include "formats/byte_reader.h"
#include "formats/codecs.h"
#include "formats/compressed.h"
#include "formats/marian_items.h"
#include "formats/npy_array.h"
#include "formats/zip_directory.h"

#include <attune/error.hpp>

namespace attune {
namespace {

constexpr std::string_view suffix = ".npy";

// A directory may claim any length: what is unpacked is bounded as a compressed file is, all of it together.
void expect_no_bomb(const ZipMembers& members, std::uint64_t archive_bytes, const std::string& where) {
    std::optional<std::uint64_t> total = 0;
    for (const auto& [name, member] : members)
        if (total && member.deflated) total = checked_add(*total, member.size);
    if (!total || *total > most_unpacked(archive_bytes))
        throw Error(Status::bad_input, where,
                    "unpacks to more than the " + std::to_string(most_unpacked(archive_bytes)) + " bytes allowed");
}

std::span<const std::byte> content(MarianItems& items, const std::string& file, const ZipMember& member,
                                   const std::string& where) {
    if (!member.deflated) return member.bytes;
    auto& out = items.unpacked.emplace_back(static_cast<std::size_t>(member.size));
    inflate_into(out, member.bytes, member.checksum, where, "the file " + in_quotes(file));
    return out;
}

// How far apart the elements of each axis are where the first axis is the innermost.
std::vector<std::uint64_t> column_major_strides(const Shape& shape) {
    std::vector<std::uint64_t> strides;
    std::uint64_t              stride = 1;
    for (const std::uint64_t extent : shape.extents()) {
        strides.push_back(stride);
        stride *= extent;
    }
    return strides;
}

StoredTensor tensor_of(const NpyArray& array) {
    const bool   is_f32 = array.type == "<f4";
    StoredTensor tensor{
        {array.type, array.width, is_f32 ? std::optional(Type::f32) : std::nullopt}, array.shape, array.bytes};
    if (is_f32 && array.column_major && array.shape.rank() > 1) tensor.strides = column_major_strides(array.shape);
    return tensor;
}

// Bytes: numbers of one each, or NumPy's text of one byte per character.
std::string_view text_of(const NpyArray& array, const std::string& where) {
    if (array.width != 1 && array.type.find('S') == std::string_view::npos)
        refuse_tensor(where, marian_settings_name, "has elements of type " + in_quotes(array.type) + ", not bytes");
    return as_text(array.bytes);
}

}  // namespace

MarianItems read_marian_npz(std::span<const std::byte> bytes, const std::string& where) {
    const ZipMembers members = read_zip_members(bytes, where);
    expect_no_bomb(members, bytes.size(), where);
    MarianItems items;
    for (const auto& [file, member] : members) {
        if (!file.ends_with(suffix))
            throw Error(Status::bad_input, where, "holds the file " + in_quotes(file) + ", which is no .npy array");
        const std::string name = file.substr(0, file.size() - suffix.size());
        expect_tensor_name(where, name);
        const NpyArray array = read_npy(content(items, file, member, where), where, name);
        if (name == marian_settings_name)
            items.settings = text_of(array, where);
        else
            items.tensors.emplace(name, tensor_of(array));
    }
    return items;
}

}  // namespace attune

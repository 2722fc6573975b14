#include "formats/torch_checkpoint.h"

#include "base/checked.h"
#include "base/utf8.h"
#include "formats/byte_reader.h"
#include "formats/pickle.h"
#include "formats/zip_directory.h"

#include <attune/error.hpp>

#include <optional>

namespace attune {
namespace {

constexpr std::string_view pickle_name = "/data.pkl";

// "archive/" of the one file archive/data.pkl.
std::string find_prefix(const ZipFiles& files, const std::string& where) {
    std::string prefix;
    for (const auto& [name, bytes] : files) {
        const bool is_pickle = name.size() > pickle_name.size() && name.ends_with(pickle_name) &&
                               name.find('/') == name.size() - pickle_name.size();
        if (!is_pickle) continue;
        if (!prefix.empty()) throw Error(Status::bad_input, where, "holds more than one data.pkl");
        prefix = name.substr(0, name.size() - pickle_name.size() + 1);
    }
    if (prefix.empty())
        throw Error(Status::bad_input, where, "holds no data.pkl: it is a zip archive, but none of torch.save");
    return prefix;
}

void expect_little_endian(const ZipFiles& files, const std::string& prefix, const std::string& where) {
    const auto found = files.find(prefix + "byteorder");  // since torch 2.1; before, files were as the machine
    if (found != files.end() && as_text(found->second) != "little")
        throw Error(Status::bad_input, where,
                    "has the byteorder " + in_quotes(as_text(found->second)) + "; only little is read");
}

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

std::span<const std::byte> storage_bytes(const ZipFiles& files, const std::string& prefix,
                                         const PickledStorage& storage, const std::string& name,
                                         const std::string& where) {
    const auto found = files.find(prefix + "data/" + std::string(storage.key));
    if (found == files.end())
        refuse_tensor(where, name, "lies in the storage " + in_quotes(storage.key) + ", which is missing");
    const auto bytes = checked_multiply(storage.count, storage.type.bytes);
    if (bytes != found->second.size())
        refuse_tensor(where, name,
                      "lies in a storage of " + std::to_string(found->second.size()) + " bytes, not the size of " +
                          std::to_string(storage.count) + " elements of " + std::string(storage.type.name));
    return found->second;
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

void expect_zip(std::span<const std::byte> bytes, const std::string& where) {
    if (is_zip(bytes)) return;
    if (as_text(bytes).starts_with("\x80\x02"))
        throw Error(Status::bad_input, where, "is a legacy stream of torch before 1.6, which is not read",
                    "load and save it once with a newer torch, or use model.safetensors");
    throw Error(Status::bad_input, where, "is no torch checkpoint: it does not begin as a zip archive");
}

}  // namespace

StoredTensors read_torch_checkpoint(std::span<const std::byte> bytes, const std::string& where) {
    expect_zip(bytes, where);
    const ZipFiles    files  = read_zip_directory(bytes, where);
    const std::string prefix = find_prefix(files, where);
    expect_little_endian(files, prefix, where);

    StoredTensors tensors;
    for (const auto& [name, tensor] : read_state_dict(files.at(prefix + "data.pkl"), where))
        tensors.emplace(name, place(tensor, storage_bytes(files, prefix, tensor.storage, name, where), name, where));
    return tensors;
}

}  // namespace attune

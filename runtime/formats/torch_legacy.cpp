#include "formats/torch_legacy.h"

#include "base/checked.h"
#include "base/utf8.h"
#include "formats/torch_tensors.h"

#include <attune/error.hpp>

namespace attune {
namespace {

// The pickles of 0x1950A86A20F9469CFC6C and of 1001: the only bytes that Python writes for them.
constexpr std::string_view magic("\x80\x02\x8A\nl\xFC\x9C\x46\xF9\x20\x6A\xA8\x50\x19.", 15);
constexpr std::string_view version("\x80\x02M\xE9\x03.", 6);

// Key -> its storage in the pickle, which knows the size of an element.
using StorageTypes = std::map<std::string_view, PickledStorage>;
using Storages     = std::map<std::string_view, std::span<const std::byte>>;

StorageTypes storage_types(const PickledTensors& tensors, const std::string& where) {
    StorageTypes types;
    for (const auto& [name, tensor] : tensors) {
        const PickledStorage& storage = tensor.storage;
        const auto&           first   = types.emplace(storage.key, storage).first->second;
        if (first.type.name != storage.type.name || first.count != storage.count)
            refuse_tensor(where, name,
                          "lies in the storage " + in_quotes(storage.key) + ", which has two types or sizes");
    }
    return types;
}

Storages read_storages(ByteReader& reader, const std::vector<std::string_view>& keys, const StorageTypes& types) {
    Storages storages;
    for (const std::string_view key : keys) {
        const auto type = types.find(key);
        if (type == types.end()) reader.fail("holds the storage " + in_quotes(key) + ", which no tensor uses");
        const std::uint64_t count = reader.u64();
        const auto          bytes = checked_multiply(count, type->second.type.bytes);
        if (!bytes) reader.fail("holds a storage of impossible size");
        if (!storages.emplace(key, reader.take(*bytes)).second)
            reader.fail("holds the storage " + in_quotes(key) + " twice");
    }
    if (reader.left() != 0) reader.fail("goes on after its end");
    return storages;
}

}  // namespace

bool is_torch_legacy(std::span<const std::byte> bytes) noexcept { return as_text(bytes).starts_with(magic); }

StoredTensors read_torch_legacy(std::span<const std::byte> bytes, const std::string& where) {
    if (as_text(bytes).substr(magic.size(), version.size()) != version)
        throw Error(Status::bad_input, where, "is a torch stream of another version than 1001");
    const std::size_t header = magic.size() + version.size();
    ByteReader        reader(bytes.subspan(header), where, "the pickle");
    if (read_flag(reader, "little_endian") != true)
        throw Error(Status::bad_input, where, "was written by a machine that is not little-endian, or does not say so");
    const PickledTensors                tensors = read_state_dict(reader);
    const std::vector<std::string_view> keys    = read_texts(reader);

    ByteReader     data(reader.rest(), where, "the data");
    const Storages storages = read_storages(data, keys, storage_types(tensors, where));
    const auto     find     = [&](const PickledStorage& storage, const std::string& name) {
        const auto found = storages.find(storage.key);
        if (found == storages.end())
            refuse_tensor(where, name, "lies in the storage " + in_quotes(storage.key) + ", which is missing");
        return found->second;
    };
    return place_tensors(tensors, find, where);
}

}  // namespace attune

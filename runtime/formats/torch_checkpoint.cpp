#include "formats/torch_checkpoint.h"

#include "base/utf8.h"
#include "formats/torch_legacy.h"
#include "formats/torch_tensors.h"
#include "formats/zip_directory.h"

#include <attune/error.hpp>

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

StoredTensors read_zip(std::span<const std::byte> bytes, const std::string& where) {
    const ZipFiles    files  = read_zip_directory(bytes, where);
    const std::string prefix = find_prefix(files, where);
    expect_little_endian(files, prefix, where);

    ByteReader           reader(files.at(prefix + "data.pkl"), where, "the pickle");
    const PickledTensors tensors = read_state_dict(reader);
    if (reader.left() != 0) reader.fail("goes on after its end");
    const auto find = [&](const PickledStorage& storage, const std::string& name) {
        const auto found = files.find(prefix + "data/" + std::string(storage.key));
        if (found == files.end())
            refuse_tensor(where, name, "lies in the storage " + in_quotes(storage.key) + ", which is missing");
        return found->second;
    };
    return place_tensors(tensors, find, where);
}

}  // namespace

StoredTensors read_torch_checkpoint(std::span<const std::byte> bytes, const std::string& where) {
    if (is_zip(bytes)) return read_zip(bytes, where);
    if (is_torch_legacy(bytes)) return read_torch_legacy(bytes, where);
    throw Error(Status::bad_input, where,
                "is no torch checkpoint: it begins neither as a zip archive nor as a stream of torch before 1.6");
}

}  // namespace attune

#include "support/pickle_writer.h"

#include <limits>

namespace attune::test {

PickleWriter& PickleWriter::integer(std::int64_t value) {
    if (value >= 0 && value < 256)
        out_.text("K").u8(static_cast<std::uint64_t>(value));
    else if (value >= 0 && value < 65'536)
        out_.text("M").u16(static_cast<std::uint64_t>(value));
    else if (value >= std::numeric_limits<std::int32_t>::min() && value <= std::numeric_limits<std::int32_t>::max())
        out_.text("J").u32(static_cast<std::uint64_t>(value));
    else
        out_.text("\x8A\x08").u64(static_cast<std::uint64_t>(value));
    return *this;
}

PickleWriter& PickleWriter::integers(const std::vector<std::int64_t>& values) {
    raw("(");
    for (const std::int64_t value : values) integer(value);
    return raw("t");
}

PickleWriter& PickleWriter::storage(std::string_view storage_class, std::string_view key, std::int64_t count,
                                    std::string_view view) {
    raw("(").text("storage").global("torch", storage_class).text(key).text("cpu").integer(count).raw(view);
    return raw("tQ");
}

PickleWriter& PickleWriter::tensor(const PickledTensorText& tensor) {
    if (tensor.parameter) global("torch._utils", "_rebuild_parameter").raw("(");
    global("torch._utils", "_rebuild_tensor_v2").raw("(");
    storage(tensor.storage_class, tensor.key, tensor.count, tensor.view).integer(tensor.offset);
    integers(tensor.sizes).integers(tensor.strides).raw("\x89").global("collections", "OrderedDict").raw(")RtR");
    if (tensor.parameter) raw("\x88").global("collections", "OrderedDict").raw(")RtR");
    return *this;
}

std::string state_dict_pickle(const std::vector<PickledTensorText>& tensors) {
    PickleWriter out;
    out.proto().global("collections", "OrderedDict").raw(")R").raw(std::string_view("q\0(", 3));
    for (const PickledTensorText& tensor : tensors) out.text(tensor.name).tensor(tensor);
    out.raw("u}").text("_metadata").global("collections", "OrderedDict").raw(")Rsb.");
    return out.bytes();
}

std::string legacy_bytes(const LegacyParts& parts) {
    PickleWriter keys;
    keys.proto().raw("](");
    for (const auto& [key, bytes] : parts.data) keys.text(key);
    keys.raw("e.");
    ByteWriter out;
    out.text(parts.magic).text(parts.version).text(parts.system).text(parts.state);
    out.text(parts.keys.empty() ? keys.bytes() : parts.keys);
    for (std::size_t i = 0; i < parts.data.size(); ++i) out.u64(parts.counts.at(i)).text(parts.data[i].second);
    return out.text(parts.after).bytes();
}

}   // namespace attune::test

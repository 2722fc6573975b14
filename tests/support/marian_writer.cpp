#include "support/marian_writer.h"

#include "support/byte_writer.h"
#include "support/zip_writer.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>

namespace attune::test {
namespace {

constexpr std::uint64_t    int8 = 0x101, intgemm8 = 0x4101;
constexpr std::string_view settings_name = "special:model.yml";

std::string text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool is_table(const std::string& name) { return name.find("Wemb") != std::string::npos; }

// [rows, columns] -> [columns, rows]
std::string transposed(const std::string& elements, std::size_t rows, std::size_t columns) {
    std::string out(elements.size(), '\0');
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t c = 0; c < columns; ++c) out[c * rows + r] = elements[r * columns + c];
    return out;
}

BinItem bin_item(const std::string& name, const Tensor& tensor) {
    const TensorView view = tensor.view();
    BinItem          item{.name = name, .shape = {}, .data = text_of(view.bytes)};
    for (const std::uint64_t extent : view.desc.shape.extents()) item.shape.push_back(static_cast<std::int32_t>(extent));
    if (view.desc.type == Type::i8) {
        if (view.scales.size() != 1 || item.shape.size() != 2) throw std::logic_error(name + " is not for intgemm8");
        if (!is_table(name)) item.data = transposed(item.data, view.desc.shape[0], view.desc.shape[1]);
        item.data += float_bytes({1 / view.scales[0]});
        item.type = intgemm8;
    } else if (view.desc.type != Type::f32) {
        throw std::logic_error(name + " is neither f32 nor i8");
    }
    item.data = padded(item.data);
    return item;
}

std::string deflate_bytes(std::string_view bytes, int window) {
    z_stream stream = {};
    if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        throw std::runtime_error("deflateInit2");
    std::string out(deflateBound(&stream, bytes.size()), '\0');
    stream.next_in   = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in  = static_cast<uInt>(bytes.size());
    stream.next_out  = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const int result = deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    if (result != Z_STREAM_END) throw std::runtime_error("deflate");
    return out;
}

ZipFile npz_member(std::string_view name, const std::string& array, NpzMembers members) {
    ZipFile file{.name = std::string(name) + ".npy", .content = array, .checksum = crc32_of(array)};
    if (members == NpzMembers::deflated) {
        file.content = deflated_bytes(array);
        file.method  = 8;
        file.size    = static_cast<std::uint32_t>(array.size());
    }
    return file;
}

std::string npy_header(const char* type, std::span<const std::uint64_t> shape) {
    std::string header = std::string("{'descr': '") + type + "', 'fortran_order': False, 'shape': (";
    for (const std::uint64_t extent : shape) header += std::to_string(extent) + ",";
    return header + "), }";
}

std::uint64_t checksum_of(std::string_view bytes) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i + 8 <= bytes.size(); i += 8) {
        std::uint64_t word;
        std::memcpy(&word, bytes.data() + i, 8);
        sum ^= word + 0x9E3779B9 + (sum << 6) + (sum >> 2);
    }
    return sum;
}

}   // namespace

std::string padded(std::string bytes) {
    bytes.resize((bytes.size() + 255) / 256 * 256, '\0');
    return bytes;
}

std::string float_bytes(const std::vector<float>& numbers) {
    return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(float)};
}

std::vector<BinItem> bin_items(const NamedTensors& tensors, std::string_view settings) {
    std::vector<BinItem> items;
    for (const auto& [name, tensor] : tensors) items.push_back(bin_item(name, tensor));
    items.push_back({.name  = std::string(settings_name),
                     .shape = {static_cast<std::int32_t>(settings.size() + 1)},
                     .data  = std::string(settings) + '\0',
                     .type  = int8});
    return items;
}

std::string bin_bytes(const std::vector<BinItem>& items, const BinOptions& options) {
    ByteWriter out;
    out.u64(options.version).u64(options.count.value_or(items.size()));
    for (const BinItem& item : items)
        out.u64(item.name_bytes.value_or(item.name.size() + item.name_end.size()))
            .u64(item.type)
            .u64(item.rank.value_or(item.shape.size()))
            .u64(item.data_bytes.value_or(item.data.size()));
    for (const BinItem& item : items) out.text(item.name).text(item.name_end);
    for (const BinItem& item : items)
        for (const std::int32_t extent : item.shape) out.u32(static_cast<std::uint32_t>(extent));
    const std::size_t padding = 256 - (out.size() + 8) % 256;
    out.u64(options.padding.value_or(padding)).text(std::string(padding, '\0'));
    for (const BinItem& item : items) out.text(item.data);
    return out.text(options.after).bytes();
}

std::string marian_bin(const NamedTensors& tensors, std::string_view settings) {
    return bin_bytes(bin_items(tensors, settings));
}

std::string npy_bytes(std::string_view header, std::string_view data, unsigned version) {
    const std::size_t length_bytes = version == 1 ? 2 : 4;
    std::string       text(header);
    while ((8 + length_bytes + text.size() + 1) % 64 != 0) text += ' ';
    text += '\n';
    ByteWriter out;
    out.text("\x93NUMPY").u8(version).u8(0);
    version == 1 ? out.u16(text.size()) : out.u32(text.size());
    return out.text(text).text(data).bytes();
}

std::string marian_npz(const NamedTensors& tensors, std::string_view settings, NpzMembers members) {
    std::vector<ZipFile> files;
    for (const auto& [name, tensor] : tensors) {
        if (tensor.desc().type != Type::f32) throw std::logic_error(name + " is not f32");
        const std::string array =
            npy_bytes(npy_header("<f4", tensor.desc().shape.extents()), text_of(tensor.bytes()));
        files.push_back(npz_member(name, array, members));
    }
    const std::uint64_t length[] = {settings.size() + 1};
    files.push_back(
        npz_member(settings_name, npy_bytes(npy_header("|i1", length), std::string(settings) + '\0'), members));
    return zip_bytes(files);
}

NamedTensors quantized(const NamedTensors& tensors) {
    NamedTensors out;
    for (const auto& [name, tensor] : tensors) {
        const Shape& shape = tensor.desc().shape;
        if (tensor.desc().type != Type::f32 || shape.rank() != 2 || shape[0] < 2) {
            out.emplace_back(name, tensor);
            continue;
        }
        const auto values = tensor.as<float>();
        float      most   = 0;
        for (const float value : values) most = std::max(most, std::abs(value));
        const float              multiplier = most > 0 ? 127 / most : 1;
        std::vector<std::int8_t> elements;
        for (const float value : values) elements.push_back(static_cast<std::int8_t>(std::lround(value * multiplier)));
        out.emplace_back(name, Tensor::i8(shape, elements, {1 / multiplier}));
    }
    return out;
}

NamedTensors with_alphas(NamedTensors tensors) {
    const float       alpha[]   = {12.5f};
    const std::int8_t nothing[] = {0};
    NamedTensors      alphas    = {{"none_QuantMultA", Tensor::f32({1, 1}, alpha)}};
    for (const auto& [name, tensor] : tensors) {
        if (tensor.desc().type != Type::i8) continue;
        alphas.emplace_back(name + "_QuantMultA",
                            name == "Wemb" ? Tensor::i8({1, 1}, nothing, {1e-24f}) : Tensor::f32({1, 1}, alpha));
    }
    tensors.insert(tensors.end(), alphas.begin(), alphas.end());
    return tensors;
}

std::string shortlist_bytes(const ShortlistParts& parts) {
    ByteWriter body;
    body.u64(parts.first).u64(parts.best);
    body.u64(parts.offset_count.value_or(parts.offsets.size())).u64(parts.word_count.value_or(parts.words.size()));
    for (const std::uint64_t offset : parts.offsets) body.u64(offset);
    for (const std::uint32_t word : parts.words) body.u32(word);
    body.text(parts.after);
    if (!parts.checksum) return with_checksum(body.bytes(), parts.magic);
    return ByteWriter().u64(parts.magic).u64(*parts.checksum).text(body.bytes()).bytes();
}

std::string with_checksum(std::string_view body, std::uint64_t magic) {
    return ByteWriter().u64(magic).u64(checksum_of(body)).text(body).bytes();
}

std::string shortlist_bytes(std::uint64_t first, const std::vector<std::vector<std::uint32_t>>& lists) {
    ShortlistParts parts;
    parts.first   = first;
    parts.offsets = {0};
    for (const auto& list : lists) {
        parts.words.insert(parts.words.end(), list.begin(), list.end());
        parts.offsets.push_back(parts.words.size());
        parts.best = std::max<std::uint64_t>(parts.best, list.size());
    }
    return shortlist_bytes(parts);
}

std::string gzip_bytes(std::string_view bytes) { return deflate_bytes(bytes, MAX_WBITS + 16); }
std::string deflated_bytes(std::string_view bytes) { return deflate_bytes(bytes, -MAX_WBITS); }

std::uint32_t crc32_of(std::string_view bytes) {
    return static_cast<std::uint32_t>(crc32_z(crc32_z(0, nullptr, 0), reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

std::string zstd_bytes(std::string_view bytes) {
    ZSTD_CCtx* const context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    std::string       out(ZSTD_compressBound(bytes.size()), '\0');
    const std::size_t size = ZSTD_compress2(context, out.data(), out.size(), bytes.data(), bytes.size());
    ZSTD_freeCCtx(context);
    if (ZSTD_isError(size)) throw std::runtime_error("ZSTD_compress2");
    out.resize(size);
    return out;
}

}   // namespace attune::test

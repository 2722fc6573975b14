// Marian's .bin of version 1, little endian:
//   u64 version, u64 items
//   per item   u64 bytes of its name with the NUL, u64 type, u64 axes, u64 bytes of its data
//   the names; the shapes, i32 per axis; u64 padding, and so many bytes
//   the data, which are padded to 256 bytes each (those of older Marians are not)
#include "base/checked.h"
#include "base/utf8.h"
#include "formats/byte_reader.h"
#include "formats/marian_items.h"

#include <attune/error.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <iterator>
#include <utility>

namespace attune {
namespace {

constexpr std::uint64_t item_bytes = 32, alignment = 256;

// Types are sums: the bytes of an element, and flags for its class and for whom it was prepared. The flag for
// intgemm, and with it the numbers of its types, differ between Firefox's Marian (0x4000) and the original (0x10000).
struct ItemType {
    std::uint64_t    number;
    std::string_view name;
    enum { opaque, plain, f32, quantized } kind;  // opaque: what the bytes are is not known here
};
constexpr ItemType types[] = {
    {0x404, "float32", ItemType::f32},
    {0x4101, "intgemm8", ItemType::quantized},
    {0x10001, "intgemm8", ItemType::quantized},
    {0x101, "int8", ItemType::plain},
    {0x102, "int16", ItemType::plain},
    {0x104, "int32", ItemType::plain},
    {0x108, "int64", ItemType::plain},
    {0x201, "uint8", ItemType::plain},
    {0x202, "uint16", ItemType::plain},
    {0x204, "uint32", ItemType::plain},
    {0x208, "uint64", ItemType::plain},
    {0x402, "float16", ItemType::plain},
    {0x408, "float64", ItemType::plain},
    {0x802, "packed16", ItemType::opaque},
    {0x1801, "packed8avx2", ItemType::opaque},
    {0x2801, "packed8avx512", ItemType::opaque},
    {0x4102, "intgemm16", ItemType::opaque},
    {0x10002, "intgemm16", ItemType::opaque},
    {0x5101, "intgemm8avx2", ItemType::opaque},
    {0x6101, "intgemm8avx512", ItemType::opaque},
    {0x11001, "intgemm8avx2", ItemType::opaque},
    {0x12001, "intgemm8avx512", ItemType::opaque},
    {0x13001, "intgemm8avx512vnni", ItemType::opaque},
    {0x18001, "intgemm8ssse3", ItemType::opaque},
    {0x11002, "intgemm16avx2", ItemType::opaque},
    {0x12002, "intgemm16avx512", ItemType::opaque},
    {0x14002, "intgemm16sse2", ItemType::opaque},
};

struct Item {
    std::uint64_t   name_bytes = 0, rank = 0, data_bytes = 0;
    const ItemType* type = nullptr;
    std::string     name;
    Shape           shape;
};

class BinReader {
public:
    BinReader(std::span<const std::byte> bytes, const std::string& where)
        : reader_(bytes, where, "the .bin file"), where_(where) {}

    MarianItems read() {
        if (const std::uint64_t version = reader_.u64(); version != 1)
            throw Error(Status::bad_input, where_,
                        "is neither Marian's .npz nor its .bin of version 1: it begins with " +
                            std::to_string(version));
        std::vector<Item> items(read_count());
        for (Item& item : items) read_header(item);
        for (Item& item : items) read_name(item);
        for (Item& item : items) read_shape(item);
        reader_.take(reader_.u64());
        MarianItems out;
        for (const Item& item : items) add(out, item);
        if (reader_.left() != 0) reader_.fail(std::to_string(reader_.left()) + " bytes belong to no item");
        return out;
    }

private:
    std::size_t read_count() {
        const std::uint64_t count = reader_.u64();
        if (count > reader_.left() / item_bytes)
            reader_.fail("claims " + std::to_string(count) + " items, more than it can hold");
        if (count > max_tensors) reader_.fail("holds more than 65536 items");
        return static_cast<std::size_t>(count);
    }

    void read_header(Item& item) {
        item.name_bytes            = reader_.u64();
        const std::uint64_t number = reader_.u64();
        item.rank                  = reader_.u64();
        item.data_bytes            = reader_.u64();
        item.type                  = std::ranges::find(types, number, &ItemType::number);
        if (item.type == std::end(types)) reader_.fail("an item has the unknown type " + std::to_string(number));
        if (item.name_bytes < 1 || item.name_bytes > max_name_bytes + 1)
            reader_.fail("an item has a name of " + std::to_string(item.name_bytes) +
                         " bytes, not of 1 to 257 with its NUL");
        if (item.rank > Shape::max_rank)
            reader_.fail("an item has " + std::to_string(item.rank) + " axes, more than 8");
    }

    void read_name(Item& item) {
        const std::string_view text = reader_.text(item.name_bytes);
        if (text.find('\0') != text.size() - 1)
            reader_.fail("the name " + in_quotes(text) + " does not end with its only NUL");
        item.name = text.substr(0, text.size() - 1);
        expect_tensor_name(where_, item.name);
    }

    void read_shape(Item& item) {
        std::vector<std::uint64_t> extents;
        for (std::uint64_t axis = 0; axis < item.rank; ++axis) {
            const auto extent = static_cast<std::int32_t>(reader_.u32());
            if (extent < 0) refuse_tensor(where_, item.name, "has a negative extent");
            extents.push_back(static_cast<std::uint64_t>(extent));
        }
        item.shape = expect_shape(where_, item.name, extents);
    }

    // The first `size` of an item's bytes; the rest must be its padding.
    std::span<const std::byte> sized(const Item& item, std::span<const std::byte> data, std::uint64_t size) const {
        if (data.size() < size || data.size() - size >= alignment)
            refuse_tensor(where_, item.name,
                          "of " + std::string(item.type->name) + " " + item.shape.text() + " has " +
                              std::to_string(data.size()) + " bytes, not " + std::to_string(size) +
                              " and their padding");
        return data.first(static_cast<std::size_t>(size));
    }

    void add(MarianItems& out, const Item& item) {
        const auto   data = reader_.take(item.data_bytes);
        StoredTensor tensor{{item.type->name, 0, std::nullopt}, item.shape, data};
        if (item.name == marian_settings_name) {
            if (std::exchange(out.settings, as_text(data))) refuse_tensor(where_, item.name, "is there twice");
            return;
        }
        if (item.type->kind == ItemType::quantized) read_quantized(tensor, item);
        if (item.type->kind == ItemType::f32) {
            tensor.stored.type  = Type::f32;
            tensor.stored.bytes = sizeof(float);
            tensor.bytes        = sized(item, data, item.shape.elements() * sizeof(float));
        }
        if (item.type->kind == ItemType::plain)
            tensor.bytes = sized(item, data, item.shape.elements() * (item.type->number & 0xFF));
        if (!out.tensors.emplace(item.name, std::move(tensor)).second)
            refuse_tensor(where_, item.name, "is there twice");
    }

    // Elements, and behind them the number that a value was multiplied by.
    void read_quantized(StoredTensor& tensor, const Item& item) const {
        const std::uint64_t elements = item.shape.elements();  // a Shape counts to 2^60 at most
        ByteReader          data(sized(item, tensor.bytes, elements + sizeof(float)), where_, item.name);
        if (item.name.ends_with("_QuantMultA")) return;
        if (item.shape.rank() != 2)
            refuse_tensor(where_, item.name,
                          "of intgemm8 has the shape " + item.shape.text() + ", not that of a matrix");
        tensor.bytes           = data.take(elements);
        const float multiplier = std::bit_cast<float>(data.u32());
        tensor.scale           = multiplier > 0 ? 1 / multiplier : 0;
        if (!(tensor.scale > 0) || !std::isfinite(tensor.scale))
            refuse_tensor(where_, item.name, "has the multiplier " + std::to_string(multiplier));
        tensor.stored.type  = Type::i8;
        tensor.stored.bytes = 1;
        if (item.name.find("Wemb") == std::string::npos) tensor.shape = Shape{item.shape[1], item.shape[0]};
    }

    ByteReader         reader_;
    const std::string& where_;
};

}  // namespace

MarianItems read_marian_bin(std::span<const std::byte> bytes, const std::string& where) {
    return BinReader(bytes, where).read();
}

}  // namespace attune

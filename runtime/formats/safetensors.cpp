#include "formats/safetensors.h"

#include "base/checked.h"
#include "base/json.h"
#include "base/utf8.h"
#include "formats/byte_reader.h"

#include <attune/error.hpp>

#include <algorithm>
#include <array>
#include <set>

namespace attune {
namespace {

constexpr std::uint64_t max_header_bytes = 16u << 20;

constexpr StoredType known_types[] = {
    {"F32", 4, Type::f32}, {"F16", 2, Type::f16}, {"BF16", 2, Type::bf16}, {"F64", 8, {}}, {"I64", 8, {}},
    {"U64", 8, {}},        {"I32", 4, {}},        {"U32", 4, {}},          {"I16", 2, {}}, {"U16", 2, {}},
    {"I8", 1, {}},         {"U8", 1, {}},         {"BOOL", 1, {}},         {"C64", 8, {}}, {"F8_E5M2", 1, {}},
    {"F8_E4M3", 1, {}},    {"F8_E8M0", 1, {}},
};

struct Entry {
    StoredType    stored;
    Shape         shape;
    std::uint64_t begin = 0;  // in the data
    std::uint64_t end   = 0;
};

using Entries = std::map<std::string, Entry>;

// Reads the header event by event, without holding it as a tree: what does not belong where it stands
// is refused at once, so that memory is bounded by the tensors that are legal.
class Header final : public JsonHandler {
public:
    explicit Header(std::string where) : JsonHandler(std::move(where)) {}

    Entries take() && { return std::move(entries_); }

    bool null() override { unexpected("null"); }
    bool boolean(bool) override { unexpected("a boolean"); }
    bool number_integer(Json::number_integer_t) override { unexpected("a negative number"); }
    bool number_float(Json::number_float_t, const std::string&) override {
        unexpected("a number that is not an integer");
    }

    bool number_unsigned(Json::number_unsigned_t value) override {
        if (place_ != Place::numbers) unexpected("a number");
        if (count_ == numbers_.size()) refuse_tensor(where(), name_, "has more than 8 numbers in " + in_quotes(field_));
        numbers_[count_++] = value;
        return true;
    }

    bool string(std::string& value) override {
        if (place_ == Place::metadata) return true;
        if (place_ != Place::fields || field_ != "dtype") unexpected("a string");
        const auto* found = std::ranges::find(known_types, std::string_view(value), &StoredType::name);
        if (found == std::end(known_types)) refuse_tensor(where(), name_, "has the unknown dtype " + in_quotes(value));
        entry_.stored = *found;
        return true;
    }

    bool start_object(std::size_t) override {
        if (place_ == Place::outside)
            place_ = Place::names;
        else if (place_ == Place::names && name_ == "__metadata__")
            place_ = Place::metadata;
        else if (place_ == Place::names)
            begin_tensor();
        else
            unexpected("an object");
        return true;
    }

    bool key(std::string& value) override {
        if (place_ == Place::names)
            begin_name(value);
        else if (!seen_.insert(value).second)
            throw Error(Status::bad_input, where(), "holds " + in_quotes(value) + " twice in " + in_quotes(name_));
        field_ = value;
        if (place_ == Place::fields && value != "dtype" && value != "shape" && value != "data_offsets")
            refuse_tensor(where(), name_, "has the unknown field " + in_quotes(value));
        return true;
    }

    bool end_object() override {
        if (place_ == Place::fields) end_tensor();
        place_ = place_ == Place::names ? Place::outside : Place::names;
        return true;
    }

    bool start_array(std::size_t) override {
        if (place_ != Place::fields || field_ == "dtype") unexpected("an array");
        place_ = Place::numbers;
        count_ = 0;
        return true;
    }

    bool end_array() override {
        place_ = Place::fields;
        const std::span<const std::uint64_t> values(numbers_.data(), count_);
        if (field_ == "shape") {
            entry_.shape = expect_shape(where(), name_, values);
        } else {
            if (count_ != 2) refuse_tensor(where(), name_, "needs two data_offsets");
            entry_.begin = values[0];
            entry_.end   = values[1];
        }
        return true;
    }

private:
    enum class Place { outside, names, metadata, fields, numbers };

    [[noreturn]] void unexpected(const std::string& what) const {
        throw Error(Status::bad_input, where(),
                    "the header holds " + what + " where none belongs, at " + in_quotes(name_) + " " +
                        in_quotes(field_));
    }

    void begin_name(const std::string& name) {
        expect_tensor_name(where(), name);
        if (entries_.contains(name) || (name == "__metadata__" && has_metadata_))
            throw Error(Status::bad_input, where(), "holds the name " + in_quotes(name) + " twice");
        if (entries_.size() == max_tensors) throw Error(Status::bad_input, where(), "holds more than 65536 tensors");
        has_metadata_ = has_metadata_ || name == "__metadata__";
        name_         = name;
        seen_.clear();
    }

    void begin_tensor() {
        place_ = Place::fields;
        entry_ = {};
    }

    void end_tensor() {
        if (seen_.size() != 3) refuse_tensor(where(), name_, "lacks one of dtype, shape and data_offsets");
        const auto bytes = checked_multiply(entry_.shape.elements(), entry_.stored.bytes);
        const bool fits  = bytes && entry_.begin <= entry_.end && entry_.end - entry_.begin == *bytes;
        if (!fits)
            refuse_tensor(where(), name_,
                          "has data_offsets " + std::to_string(entry_.begin) + " to " + std::to_string(entry_.end) +
                              ", not the size of " + std::string(entry_.stored.name) + entry_.shape.text());
        entries_.emplace(name_, entry_);
    }

    Place                        place_ = Place::outside;
    Entries                      entries_;
    Entry                        entry_;
    std::string                  name_, field_;
    std::set<std::string>        seen_;  // fields of the object that is open
    std::array<std::uint64_t, 8> numbers_{};
    std::size_t                  count_        = 0;
    bool                         has_metadata_ = false;
};

std::string_view header_text(std::span<const std::byte> bytes, const std::string& where) {
    ByteReader          reader(bytes, where, "the header");
    const std::uint64_t length = reader.u64();
    if (length > max_header_bytes) reader.fail("claims " + std::to_string(length) + " bytes, more than 16 MiB");
    const std::string_view text = reader.text(length);
    if (text.empty() || text.front() != '{')
        throw Error(Status::bad_input, where, "the header does not start with '{'");
    return text;
}

// In the order of their data, every tensor begins where the one before ends, from the first byte to the last.
void expect_no_gaps(const Entries& entries, std::uint64_t data_bytes, const std::string& where) {
    std::vector<const Entries::value_type*> order;
    order.reserve(entries.size());
    for (const auto& entry : entries) order.push_back(&entry);
    std::ranges::sort(order, {}, [](const auto* entry) { return std::pair(entry->second.begin, entry->second.end); });

    std::uint64_t end = 0;
    for (const auto* entry : order) {
        if (entry->second.end > data_bytes) refuse_tensor(where, entry->first, "lies beyond the end of the file");
        if (entry->second.begin != end)
            refuse_tensor(where, entry->first,
                          std::string(entry->second.begin < end ? "overlaps" : "leaves a gap after") +
                              " the tensor before it");
        end = entry->second.end;
    }
    if (end != data_bytes)
        throw Error(Status::bad_input, where,
                    std::to_string(data_bytes - end) + " bytes at the end belong to no tensor");
}

}  // namespace

StoredTensors read_safetensors(std::span<const std::byte> bytes, const std::string& where) {
    const std::string_view text = header_text(bytes, where);
    Header                 header(where);
    scan_json(text, header);
    Entries                          entries = std::move(header).take();
    const std::span<const std::byte> data    = bytes.subspan(8 + text.size());
    expect_no_gaps(entries, data.size(), where);

    StoredTensors tensors;
    while (!entries.empty()) {  // one by one: a full header would take its memory twice
        auto         node  = entries.extract(entries.begin());
        const Entry& entry = node.mapped();
        const auto   begin = static_cast<std::size_t>(entry.begin), end = static_cast<std::size_t>(entry.end);
        tensors.emplace_hint(tensors.end(), std::move(node.key()),
                             StoredTensor{entry.stored, entry.shape, data.subspan(begin, end - begin), {}});
    }
    return tensors;
}

}  // namespace attune

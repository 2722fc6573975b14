#include "formats/pickle.h"

#include "base/utf8.h"
#include "formats/byte_reader.h"
#include "formats/pickle_values.h"

#include <algorithm>
#include <bit>

namespace attune {
namespace pickle {
namespace {

// A file of 65,536 tensors stays below these; what they bound is the memory of a malicious one.
constexpr std::size_t max_bytes      = 16u << 20;
constexpr std::size_t max_stack      = 1u << 18;
constexpr std::size_t max_items      = 1u << 21;  // in tuples, lists and dictionaries together
constexpr std::size_t max_containers = 1u << 18;
constexpr std::size_t max_memo       = 1u << 20;

constexpr StoredType storage_classes[] = {
    {"torch.FloatStorage", 4, Type::f32}, {"torch.HalfStorage", 2, Type::f16}, {"torch.BFloat16Storage", 2, Type::bf16},
    {"torch.DoubleStorage", 8, {}},       {"torch.LongStorage", 8, {}},        {"torch.IntStorage", 4, {}},
    {"torch.ShortStorage", 2, {}},        {"torch.CharStorage", 1, {}},        {"torch.ByteStorage", 1, {}},
    {"torch.BoolStorage", 1, {}},
};

enum Opcode : std::uint8_t {
    MARK        = '(',
    STOP        = '.',
    NONE        = 'N',
    BININT      = 'J',
    BININT1     = 'K',
    BININT2     = 'M',
    BINFLOAT    = 'G',
    BINUNICODE  = 'X',
    EMPTY_TUPLE = ')',
    EMPTY_LIST  = ']',
    EMPTY_DICT  = '}',
    TUPLE       = 't',
    APPEND      = 'a',
    APPENDS     = 'e',
    SETITEM     = 's',
    SETITEMS    = 'u',
    BINPUT      = 'q',
    LONG_BINPUT = 'r',
    BINGET      = 'h',
    LONG_BINGET = 'j',
    GLOBAL      = 'c',
    REDUCE      = 'R',
    BUILD       = 'b',
    BINPERSID   = 'Q',
    PROTO       = 0x80,
    TUPLE1      = 0x85,
    TUPLE2      = 0x86,
    TUPLE3      = 0x87,
    NEWTRUE     = 0x88,
    NEWFALSE    = 0x89,
    LONG1       = 0x8A,
};

class Machine {
public:
    Machine(std::span<const std::byte> bytes, const std::string& where)
        : where_(where), text_(as_text(bytes)), reader_(bytes, where, "the pickle") {
        if (bytes.size() > max_bytes) reader_.fail("has " + std::to_string(bytes.size()) + " bytes, more than 16 MiB");
    }

    // Runs to STOP, which must be the last byte, and reads the value that is left as a state dictionary.
    std::map<std::string, PickledTensor> run() {
        if (reader_.u8() != PROTO) reader_.fail("does not begin with its protocol");
        if (const unsigned protocol = reader_.u8(); protocol != 2)
            reader_.fail("has the protocol " + std::to_string(protocol) + ", not 2");
        for (std::uint8_t opcode = reader_.u8(); opcode != STOP; opcode = reader_.u8()) step(opcode);
        const Value result = pop();
        if (!stack_.empty() || !marks_.empty()) reader_.fail("leaves more than one value");
        if (reader_.left() != 0) reader_.fail("goes on after its end");
        return state_dict(result);
    }

private:
    void step(std::uint8_t opcode) {
        switch (opcode) {
        case MARK: return mark();
        case NONE: return push(None{});
        case NEWTRUE: return push(true);
        case NEWFALSE: return push(false);
        case BININT: return push(std::int64_t{static_cast<std::int32_t>(reader_.u32())});
        case BININT1: return push(std::int64_t{reader_.u8()});
        case BININT2: return push(std::int64_t{reader_.u16()});
        case LONG1: return push(long_integer());
        case BINFLOAT: return push(real());
        case BINUNICODE: return push(unicode());
        case EMPTY_TUPLE: return push(Tuple{0, 0});
        case EMPTY_LIST: return push(List{new_container()});
        case EMPTY_DICT: return push(Dict{new_container()});
        case TUPLE: return push(tuple(since_mark()));
        case TUPLE1: return push(tuple(1));
        case TUPLE2: return push(tuple(2));
        case TUPLE3: return push(tuple(3));
        case APPEND: return append(1);
        case APPENDS: return append(since_mark());
        case SETITEM: return set_items(2);
        case SETITEMS: return set_items(since_mark());
        case BINPUT: return put(reader_.u8());
        case LONG_BINPUT: return put(reader_.u32());
        case BINGET: return get(reader_.u8());
        case LONG_BINGET: return get(reader_.u32());
        case GLOBAL: return global();
        case REDUCE: return reduce();
        case BUILD: return build();
        case BINPERSID: return persistent();
        default: reader_.fail("uses the opcode " + std::to_string(opcode) + ", which no file of tensors needs");
        }
    }

    // --- the stack ---

    void push(Value value) {
        if (stack_.size() == max_stack) reader_.fail("fills the stack");
        stack_.push_back(value);
    }

    // Values above the innermost mark: all that an opcode may take.
    std::size_t available() const noexcept { return stack_.size() - (marks_.empty() ? 0 : marks_.back()); }

    void expect_available(std::size_t count) const {
        if (available() < count) reader_.fail("takes more from the stack than is there (stack underflow)");
    }

    Value pop() {
        expect_available(1);
        const Value value = stack_.back();
        stack_.pop_back();
        return value;
    }

    template <class T> T pop_as(const char* what) {
        const Value value = pop();
        return as<T>(value, what);
    }

    template <class T> T as(const Value& value, const char* what) const {
        if (const T* wanted = std::get_if<T>(&value)) return *wanted;
        reader_.fail(std::string("has another value where ") + what + " belongs");
    }

    void mark() {
        if (marks_.size() == max_stack) reader_.fail("fills the stack");
        marks_.push_back(stack_.size());
    }

    // Drops the innermost mark; how many values stood above it.
    std::size_t since_mark() {
        if (marks_.empty()) reader_.fail("looks for a mark that was never set");
        const std::size_t count = available();
        marks_.pop_back();
        return count;
    }

    // --- plain values ---

    std::int64_t long_integer() {
        const std::span<const std::byte> digits = reader_.take(reader_.u8());
        if (digits.size() > 8) reader_.fail("holds an integer of more than 8 bytes");
        const bool    negative = !digits.empty() && (digits.back() & std::byte{0x80}) != std::byte{0};
        std::uint64_t value    = negative ? ~std::uint64_t{0} : 0;
        for (std::size_t i = digits.size(); i-- > 0;) value = (value << 8) | std::to_integer<std::uint64_t>(digits[i]);
        return static_cast<std::int64_t>(value);
    }

    double real() {
        std::uint64_t bits = 0;  // the only number in a pickle whose first byte is the highest
        for (const std::byte byte : reader_.take(8)) bits = (bits << 8) | std::to_integer<std::uint64_t>(byte);
        return std::bit_cast<double>(bits);
    }

    Text unicode() {
        const std::uint32_t length = reader_.u32();
        const auto          offset = static_cast<std::uint32_t>(reader_.position());
        if (!is_utf8(reader_.text(length))) reader_.fail("holds text that is not UTF-8");
        return {offset, length};
    }

    std::string_view text(Text text) const { return text_.substr(text.offset, text.length); }

    void count_items(std::size_t count) {
        if (count > max_items - item_count_) reader_.fail("holds too many items");
        item_count_ += count;
    }

    Tuple tuple(std::size_t count) {
        expect_available(count);
        count_items(count);
        const Tuple made{static_cast<std::uint32_t>(items_.size()), static_cast<std::uint32_t>(count)};
        items_.insert(items_.end(), stack_.end() - static_cast<std::ptrdiff_t>(count), stack_.end());
        stack_.resize(stack_.size() - count);
        return made;
    }

    std::span<const Value> items(Tuple tuple) const { return std::span(items_).subspan(tuple.first, tuple.count); }

    std::uint32_t new_container() {
        if (containers_.size() == max_containers) reader_.fail("holds too many lists and dictionaries");
        containers_.emplace_back();
        return static_cast<std::uint32_t>(containers_.size() - 1);
    }

    // Moves the `count` uppermost values to the end of the container below them.
    void extend(std::uint32_t index, std::size_t count) {
        count_items(count);
        Container& container = containers_[index];
        container.insert(container.end(), stack_.end() - static_cast<std::ptrdiff_t>(count), stack_.end());
        stack_.resize(stack_.size() - count);
    }

    void append(std::size_t count) {
        expect_available(count + 1);
        extend(as<List>(stack_[stack_.size() - count - 1], "a list").index, count);
    }

    void set_items(std::size_t count) {
        expect_available(count + 1);
        if (count % 2 != 0) reader_.fail("sets a key without a value");
        extend(as<Dict>(stack_[stack_.size() - count - 1], "a dictionary").index, count);
    }

    // --- the memo: Python numbers its entries in the order of their making ---

    void put(std::uint32_t index) {
        expect_available(1);
        if (index > memo_.size() || index >= max_memo)
            reader_.fail("numbers its memo out of order: " + std::to_string(index));
        if (index == memo_.size()) memo_.emplace_back();
        memo_[index] = stack_.back();
    }

    void get(std::uint32_t index) {
        if (index >= memo_.size())
            reader_.fail("reads the memo " + std::to_string(index) + ", which was never written");
        push(memo_[index]);
    }

    // --- names, and the few things they stand for ---

    void global() {
        const std::string_view module = reader_.line(), name = reader_.line();
        if (module == "collections" && name == "OrderedDict") return push(Function::ordered_dict);
        if (module == "torch._utils" && name == "_rebuild_tensor_v2") return push(Function::rebuild_tensor);
        if (module == "torch._utils" && name == "_rebuild_parameter") return push(Function::rebuild_parameter);
        const std::string full  = std::string(module) + "." + std::string(name);
        const auto*       found = std::ranges::find(storage_classes, std::string_view(full), &StoredType::name);
        if (found == std::end(storage_classes))
            reader_.fail("names " + in_quotes(full) + ", which is not allowed in a file of tensors");
        push(StorageClass{static_cast<std::uint32_t>(found - storage_classes)});
    }

    void reduce() {
        const Tuple arguments = pop_as<Tuple>("a tuple of arguments");
        switch (pop_as<Function>("a known function")) {
        case Function::ordered_dict:
            if (arguments.count != 0) reader_.fail("makes an OrderedDict with arguments");
            return push(Dict{new_container()});
        case Function::rebuild_tensor: return push(rebuild_tensor(items(arguments)));
        case Function::rebuild_parameter:  // (tensor, requires_grad, hooks) is the tensor
            if (arguments.count != 3) reader_.fail("calls _rebuild_parameter without its 3 arguments");
            return push(as<Tensor>(items(arguments)[0], "a tensor"));
        }
    }

    // An OrderedDict's attributes; torch's versions of modules say nothing about tensors.
    void build() {
        const Dict state = pop_as<Dict>("a dictionary of attributes");
        expect_available(1);
        as<Dict>(stack_.back(), "a dictionary");
        const Container& attributes = containers_[state.index];
        for (std::size_t i = 0; i < attributes.size(); i += 2)
            if (text(as<Text>(attributes[i], "the name of an attribute")) != "_metadata")
                reader_.fail("sets an attribute other than _metadata");
    }

    std::uint64_t natural(const Value& value, const char* what) const {
        const std::int64_t number = as<std::int64_t>(value, what);
        if (number < 0) reader_.fail(std::string("has a negative number where ") + what + " belongs");
        return static_cast<std::uint64_t>(number);
    }

    std::vector<std::uint64_t> naturals(const Value& value, const char* what) const {
        const std::span<const Value> numbers = items(as<Tuple>(value, what));
        if (numbers.size() > Shape::max_rank) reader_.fail("has a tensor of more than 8 axes");
        std::vector<std::uint64_t> out;
        for (const Value& number : numbers) out.push_back(natural(number, what));
        return out;
    }

    // ('storage', class, key, location, count)
    void persistent() {
        const std::span<const Value> id = items(pop_as<Tuple>("the tuple of a storage"));
        if (id.size() != 5 || text(as<Text>(id[0], "the word 'storage'")) != "storage")
            reader_.fail("refers to something other than a storage");
        if (storages_.size() == max_tensors) reader_.fail("refers to more than 65536 storages");
        as<Text>(id[3], "the location of a storage");
        storages_.push_back({storage_classes[as<StorageClass>(id[1], "the class of a storage").index],
                             text(as<Text>(id[2], "the key of a storage")), natural(id[4], "the size of a storage")});
        push(Storage{static_cast<std::uint32_t>(storages_.size() - 1)});
    }

    // (storage, offset, sizes, strides, requires_grad, hooks)
    Tensor rebuild_tensor(std::span<const Value> arguments) {
        if (arguments.size() != 6) reader_.fail("calls _rebuild_tensor_v2 without its 6 arguments");
        if (tensors_.size() == max_tensors) reader_.fail("holds more than 65536 tensors");
        PickledTensor tensor;
        tensor.storage = storages_[as<Storage>(arguments[0], "a storage").index];
        tensor.offset  = natural(arguments[1], "the offset of a tensor");
        tensor.sizes   = naturals(arguments[2], "the sizes of a tensor");
        tensor.strides = naturals(arguments[3], "the strides of a tensor");
        if (tensor.sizes.size() != tensor.strides.size())
            reader_.fail("has a tensor with more sizes than strides, or fewer");
        tensors_.push_back(std::move(tensor));
        return {static_cast<std::uint32_t>(tensors_.size() - 1)};
    }

    std::map<std::string, PickledTensor> state_dict(const Value& result) const {
        const Container& entries = containers_[as<Dict>(result, "a dictionary of tensors").index];
        if (entries.size() / 2 > max_tensors) reader_.fail("holds more than 65536 tensors");
        std::map<std::string, PickledTensor> tensors;
        for (std::size_t i = 0; i < entries.size(); i += 2) {
            const std::string_view name = text(as<Text>(entries[i], "the name of a tensor"));
            expect_tensor_name(where_, name);
            const Tensor* tensor = std::get_if<Tensor>(&entries[i + 1]);
            if (!tensor) refuse_tensor(where_, name, "is not a tensor");
            if (!tensors.emplace(name, tensors_[tensor->index]).second) refuse_tensor(where_, name, "occurs twice");
        }
        return tensors;
    }

    const std::string&          where_;
    std::string_view            text_;  // the whole pickle
    ByteReader                  reader_;
    std::vector<Value>          stack_;
    std::vector<std::size_t>    marks_;  // sizes of the stack when MARK was seen
    std::vector<Value>          memo_;
    std::vector<Value>          items_;  // of all tuples
    std::vector<Container>      containers_;
    std::size_t                 item_count_ = 0;
    std::vector<PickledStorage> storages_;
    std::vector<PickledTensor>  tensors_;
};

}  // namespace
}  // namespace pickle

std::map<std::string, PickledTensor> read_state_dict(std::span<const std::byte> bytes, const std::string& where) {
    return pickle::Machine(bytes, where).run();
}

}  // namespace attune

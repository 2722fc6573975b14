#include "formats/pickle_machine.h"

#include "base/utf8.h"

#include <algorithm>

namespace attune::pickle {
namespace {

constexpr StoredType classes[] = {
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

// Little-endian, of at most 8 bytes.
std::uint64_t unsigned_number(std::string_view digits) {
    std::uint64_t value = 0;
    for (std::size_t i = digits.size(); i-- > 0;) value = (value << 8) | static_cast<unsigned char>(digits[i]);
    return value;
}

std::int64_t signed_number(std::string_view digits) {
    if (digits.empty()) return 0;
    const auto unused = static_cast<unsigned>(64 - 8 * digits.size());
    return static_cast<std::int64_t>(unsigned_number(digits) << unused) >> unused;
}

}  // namespace

std::span<const StoredType> storage_classes() noexcept { return classes; }

Value Machine::run() {
    if (reader_.u8() != PROTO) reader_.fail("does not begin with its protocol");
    if (const unsigned protocol = reader_.u8(); protocol != 2)
        reader_.fail("has the protocol " + std::to_string(protocol) + ", not 2");
    for (std::uint8_t opcode = reader_.u8(); opcode != STOP; opcode = reader_.u8()) {
        step(opcode);
        if (reader_.position() - begin_ > limits::bytes) reader_.fail("is longer than 16 MiB");
    }
    const Value result = pop();
    if (!stack_.empty() || !marks_.empty()) reader_.fail("leaves more than one value");
    memo_.clear();  // whoever asks about the result needs memory too
    return result;
}

void Machine::step(std::uint8_t opcode) {
    switch (opcode) {
    case MARK: return mark();
    case NONE: return push(None{});
    case NEWTRUE: return push(true);
    case NEWFALSE: return push(false);
    case BININT: return push(pushed_integer(4));
    case BININT1: return push(pushed_integer(1));
    case BININT2: return push(pushed_integer(2));
    case LONG1: return push(pushed_long());
    case BINFLOAT: reader_.take(8); return push(Real{});
    case BINUNICODE: return push(unicode());
    case EMPTY_TUPLE: return push(Tuple{0});
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

void Machine::push(Value value) {
    if (stack_.size() == limits::stack) reader_.fail("fills the stack");
    stack_.push_back(value);
}

void Machine::expect_available(std::size_t count) const {
    if (available() < count) reader_.fail("takes more from the stack than is there (stack underflow)");
}

Value Machine::pop() {
    expect_available(1);
    const Value value = stack_.back();
    stack_.pop_back();
    return value;
}

void Machine::mark() {
    if (marks_.size() == limits::marks) reader_.fail("fills the stack of marks");
    marks_.push_back(stack_.size());
}

std::size_t Machine::since_mark() {
    if (marks_.empty()) reader_.fail("looks for a mark that was never set");
    const std::size_t count = available();
    marks_.pop_back();
    return count;
}

// --- plain values: numbers and text stay in the pickle ---

Integer Machine::pushed_integer(unsigned bytes) {
    const auto offset = static_cast<std::uint32_t>(reader_.position() - begin_ - 1);
    reader_.take(bytes);
    return {offset};
}

Integer Machine::pushed_long() {
    const auto         offset = static_cast<std::uint32_t>(reader_.position() - begin_ - 1);
    const std::uint8_t bytes  = reader_.u8();
    reader_.take(bytes);
    if (bytes > 8) reader_.fail("holds an integer of more than 8 bytes");
    return {offset};
}

std::int64_t Machine::integer(Integer integer) const {
    const std::string_view at = text_.substr(integer.offset + 1);
    switch (static_cast<std::uint8_t>(text_[integer.offset])) {
    case BININT1: return static_cast<std::int64_t>(unsigned_number(at.substr(0, 1)));
    case BININT2: return static_cast<std::int64_t>(unsigned_number(at.substr(0, 2)));
    case BININT: return signed_number(at.substr(0, 4));
    default: return signed_number(at.substr(1, static_cast<unsigned char>(at[0])));  // LONG1
    }
}

Text Machine::unicode() {
    const auto          offset = static_cast<std::uint32_t>(reader_.position() - begin_);
    const std::uint32_t length = reader_.u32();
    if (length > limits::bytes && length <= reader_.left()) reader_.fail("is longer than 16 MiB");
    if (!is_utf8(reader_.text(length))) reader_.fail("holds text that is not UTF-8");
    return {offset};
}

std::string_view Machine::text(Text text) const {
    return text_.substr(text.offset + 4, unsigned_number(text_.substr(text.offset, 4)));
}

std::uint64_t Machine::natural(const Value& value, const char* what) const {
    const std::int64_t number = integer(as<Integer>(value, what));
    if (number < 0) reader_.fail(std::string("has a negative number where ") + what + " belongs");
    return static_cast<std::uint64_t>(number);
}

// --- tuples, lists, dictionaries ---

Tuple Machine::tuple(std::size_t count) {
    expect_available(count);
    if (count + 1 > limits::items - items_.size()) reader_.fail("holds too many items");
    const auto index = static_cast<std::uint32_t>(items_.size());
    items_.push_back(Length{static_cast<std::uint32_t>(count)});
    items_.insert(items_.end(), stack_.end() - static_cast<std::ptrdiff_t>(count), stack_.end());
    stack_.resize(stack_.size() - count);
    return {index};
}

std::uint32_t Machine::new_container() {
    if (containers_.size() == limits::containers) reader_.fail("holds too many lists and dictionaries");
    containers_.push_back({});
    return static_cast<std::uint32_t>(containers_.size() - 1);
}

// Moves the `count` uppermost values to the end of the container below them.
void Machine::extend(std::uint32_t index, std::size_t count) {
    if (count > limits::links - links_.size()) reader_.fail("holds too many items");
    Container& container = containers_[index];
    for (std::size_t i = stack_.size() - count; i < stack_.size(); ++i) {
        const auto link = static_cast<std::uint32_t>(links_.size());
        links_.push_back({stack_[i], 0});
        if (container.count == 0)
            container.first = link;
        else
            links_[container.last].next = link;
        container.last = link;
        ++container.count;
    }
    stack_.resize(stack_.size() - count);
}

void Machine::append(std::size_t count) {
    expect_available(count + 1);
    extend(as<List>(stack_[stack_.size() - count - 1], "a list").index, count);
}

void Machine::set_items(std::size_t count) {
    expect_available(count + 1);
    if (count % 2 != 0) reader_.fail("sets a key without a value");
    extend(as<Dict>(stack_[stack_.size() - count - 1], "a dictionary").index, count);
}

// --- the memo: Python numbers its entries in the order of their making ---

void Machine::put(std::uint32_t index) {
    expect_available(1);
    if (index > memo_.size() || index >= limits::memo)
        reader_.fail("numbers its memo out of order: " + std::to_string(index));
    if (index == memo_.size()) memo_.emplace_back();
    memo_[index] = stack_.back();
}

void Machine::get(std::uint32_t index) {
    if (index >= memo_.size()) reader_.fail("reads the memo " + std::to_string(index) + ", which was never written");
    push(memo_[index]);
}

// --- names, and the few things they stand for ---

void Machine::global() {
    const std::string_view module = reader_.line(), name = reader_.line();
    if (module == "collections" && name == "OrderedDict") return push(Function::ordered_dict);
    if (module == "torch._utils" && name == "_rebuild_tensor_v2") return push(Function::rebuild_tensor);
    if (module == "torch._utils" && name == "_rebuild_parameter") return push(Function::rebuild_parameter);
    const std::string full  = std::string(module) + "." + std::string(name);
    const auto*       found = std::ranges::find(classes, std::string_view(full), &StoredType::name);
    if (found == std::end(classes))
        reader_.fail("names " + in_quotes(full) + ", which is not allowed in a file of tensors");
    push(StorageClass{static_cast<std::uint32_t>(found - classes)});
}

void Machine::reduce() {
    const Tuple arguments = pop_as<Tuple>("a tuple of arguments");
    switch (pop_as<Function>("a known function")) {
    case Function::ordered_dict:
        if (size(arguments) != 0) reader_.fail("makes an OrderedDict with arguments");
        return push(Dict{new_container()});
    case Function::rebuild_tensor: return push(rebuild_tensor(arguments));
    case Function::rebuild_parameter:  // (tensor, requires_grad, hooks) is the tensor
        if (size(arguments) != 3) reader_.fail("calls _rebuild_parameter without its 3 arguments");
        return push(as<Tensor>(item(arguments, 0), "a tensor"));
    }
}

// An OrderedDict's attributes; torch's versions of modules say nothing about tensors.
void Machine::build() {
    const Dict state = pop_as<Dict>("a dictionary of attributes");
    expect_available(1);
    as<Dict>(stack_.back(), "a dictionary");
    bool is_key = true;
    each(container(state), [&](const Value& value) {
        if (is_key && text(as<Text>(value, "the name of an attribute")) != "_metadata")
            reader_.fail("sets an attribute other than _metadata");
        is_key = !is_key;
    });
}

// ('storage', class, key, location, count), before torch 1.6 also which part of another storage it is.
void Machine::persistent() {
    const Tuple       id    = pop_as<Tuple>("the tuple of a storage");
    const std::size_t count = size(id);
    if ((count != 5 && count != 6) || text(as<Text>(item(id, 0), "the word 'storage'")) != "storage")
        reader_.fail("refers to something other than a storage");
    if (count == 6 && !std::holds_alternative<None>(item(id, 5)))
        reader_.fail("refers to a storage that is a part of another, which only torch before 0.4 wrote");
    if (storages_.size() == max_tensors) reader_.fail("refers to more than 65536 storages");
    as<Text>(item(id, 3), "the location of a storage");
    storages_.push_back({as<StorageClass>(item(id, 1), "the class of a storage"),
                         as<Text>(item(id, 2), "the key of a storage"), natural(item(id, 4), "the size of a storage")});
    push(Storage{static_cast<std::uint32_t>(storages_.size() - 1)});
}

void Machine::expect_naturals(Tuple tuple, const char* what) const {
    if (size(tuple) > Shape::max_rank) reader_.fail("has a tensor of more than 8 axes");
    for (std::size_t i = 0; i < size(tuple); ++i) natural(item(tuple, i), what);
}

// (storage, offset, sizes, strides, requires_grad, hooks)
Tensor Machine::rebuild_tensor(Tuple arguments) {
    if (size(arguments) != 6) reader_.fail("calls _rebuild_tensor_v2 without its 6 arguments");
    if (tensors_.size() == max_tensors) reader_.fail("holds more than 65536 tensors");
    TensorRecord tensor{};
    tensor.storage = as<Storage>(item(arguments, 0), "a storage");
    tensor.offset  = natural(item(arguments, 1), "the offset of a tensor");
    tensor.sizes   = as<Tuple>(item(arguments, 2), "the sizes of a tensor");
    tensor.strides = as<Tuple>(item(arguments, 3), "the strides of a tensor");
    expect_naturals(tensor.sizes, "the sizes of a tensor");
    expect_naturals(tensor.strides, "the strides of a tensor");
    if (size(tensor.sizes) != size(tensor.strides)) reader_.fail("has a tensor with more sizes than strides, or fewer");
    tensors_.push_back(tensor);
    return {static_cast<std::uint32_t>(tensors_.size() - 1)};
}

std::vector<std::uint64_t> Machine::numbers(Tuple tuple) const {
    std::vector<std::uint64_t> out(size(tuple));
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = natural(item(tuple, i), "a number");
    return out;
}

}  // namespace attune::pickle

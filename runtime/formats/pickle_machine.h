// The stack machine that reads a pickle: see pickle.h for what it accepts.
#pragma once

#include "formats/pickle.h"
#include "formats/pickle_values.h"

#include <deque>

namespace attune::pickle {

// What a file of 65,536 tensors needs, as torch's pickler writes them (one that is a parameter makes 14
// entries of the memo and 24 items of tuples; modules have a dictionary each), and no more: together these
// bound the memory that a malicious file takes, at 8 bytes for most values.
namespace limits {
inline constexpr std::size_t bytes      = 16u << 20;  // of the pickle
inline constexpr std::size_t stack      = 4 * max_tensors;
inline constexpr std::size_t marks      = 1024;
inline constexpr std::size_t memo       = 14 * max_tensors;
inline constexpr std::size_t items      = 24 * max_tensors;  // in tuples, their lengths included
inline constexpr std::size_t links      = 8 * max_tensors;   // in lists and dictionaries
inline constexpr std::size_t containers = 4 * max_tensors;
}  // namespace limits

// Element types that a storage may have, by the name of torch's class.
std::span<const StoredType> storage_classes() noexcept;

// A tensor and its storage as the machine keeps them; StorageClass, Text and Tuple belong to the machine.
struct StorageRecord {
    StorageClass  type;
    Text          key;
    std::uint64_t count;
};
struct TensorRecord {
    std::uint64_t offset;
    Storage       storage;
    Tuple         sizes, strides;  // of natural numbers, equally many, at most 8
};

class Machine {
public:
    explicit Machine(ByteReader& reader) : text_(as_text(reader.rest())), begin_(reader.position()), reader_(reader) {
        items_.push_back(Length{0});
    }

    // Runs to STOP and returns the value that is left; the machine is then good for the questions below.
    Value run();

    // The value as what it has to be: `what` names that in the error.
    template <class T> T as(const Value& value, const char* what) const {
        if (const T* wanted = std::get_if<T>(&value)) return *wanted;
        reader_.fail(std::string("has another value where ") + what + " belongs");
    }

    std::string_view     text(Text text) const;
    std::int64_t         integer(Integer integer) const;
    std::uint64_t        natural(const Value& value, const char* what) const;  // an integer that is not negative
    const StorageRecord& storage(Storage storage) const { return storages_[storage.index]; }
    const TensorRecord&  tensor(Tensor tensor) const { return tensors_[tensor.index]; }

    // The numbers of a tuple that stands in a TensorRecord.
    std::vector<std::uint64_t> numbers(Tuple tuple) const;

    // Calls visit(value) for each item of a list, or visit(key), visit(value) in turn for a dictionary.
    template <class Visit> void each(const Container& container, Visit visit) const {
        std::uint32_t link = container.first;
        for (std::uint32_t i = 0; i < container.count; ++i, link = links_[link].next) visit(links_[link].value);
    }
    const Container& container(List list) const { return containers_[list.index]; }
    const Container& container(Dict dict) const { return containers_[dict.index]; }

private:
    void step(std::uint8_t opcode);

    // The stack; pop and available see the values above the innermost mark only.
    void        push(Value value);
    Value       pop();
    std::size_t available() const noexcept { return stack_.size() - (marks_.empty() ? 0 : marks_.back()); }
    void        expect_available(std::size_t count) const;
    void        mark();
    std::size_t since_mark();  // drops the mark; how many values stood above it

    template <class T> T pop_as(const char* what) {
        const Value value = pop();
        return as<T>(value, what);
    }

    Integer     pushed_integer(unsigned bytes);
    Integer     pushed_long();
    Text        unicode();
    Tuple       tuple(std::size_t count);
    std::size_t size(Tuple tuple) const { return std::get<Length>(items_[tuple.index]).count; }
    Value       item(Tuple tuple, std::size_t index) const { return items_[tuple.index + 1 + index]; }

    std::uint32_t new_container();
    void          extend(std::uint32_t index, std::size_t count);
    void          append(std::size_t count);
    void          set_items(std::size_t count);

    void put(std::uint32_t index);
    void get(std::uint32_t index);

    void   global();
    void   reduce();
    void   build();
    void   persistent();
    Tensor rebuild_tensor(Tuple arguments);
    void   expect_naturals(Tuple tuple, const char* what) const;

    std::string_view          text_;   // the pickle and what is behind it
    std::size_t               begin_;  // of the pickle, in the reader's bytes
    ByteReader&               reader_;
    std::vector<Value>        stack_;
    std::vector<std::size_t>  marks_;  // sizes of the stack when MARK was seen
    std::deque<Value>         memo_;
    std::deque<Value>         items_;  // of all tuples, each behind its Length; the empty tuple first
    std::deque<Container>     containers_;
    std::deque<Link>          links_;
    std::deque<StorageRecord> storages_;
    std::deque<TensorRecord>  tensors_;
};

}  // namespace attune::pickle

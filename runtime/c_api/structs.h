// Structs of a caller that was compiled against an older or a newer header.
#pragma once

#include <attune/attune_vulkan.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <vector>

namespace attune::c_api {

// Every struct that has a head, and its type.
#define ATTUNE_C_STRUCTS(X)                                                                                            \
    X(attune_error, ATTUNE_TYPE_ERROR)                                                                                 \
    X(attune_open, ATTUNE_TYPE_OPEN)                                                                                   \
    X(attune_import, ATTUNE_TYPE_IMPORT)                                                                               \
    X(attune_queue, ATTUNE_TYPE_QUEUE)                                                                                 \
    X(attune_hooks, ATTUNE_TYPE_HOOKS)                                                                                 \
    X(attune_overrides, ATTUNE_TYPE_OVERRIDES)                                                                         \
    X(attune_needs, ATTUNE_TYPE_NEEDS)                                                                                 \
    X(attune_need, ATTUNE_TYPE_NEED)                                                                                   \
    X(attune_added, ATTUNE_TYPE_ADDED)                                                                                 \
    X(attune_host_memory, ATTUNE_TYPE_HOST_MEMORY)                                                                     \
    X(attune_memory_needs, ATTUNE_TYPE_MEMORY_NEEDS)                                                                   \
    X(attune_memory_use, ATTUNE_TYPE_MEMORY_USE)                                                                       \
    X(attune_block, ATTUNE_TYPE_BLOCK)                                                                                 \
    X(attune_source, ATTUNE_TYPE_SOURCE)                                                                               \
    X(attune_file, ATTUNE_TYPE_FILE)                                                                                   \
    X(attune_model_options, ATTUNE_TYPE_MODEL_OPTIONS)                                                                 \
    X(attune_options, ATTUNE_TYPE_OPTIONS)                                                                             \
    X(attune_shapes, ATTUNE_TYPE_SHAPES)                                                                               \
    X(attune_budget, ATTUNE_TYPE_BUDGET)                                                                               \
    X(attune_progress, ATTUNE_TYPE_PROGRESS)                                                                           \
    X(attune_target, ATTUNE_TYPE_TARGET)                                                                               \
    X(attune_span, ATTUNE_TYPE_SPAN)                                                                                   \
    X(attune_batch, ATTUNE_TYPE_BATCH)                                                                                 \
    X(attune_command, ATTUNE_TYPE_COMMAND)                                                                             \
    X(attune_tensor, ATTUNE_TYPE_TENSOR)                                                                               \
    X(attune_node, ATTUNE_TYPE_NODE)

struct StructFacts {
    const char*   name;
    std::uint32_t type, size, alignment;
};

template <class Struct> struct FactsOf;
#define ATTUNE_C_FACTS(name, number)                                                                                   \
    template <> struct FactsOf<name> {                                                                                 \
        static constexpr StructFacts value{#name, number, sizeof(name), alignof(name)};                                \
    };
ATTUNE_C_STRUCTS(ATTUNE_C_FACTS)
#undef ATTUNE_C_FACTS

// What every struct begins with.
struct Head {
    ATTUNE_HEAD;
};

// The head at `from`, checked: size and type, and a chain of no other types than `allowed`. Throws usage.
Head check_head(const void* from, const StructFacts& facts, std::initializer_list<std::uint32_t> allowed = {});
// Copies what caller and library both know; the rest of `to` stays. Throws usage if the caller knows more, and says so.
void copy_in(const void* from, void* to, const StructFacts& facts);
// Copies what both know, the head aside; what the caller alone knows becomes zero.
void copy_out(const void* from, void* to, const StructFacts& facts);
// All elements of an array are of the first one's size. Throws usage.
void check_step(const Head& head, std::size_t step, const StructFacts& facts);
// The struct of that type in the chain behind a checked head, or null.
const void* in_chain(const void* head, std::uint32_t type);

// A struct as the library knows it. Throws usage for null, and as check_head().
template <class Struct> Struct read(const Struct* from, std::initializer_list<std::uint32_t> allowed = {}) {
    Struct result{};
    check_head(from, FactsOf<Struct>::value, allowed);
    copy_in(from, &result, FactsOf<Struct>::value);
    return result;
}

// The same, but all zero for null.
template <class Struct> Struct read_or_zero(const Struct* from, std::initializer_list<std::uint32_t> allowed = {}) {
    return from ? read(from, allowed) : Struct{};
}

// `count` structs that lie one behind the other in steps of the first one's size.
template <class Struct> std::vector<Struct> read_array(const Struct* from, std::uint32_t count) {
    std::vector<Struct> result;
    if (count == 0) return result;
    const std::size_t step = check_head(from, FactsOf<Struct>::value).size;
    const auto*       at   = reinterpret_cast<const std::byte*>(from);
    for (std::uint32_t i = 0; i < count; ++i, at += step) {
        check_step(check_head(at, FactsOf<Struct>::value), step, FactsOf<Struct>::value);
        Struct one{};
        copy_in(at, &one, FactsOf<Struct>::value);
        result.push_back(one);
    }
    return result;
}

// A caller's struct that the library fills: checked when it is made, before anything is done. Null where that is allowed.
template <class Struct> class Out {
public:
    enum class Null { refused, allowed };

    explicit Out(Struct* to, Null null = Null::refused) : to_(to) {
        if (to || null == Null::refused) check_head(to, FactsOf<Struct>::value);
    }
    void write(const Struct& value) const {
        if (to_) copy_out(&value, to_, FactsOf<Struct>::value);
    }

private:
    Struct* to_;
};

}  // namespace attune::c_api

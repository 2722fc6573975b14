#include "c_api/structs.h"

#include <attune/error.hpp>

#include <algorithm>
#include <string>

namespace attune::c_api {
namespace {

// A struct that is said to be larger by more than this is taken for memory that nobody initialised.
constexpr std::uint32_t most_growth = 4096;
constexpr unsigned      most_chain  = 16;

Head head_at(const void* from) {
    Head head;
    std::memcpy(&head, from, sizeof(head));
    return head;
}

void check_chain(const Head& head, const StructFacts& facts, std::initializer_list<std::uint32_t> allowed) {
    unsigned length = 0;
    for (const void* next = head.next; next; next = head_at(next).next) {
        const std::uint32_t type = head_at(next).type;
        if (++length > most_chain) throw Error(Status::usage, facts.name, "has a chain without an end");
        if (std::find(allowed.begin(), allowed.end(), type) == allowed.end())
            throw Error(Status::usage, facts.name,
                        "has a struct of type " + std::to_string(type) + " in its chain, which does not belong there",
                        "next is null for most structs");
    }
}

}  // namespace

Head check_head(const void* from, const StructFacts& facts, std::initializer_list<std::uint32_t> allowed) {
    if (!from) throw Error(Status::usage, facts.name, "is null");
    const Head head = head_at(from);
    if (head.type != facts.type)
        throw Error(Status::usage, facts.name,
                    "has the type " + std::to_string(head.type) + " instead of " + std::to_string(facts.type),
                    "ATTUNE_INIT(variable, TYPE) sets size and type");
    if (head.size < sizeof(Head) || head.size > facts.size + most_growth || head.size % facts.alignment != 0)
        throw Error(Status::usage, facts.name,
                    "has the size " + std::to_string(head.size) + ", which no version of it has",
                    "ATTUNE_INIT(variable, TYPE) sets size and type");
    check_chain(head, facts, allowed);
    return head;
}

void copy_in(const void* from, void* to, const StructFacts& facts) {
    const std::uint32_t size = head_at(from).size;
    std::memcpy(to, from, std::min(size, facts.size));
    const auto* bytes = static_cast<const std::byte*>(from);
    for (std::uint32_t i = facts.size; i < size; ++i)
        if (bytes[i] != std::byte{0})
            throw Error(Status::usage, facts.name, "asks for something that this version of the library does not know",
                        "set what is new in your header to zero");
}

void copy_out(const void* from, void* to, const StructFacts& facts) {
    const std::uint32_t size  = head_at(to).size;
    const std::uint32_t both  = std::min(size, facts.size);
    auto*               bytes = static_cast<std::byte*>(to);
    std::memcpy(bytes + sizeof(Head), static_cast<const std::byte*>(from) + sizeof(Head), both - sizeof(Head));
    std::memset(bytes + both, 0, size - both);
}

void check_step(const Head& head, std::size_t step, const StructFacts& facts) {
    if (head.size != step)
        throw Error(Status::usage, facts.name, "is of another size than the first one of its array",
                    "initialise every element");
}

const void* in_chain(const void* head, std::uint32_t type) {
    for (const void* next = head_at(head).next; next; next = head_at(next).next)
        if (head_at(next).type == type) return next;
    return nullptr;
}

}  // namespace attune::c_api

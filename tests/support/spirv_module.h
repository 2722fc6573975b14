// What a SPIR-V module says about its interface: bindings, push constants, specialization constants,
// and the size and shared memory of its workgroup. Knows as much of SPIR-V as our kernels use.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <vector>

namespace attune::test {

class SpirvModule {
public:
    explicit SpirvModule(std::span<const std::uint32_t> words);   // throws std::runtime_error for what is no module

    // One storage buffer, which a kernel may declare several times, with elements of different types; or one of texels.
    struct Binding {
        bool read = false;       // some declaration may read it
        bool written = false;
        bool texels = false;
    };
    const std::map<std::uint32_t, Binding>& bindings() const noexcept { return bindings_; }   // of set 0
    const std::set<std::uint32_t>&          constants() const noexcept { return constants_; } // their ids
    std::uint32_t                           push_bytes() const noexcept { return push_bytes_; }

    // With specialization constants 0, 1, ... set to these values.
    struct Workgroup {
        std::array<std::uint64_t, 3> size = {1, 1, 1};
        std::uint64_t                shared_bytes = 0;
    };
    Workgroup workgroup(std::span<const std::uint32_t> constants) const;

private:
    struct Instruction {
        std::uint32_t              op = 0;
        std::vector<std::uint32_t> words;   // operands
    };
    struct Variable {
        std::uint32_t type = 0, storage_class = 0;
    };

    void          read(const Instruction& instruction);
    void          decorate(std::uint32_t target, std::span<const std::uint32_t> decoration);
    void          decorate_member(std::uint32_t target, std::uint32_t member, std::span<const std::uint32_t> decoration);
    void          note_interface();
    std::uint64_t value(std::uint32_t id, std::span<const std::uint32_t> constants) const;
    std::uint64_t computed(const Instruction& instruction, std::span<const std::uint32_t> constants) const;
    std::uint64_t bytes(std::uint32_t type, std::span<const std::uint32_t> constants) const;
    const Instruction& definition(std::uint32_t id) const;

    std::map<std::uint32_t, Instruction>             definitions_;   // types and constants by id
    std::map<std::uint32_t, Variable>                variables_;
    std::map<std::uint32_t, std::map<std::uint32_t, std::uint32_t>> decorations_;   // target -> decoration -> its operand
    std::map<std::uint32_t, std::map<std::uint32_t, std::set<std::uint32_t>>> member_decorations_;   // target -> decoration -> members
    std::map<std::uint32_t, std::uint32_t>           last_offset_;   // struct -> offset of its last member
    std::array<std::uint64_t, 3>                     local_size_ = {1, 1, 1};
    std::optional<std::uint32_t>                     workgroup_size_;   // the constant that overrides local_size_

    std::map<std::uint32_t, Binding> bindings_;
    std::set<std::uint32_t>          constants_;
    std::uint32_t                    push_bytes_ = 0;
};

}  // namespace attune::test

#include "support/spirv_module.h"

#include <stdexcept>
#include <string>

// Numbers are those of the SPIR-V specification, 1.3.
namespace attune::test {
namespace {

enum Op : std::uint32_t {
    execution_mode = 16, type_bool = 20, type_int = 21, type_float = 22, type_vector = 23, type_array = 28, type_runtime_array = 29, type_struct = 30,
    type_pointer = 32, constant_true = 41, constant_false = 42, constant = 43, constant_composite = 44, spec_constant_true = 48, spec_constant_false = 49,
    spec_constant = 50, spec_constant_composite = 51, spec_constant_op = 52, variable = 59, decoration = 71, member_decoration = 72,
};
enum Decoration : std::uint32_t { spec_id = 1, builtin = 11, non_writable = 24, non_readable = 25, binding_of = 33, set_of = 34, offset_of = 35 };
enum StorageClass : std::uint32_t { in_images = 0, in_workgroup = 4, in_push_constant = 9, in_storage_buffer = 12 };
constexpr std::uint32_t local_size_mode = 17, builtin_workgroup_size = 25, magic = 0x07230203;

std::runtime_error unknown(const char* what, std::uint32_t number) { return std::runtime_error(std::string("SPIR-V ") + what + " " + std::to_string(number)); }

}  // namespace

SpirvModule::SpirvModule(std::span<const std::uint32_t> words) {
    if (words.size() < 5 || words[0] != magic) throw std::runtime_error("no SPIR-V module");
    for (std::size_t at = 5; at < words.size();) {
        const std::uint32_t length = words[at] >> 16;
        if (length == 0 || at + length > words.size()) throw std::runtime_error("SPIR-V ends within an instruction");
        const auto operands = words.subspan(at + 1, length - 1);
        read({.op = words[at] & 0xffff, .words = {operands.begin(), operands.end()}});
        at += length;
    }
    note_interface();
}

void SpirvModule::read(const Instruction& i) {
    const std::span<const std::uint32_t> w = i.words;
    switch (i.op) {
        case execution_mode:
            if (w[1] == local_size_mode) local_size_ = {w[2], w[3], w[4]};
            break;
        case decoration: decorate(w[0], w.subspan(1)); break;
        case member_decoration: decorate_member(w[0], w[1], w.subspan(2)); break;
        case type_bool: case type_int: case type_float: case type_vector: case type_array: case type_runtime_array: case type_struct: case type_pointer:
            definitions_[w[0]] = i;
            break;
        case constant_true: case constant_false: case constant: case constant_composite: case spec_constant_true: case spec_constant_false:
        case spec_constant: case spec_constant_composite: case spec_constant_op:
            definitions_[w[1]] = i;
            break;
        case variable: variables_[w[1]] = {.type = w[0], .storage_class = w[2]}; break;
        default: break;
    }
}

void SpirvModule::decorate(std::uint32_t target, std::span<const std::uint32_t> d) {
    decorations_[target][d[0]] = d.size() > 1 ? d[1] : 0;
    if (d[0] == spec_id) constants_.insert(d[1]);
    if (d[0] == builtin && d[1] == builtin_workgroup_size) workgroup_size_ = target;
}

void SpirvModule::decorate_member(std::uint32_t target, std::uint32_t member, std::span<const std::uint32_t> d) {
    member_decorations_[target][d[0]].insert(member);
    if (d[0] == offset_of) last_offset_[target] = std::max(last_offset_[target], d[1]);
}

void SpirvModule::note_interface() {
    for (const auto& entry : variables_) {
        const std::uint32_t id = entry.first;
        const Variable&     one = entry.second;
        const std::uint32_t type = definition(one.type).words[2];   // what the pointer points to
        if (one.storage_class == in_push_constant) {
            const Instruction& block = definition(type);
            push_bytes_ = last_offset_[type] + static_cast<std::uint32_t>(bytes(block.words.back(), {}));
        }
        if (one.storage_class != in_storage_buffer && one.storage_class != in_images) continue;
        if (decorations_[id][set_of] != 0) throw unknown("descriptor set", decorations_[id][set_of]);
        if (one.storage_class == in_images) {
            bindings_[decorations_[id].at(binding_of)] = {.read = true, .texels = true};
            continue;
        }
        const std::size_t members = definition(type).words.size() - 1;
        const auto        all = [&](Decoration d) { return decorations_[id].contains(d) || member_decorations_[type][d].size() == members; };
        Binding&          binding = bindings_[decorations_[id].at(binding_of)];
        binding.read = binding.read || !all(non_readable);
        binding.written = binding.written || !all(non_writable);
    }
}

const SpirvModule::Instruction& SpirvModule::definition(std::uint32_t id) const {
    const auto found = definitions_.find(id);
    if (found == definitions_.end()) throw unknown("has no type or constant", id);
    return found->second;
}

std::uint64_t SpirvModule::bytes(std::uint32_t type, std::span<const std::uint32_t> constants) const {
    const Instruction& t = definition(type);
    switch (t.op) {
        case type_bool: return 4;
        case type_int: case type_float: return t.words[1] / 8;
        case type_vector: return t.words[2] * bytes(t.words[1], constants);
        case type_array: return value(t.words[2], constants) * bytes(t.words[1], constants);
        case type_struct: {
            if (const auto last = last_offset_.find(type); last != last_offset_.end()) return last->second + bytes(t.words.back(), constants);
            std::uint64_t sum = 0;
            for (std::size_t member = 1; member < t.words.size(); ++member) sum += bytes(t.words[member], constants);
            return sum;
        }
        default: throw unknown("type", t.op);
    }
}

std::uint64_t SpirvModule::value(std::uint32_t id, std::span<const std::uint32_t> constants) const {
    const Instruction& i = definition(id);
    const auto         decorations = decorations_.find(id);
    if (decorations != decorations_.end() && decorations->second.contains(spec_id))
        if (const std::uint32_t index = decorations->second.at(spec_id); index < constants.size()) return constants[index];
    switch (i.op) {
        case constant_true: case spec_constant_true: return 1;
        case constant_false: case spec_constant_false: return 0;
        case constant: case spec_constant: return i.words[2];
        case spec_constant_op: return computed(i, constants);
        default: throw unknown("constant", i.op);
    }
}

std::uint64_t SpirvModule::computed(const Instruction& i, std::span<const std::uint32_t> constants) const {
    const auto operand = [&](std::size_t n) { return static_cast<std::uint32_t>(value(i.words[3 + n], constants)); };
    const auto signed_operand = [&](std::size_t n) { return static_cast<std::int32_t>(operand(n)); };
    switch (i.words[2]) {
        case 124: return operand(0);                                   // bitcast
        case 128: return std::uint32_t{operand(0) + operand(1)};
        case 130: return std::uint32_t{operand(0) - operand(1)};
        case 132: return std::uint32_t{operand(0) * operand(1)};
        case 134: return operand(0) / operand(1);
        case 135: return static_cast<std::uint32_t>(signed_operand(0) / signed_operand(1));
        case 137: return operand(0) % operand(1);
        case 169: return operand(0) ? operand(1) : operand(2);         // select
        case 170: return operand(0) == operand(1);
        case 171: return operand(0) != operand(1);
        case 172: return operand(0) > operand(1);
        case 173: return signed_operand(0) > signed_operand(1);
        case 174: return operand(0) >= operand(1);
        case 176: return operand(0) < operand(1);
        case 177: return signed_operand(0) < signed_operand(1);
        case 178: return operand(0) <= operand(1);
        case 194: return operand(0) >> operand(1);
        case 196: return std::uint32_t{operand(0) << operand(1)};
        case 199: return operand(0) & operand(1);
        default: throw unknown("operation on constants", i.words[2]);
    }
}

SpirvModule::Workgroup SpirvModule::workgroup(std::span<const std::uint32_t> constants) const {
    Workgroup result{.size = local_size_, .shared_bytes = 0};
    if (workgroup_size_) {
        const Instruction& size = definition(*workgroup_size_);
        for (std::size_t axis = 0; axis < 3; ++axis) result.size[axis] = value(size.words[2 + axis], constants);
    }
    for (const auto& [id, one] : variables_)
        if (one.storage_class == in_workgroup) result.shared_bytes += bytes(definition(one.type).words[2], constants);
    return result;
}

}  // namespace attune::test

#include "formats/pickle.h"

#include "formats/pickle_machine.h"

namespace attune {

using pickle::Machine, pickle::Value;

namespace {

PickledTensor tensor_of(const Machine& machine, pickle::Tensor index) {
    const pickle::TensorRecord&  tensor  = machine.tensor(index);
    const pickle::StorageRecord& storage = machine.storage(tensor.storage);
    return {.storage = {pickle::storage_classes()[storage.type.index], machine.text(storage.key), storage.count},
            .offset  = tensor.offset,
            .sizes   = machine.numbers(tensor.sizes),
            .strides = machine.numbers(tensor.strides)};
}

}  // namespace

PickledTensors read_state_dict(ByteReader& reader) {
    Machine                  machine(reader);
    const Value              result  = machine.run();
    const pickle::Container& entries = machine.container(machine.as<pickle::Dict>(result, "a dictionary of tensors"));
    if (entries.count / 2 > max_tensors) reader.fail("holds more than 65536 tensors");
    PickledTensors                  tensors;
    std::optional<std::string_view> name;
    machine.each(entries, [&](const Value& value) {
        if (!name) {
            name = machine.text(machine.as<pickle::Text>(value, "the name of a tensor"));
            expect_tensor_name(reader.where(), *name);
            return;
        }
        const auto* tensor = std::get_if<pickle::Tensor>(&value);
        if (!tensor) refuse_tensor(reader.where(), *name, "is not a tensor");
        if (!tensors.emplace(*name, tensor_of(machine, *tensor)).second)
            refuse_tensor(reader.where(), *name, "occurs twice");
        name.reset();
    });
    return tensors;
}

std::vector<std::string_view> read_texts(ByteReader& reader) {
    Machine                       machine(reader);
    const Value                   result = machine.run();
    std::vector<std::string_view> texts;
    machine.each(machine.container(machine.as<pickle::List>(result, "a list of texts")),
                 [&](const Value& value) { texts.push_back(machine.text(machine.as<pickle::Text>(value, "a text"))); });
    return texts;
}

std::optional<bool> read_flag(ByteReader& reader, std::string_view key) {
    Machine             machine(reader);
    const Value         result = machine.run();
    std::optional<bool> flag;
    bool                is_key = true, is_wanted = false;
    machine.each(machine.container(machine.as<pickle::Dict>(result, "a dictionary")), [&](const Value& value) {
        const auto* text = std::get_if<pickle::Text>(&value);
        if (is_key) is_wanted = text && machine.text(*text) == key;
        if (!is_key && is_wanted && std::holds_alternative<bool>(value)) flag = std::get<bool>(value);
        is_key = !is_key;
    });
    return flag;
}

}  // namespace attune

#include "faults/subject.h"

#include "support/test_devices.h"
#include "support/tiny_model.h"

namespace attune::test {
namespace {

void append(std::string& bits, const Tensor& tensor) {
    bits.append(reinterpret_cast<const char*>(tensor.bytes().data()), tensor.bytes().size());
}

DeviceCaps caps_with(std::uint64_t device_memory) {
    DeviceCaps caps    = profile_caps();
    caps.device_memory = device_memory;
    return caps;
}

}  // namespace

Device open_through(VulkanShim& shim, std::uint64_t device_memory) {
    return Device::open(
        {.select = "", .caps = caps_with(device_memory), .get_instance_proc = shim.get_instance_proc()});
}

Device import_through(VulkanShim& shim, const OwnDevice& own, std::uint64_t device_memory) {
    Device::Import import    = own.import();
    import.get_instance_proc = shim.get_instance_proc();
    import.caps              = caps_with(device_memory);
    return Device::import(import);
}

std::string Opening::round() {
    const auto devices = list_devices(shim_.get_instance_proc());
    return std::to_string(devices.size()) + open_through(shim_).info().name;
}

std::string Importing::round() { return import_through(shim_, own_).info().name; }

std::string Caching::round() {
    if (!device_) device_.emplace(open_through(shim_));
    device_->import_cache(device_->export_cache());
    return "exported and imported";
}

void Caching::reset(bool device_too) {
    if (device_too) device_.reset();
}

Running::Running(VulkanShim& shim, Way way, std::uint64_t device_memory) : shim_(shim), device_memory_(device_memory) {
    if (way == Way::run) return;
    own_.emplace();
    host_.emplace(*own_);
}

std::string Running::round() {
    if (!device_)
        device_.emplace(own_ ? import_through(shim_, *own_, device_memory_) : open_through(shim_, device_memory_));
    if (!weights_) weights_.emplace(*device_, source_, graphs_);
    if (!session_) session_.emplace(*device_, *weights_);
    session_->set("position", Tensor({Type::u32, {layer_batch}}));
    session_->set("x", decoder_layer_token(0));
    std::string bits;
    for (std::size_t i = 0; i < 2; ++i) {
        if (!programs_[i]) programs_[i] = session_->prepare(graphs_[i]);
        step(programs_[i], bits);
    }
    for (const char* state : {"keys", "values", "position"}) append(bits, session_->get(state));
    return bits;
}

void Running::step(const Program& program, std::string& bits) {
    if (host_)
        host_->run([&](VkCommandBuffer commands) { session_->record(program, commands); });
    else
        session_->run(program);
    // Times differ, but are taken of each dispatch, and change nothing.
    if (&program == &programs_[0]) bits += std::to_string(session_->time(program).dispatches.size());
    append(bits, session_->get("y"));
}

void Running::reset(bool device_too) {
    for (Program& program : programs_) program = {};
    session_.reset();
    weights_.reset();
    if (device_too) device_.reset();
}

Translating::Translating(VulkanShim& shim, std::uint64_t device_memory) : shim_(shim), device_memory_(device_memory) {
    write_tiny_model(folder_, {{"max_length", 8}});
}

std::string Translating::round() {
    if (!device_) device_.emplace(open_through(shim_, device_memory_));
    if (!translator_) translator_.emplace(*device_, folder_.path());
    std::string bits;
    for (const std::uint32_t beams : {1u, 2u})
        for (const Translation& one :
             translator_->translate({tiny_text(3, 1), tiny_text(5, 2), tiny_text(2, 3)}, {.beam_size = beams}))
            for (const std::uint32_t token : one.hypotheses.front().tokens) bits += std::to_string(token) + " ";
    return bits;
}

void Translating::reset(bool device_too) {
    translator_.reset();
    if (device_too) device_.reset();
}

}  // namespace attune::test

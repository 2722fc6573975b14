// Empty dispatches, one after the other.
#include "execute/roof_work.h"

#include "kernels/kernels.h"
#include "params/roofs.h"

namespace attune {
namespace {

class Dispatches final : public RoofWork {
public:
    Dispatches(Commands& commands, bool barriers)
        : barriers_(barriers), counter_(commands.context().memory().allocate(MemoryClass::scratch, 4)),
          kernel_(commands.context(), kernels::roof_empty, {}, {&counter_}), vk_(commands.context().vk()) {}

    void record(VkCommandBuffer commands, std::uint32_t amount) override { record(commands, amount, 0); }

    std::uint32_t least() const override { return 16; }
    std::uint32_t most() const override { return 16384; }
    double        units() const override { return 1; }

    // The same commands, but this time each of them counts.
    std::string wrong(Commands& commands, std::uint32_t amount) override {
        commands.clear(counter_);
        const VkCommandBuffer recording = commands.allocate();
        commands.begin(recording);
        full_barrier(vk_, recording);
        record(recording, amount, 1);
        commands.end(recording);
        commands.run(recording);
        std::uint32_t counted = 0;
        commands.download(counter_, 0, std::as_writable_bytes(std::span(&counted, 1)));
        return counted == amount ? std::string()
                                 : std::to_string(counted) + " of " + std::to_string(amount) + " dispatches ran";
    }

private:
    void record(VkCommandBuffer commands, std::uint32_t amount, std::uint32_t count) {
        kernel_.bind(commands, RoofEmptyParams{.count = count});
        for (std::uint32_t i = 0; i < amount; ++i) {
            if (barriers_) full_barrier(vk_, commands);
            kernel_.dispatch(commands, 1);
        }
    }

    bool                           barriers_;
    vulkan::Span                   counter_;
    BoundKernel                    kernel_;
    const vulkan::DeviceFunctions& vk_;
};

}  // namespace

std::unique_ptr<RoofWork> make_dispatches(Commands& commands, RoofKind kind) {
    return std::make_unique<Dispatches>(commands, kind == RoofKind::dispatch_barrier);
}

}  // namespace attune

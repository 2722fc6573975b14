// AMD's compiler without AMD's hardware: Mesa's RADV makes a device for a GPU that is only named, compiles for it and
// runs nothing. What the compiler says about a pipeline is what decides how fast a real one would be.
#pragma once

#include "support/own_device.h"
#include "vulkan/pipelines.h"

#include <memory>
#include <string>
#include <vector>

namespace attune::test {

// Of one pipeline, per lane or workgroup as RADV counts them.
struct CompiledKernel {
    std::uint64_t sgprs = 0, vgprs = 0;
    std::uint64_t spilled_sgprs = 0, spilled_vgprs = 0;
    std::uint64_t scratch = 0;   // bytes of memory for a subgroup: spilled registers, and arrays with variable indices
    std::uint64_t lds = 0;       // bytes of shared memory
    std::uint64_t code = 0;      // bytes
    std::uint64_t waves = 0;     // subgroups that a SIMD holds at once

    bool spills() const noexcept { return spilled_sgprs || spilled_vgprs || scratch; }
    friend bool operator==(const CompiledKernel&, const CompiledKernel&) = default;
};

class AmdCompiler {
public:
    // `family` as RADV names it: "navi21". One at a time: the driver reads it from the environment. Throws no_device
    // where there is no RADV.
    explicit AmdCompiler(const std::string& family);

    // What lowering sees of such a GPU.
    const DeviceTraits& traits() const { return device_->context()->traits(); }
    const std::string&  driver() const { return device_->info().driver; }   // "radv Mesa 22.3.6"

    CompiledKernel compile(const Kernel& kernel, std::span<const std::uint32_t> constants, std::uint32_t bindings) const;

private:
    CompiledKernel statistics(VkPipeline pipeline) const;

    std::unique_ptr<OwnDevice>             own_;
    std::unique_ptr<Device>                device_;
    std::unique_ptr<vulkan::PipelineParts> parts_;
};

}  // namespace attune::test

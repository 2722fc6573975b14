#include "vulkan/context.h"

#include "vulkan/memory.h"
#include "vulkan/pipelines.h"
#include "vulkan/quarantine.h"
#include "vulkan/saved.h"
#include "vulkan/submission.h"

namespace attune {

Device::Context::Context(const Import& import, std::shared_ptr<void> owner, std::uint32_t index)
    : owner_(std::move(owner)), log_(import.log), device_(import.device), caps_(import.caps) {
    const auto functions =
        vulkan::load_instance(reinterpret_cast<PFN_vkGetInstanceProcAddr>(import.get_instance_proc), import.instance);
    functions_                = vulkan::load_device(functions, device_);
    const DeviceInfo reported = vulkan::read_info(functions, import.physical_device);
    info_                     = vulkan::capped(reported, import.caps);
    info_.index               = index;
    if (!info_.usable) throw Error(Status::no_device, info_.name, info_.why_not);
    VkPhysicalDeviceProperties properties;
    functions.GetPhysicalDeviceProperties(import.physical_device, &properties);
    const Queue queue = vulkan::compute_queue(import, functions);
    enabled_          = vulkan::read_enabled(import, properties.apiVersion, functions, functions_);
    traits_           = vulkan::traits_of(info_, import.caps, properties.limits);
    // Of a device of our own alone: buffers that hosts bind, and commands that they record, know storage buffers.
    if (owner_ && properties.limits.minTexelBufferOffsetAlignment <= traits_.offset_alignment) {
        traits_.max_texels = properties.limits.maxTexelBufferElements;
        traits_.max_texels -= vulkan::beyond_texels(traits_) / 8;  // texels have 8 bytes or 16
        if (traits_.is_cpu && traits_.tuning.product_sharing == 8) traits_.flops *= 2;  // lavapipe's, of kernels that read them
    }
    traits_.int64     = enabled_.shader_int64;
    tuning_           = traits_.tuning;
    identity_         = vulkan::identity_of(reported, properties);
    timestamps_       = vulkan::read_timestamps(functions, import.physical_device, queue.family);
    queue_            = std::make_unique<vulkan::SubmitQueue>(import, queue, enabled_.timeline_semaphores);
    const vulkan::MemoryPool::Limits limits{.cap =
                                                import.caps.device_memory ? import.caps.device_memory : VK_WHOLE_SIZE,
                                            .max_allocation = info_.max_allocation,
                                            .alignment      = traits_.offset_alignment};
    memory_     = std::make_unique<vulkan::MemoryPool>(*this, vulkan::MemoryHeaps(functions, import.physical_device),
                                                   limits, import.memory);
    pipelines_  = std::make_unique<vulkan::Pipelines>(*this, import.pipeline_cache);
    quarantine_ = std::make_unique<vulkan::Quarantine>(import.qualify);
    log(LogLevel::info, info_.name + ": kernels for " + (traits_.is_cpu ? "CPUs" : "GPUs") + ", timeline semaphores " +
                            (enabled_.timeline_semaphores ? "on" : "off: " + enabled_.timeline_why));
}

Device::Context::~Context() = default;

void Device::Context::lose(const char* call) {
    const char* nobody = nullptr;
    if (lost_in_.compare_exchange_strong(nobody, call))
        log(LogLevel::error, info_.name + ": the device was lost in " + call);
    throw_lost();
}

void Device::Context::throw_lost() const {
    throw Error(Status::device_failed, info_.name, std::string("the device was lost in ") + lost_in_.load(),
                "destroy what was made on it, open it again and make that anew");
}

const Device::Queue& Device::Context::queue() const noexcept { return queue_->queue(); }

Device::Context::Submitter Device::Context::submitter() const noexcept {
    return queue_->asks_host() ? Submitter::host : queue_->locks_host() ? Submitter::under_lock : Submitter::attune;
}

DeviceTraits Device::Context::plan_traits() const {
    DeviceTraits traits = traits_;
    traits.tuning       = tuning();
    traits.refused      = quarantine_->refused();
    return traits;
}

void Device::Context::check(const vulkan::Submission& submission) const { queue_->check_values(submission); }

void Device::Context::submit(const vulkan::Submission& submission) {
    check(queue_->submit(vk(), submission), "vkQueueSubmit");
}

void Device::Context::log(LogLevel level, const std::string& text) const noexcept {
    if (!log_) return;
    try {
        log_(level, text);
    } catch (...) {}  // a host that cannot write its log goes on
}

Device::Device(std::shared_ptr<Context> context) : context_(std::move(context)) {}
Device::Device(Device&&) noexcept            = default;
Device& Device::operator=(Device&&) noexcept = default;
Device::~Device()                            = default;

Device Device::import(const Import& import) {
    if (!import.get_instance_proc || !import.instance || !import.physical_device || !import.device)
        throw Error(Status::usage, "Device::import", "needs get_instance_proc, instance, physical_device and device");
    return Device(std::make_shared<Context>(import, nullptr));
}

const DeviceInfo&      Device::info() const noexcept { return context_->info(); }
bool                   Device::lost() const noexcept { return context_->lost(); }
std::uint64_t          Device::objects_created() const noexcept { return context_->objects(); }
std::size_t            Device::compile_next() { return context_->pipelines().compile_next(); }
std::vector<std::byte> Device::export_cache() const { return context_->pipelines().cache().save(); }
void        Device::import_cache(std::span<const std::byte> bytes) { context_->pipelines().cache().load(bytes); }
std::size_t Device::pipelines_left() const { return context_->pipelines().left(); }

}  // namespace attune

#include "vulkan/pipeline_cache.h"

#include "base/hash.h"
#include "kernels/kernels.h"

#include <algorithm>
#include <cstring>

namespace attune::vulkan {
namespace {

constexpr char          magic[8] = {'a', 't', 't', 'u', 'n', 'e', 'P', 'C'};
constexpr std::uint32_t format   = 1;

// Other kernels have other pipelines: their cache would only be carried along.
std::uint64_t hash_of_kernels() {
    std::uint64_t hash = 0;
    for (const Kernel* kernel : kernels::all()) hash = hash64(std::as_bytes(kernel->spirv), hash);
    return hash;
}

[[noreturn]] void refuse(const char* what) {
    throw Error(Status::bad_input, "pipeline cache", what, "go on without it and export a new one");
}

VkPipelineCacheCreateInfo create_info(std::span<const std::byte> payload) {
    return {.sType           = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO,
            .pNext           = nullptr,
            .flags           = 0,
            .initialDataSize = payload.size(),
            .pInitialData    = payload.data()};
}

}  // namespace

// In front of the driver's bytes, as it lies in memory: what one machine saved, the same one loads.
struct PipelineCache::Header {
    char          magic[8];
    std::uint32_t format, driver;
    std::uint64_t kernels;
    std::uint32_t vendor, device;
    std::uint8_t  uuid[VK_UUID_SIZE];  // pipelineCacheUUID
    std::uint64_t payload_bytes, payload_hash;
};

PipelineCache::PipelineCache(Device::Context& context, const VkPhysicalDeviceProperties& properties,
                             VkPipelineCache given)
    : context_(context), given_(given), vendor_(properties.vendorID), device_(properties.deviceID),
      driver_(properties.driverVersion) {
    std::copy_n(properties.pipelineCacheUUID, VK_UUID_SIZE, uuid_);
    if (!given_) own_ = OwnedPipelineCache(context_, create_info({}), "vkCreatePipelineCache");
}

VkResult PipelineCache::compile(const VkComputePipelineCreateInfo& create, VkPipeline& made) const {
    const std::shared_lock guard(merging_);
    return context_.vk().CreateComputePipelines(context_.handle(), handle(), 1, &create, nullptr, &made);
}

PipelineCache::Header PipelineCache::header_of(std::span<const std::byte> payload) const {
    static_assert(sizeof(Header) == 64, "without padding, of which nobody knows the bits");
    Header header{};
    std::copy_n(magic, sizeof magic, header.magic);
    header.format  = format;
    header.driver  = driver_;
    header.kernels = hash_of_kernels();
    header.vendor  = vendor_;
    header.device  = device_;
    std::copy_n(uuid_, VK_UUID_SIZE, header.uuid);
    header.payload_bytes = payload.size();
    header.payload_hash  = hash64(payload);
    return header;
}

std::vector<std::byte> PipelineCache::save() const {
    const std::shared_lock guard(merging_);
    const auto&            vk = context_.vk();
    std::vector<std::byte> bytes;
    for (VkResult result = VK_INCOMPLETE; result == VK_INCOMPLETE;) {  // it may grow in between
        std::size_t size = 0;
        context_.check(vk.GetPipelineCacheData(context_.handle(), handle(), &size, nullptr), "vkGetPipelineCacheData");
        bytes.resize(sizeof(Header) + size);
        result = vk.GetPipelineCacheData(context_.handle(), handle(), &size, bytes.data() + sizeof(Header));
        context_.check(result, "vkGetPipelineCacheData");
        bytes.resize(sizeof(Header) + size);
    }
    const Header header = header_of(std::span<const std::byte>(bytes).subspan(sizeof(Header)));
    std::memcpy(bytes.data(), &header, sizeof header);
    return bytes;
}

void PipelineCache::load(std::span<const std::byte> bytes) {
    if (given_)
        throw Error(Status::usage, "pipeline cache", "the host's own is used, and the host's to fill",
                    "import the device without one");
    Header found;
    if (bytes.size() < sizeof found) refuse("is shorter than its header");
    std::memcpy(&found, bytes.data(), sizeof found);
    const auto   payload  = bytes.subspan(sizeof found);
    const Header expected = header_of(payload);
    if (std::memcmp(found.magic, expected.magic, sizeof magic) != 0) refuse("is none of attune's");
    if (found.format != expected.format || found.kernels != expected.kernels) refuse("is of another version of attune");
    if (found.vendor != expected.vendor || found.device != expected.device || found.driver != expected.driver ||
        std::memcmp(found.uuid, expected.uuid, sizeof found.uuid) != 0)
        refuse("is of another device or driver");
    if (found.payload_bytes != expected.payload_bytes || found.payload_hash != expected.payload_hash)
        refuse("is damaged");

    const OwnedPipelineCache loaded(context_, create_info(payload), "vkCreatePipelineCache");
    const VkPipelineCache    source = loaded.get();
    const std::unique_lock   guard(merging_);
    context_.check(context_.vk().MergePipelineCaches(context_.handle(), handle(), 1, &source), "vkMergePipelineCaches");
}

}  // namespace attune::vulkan

#include "vulkan/saved.h"

#include "base/hash.h"
#include "kernels/kernels.h"

#include <cstring>
#include <string_view>

namespace attune::vulkan {
namespace {

constexpr std::uint64_t format = 2;

// As it lies in memory: what one machine saved, the same one loads.
struct Header {
    char          magic[8];
    std::uint64_t format, attune, device;
    std::uint64_t payload_bytes, payload_hash;
};
static_assert(sizeof(Header) == saved_header_bytes, "without padding, of which nobody knows the bits");

std::uint64_t hash_of(std::string_view text, std::uint64_t seed) {
    return hash64(std::as_bytes(std::span(text.data(), text.size())), seed);
}

// Its version and its kernels: golden cases, choices and what pipelines are made of go with them.
std::uint64_t hash_of_attune() {
    std::uint64_t hash = hash_of(ATTUNE_VERSION, 0);
    for (const Kernel* kernel : kernels::all()) hash = hash64(std::as_bytes(kernel->spirv), hash);
    return hash;
}

std::uint64_t hash_of_device(const DeviceInfo& info, const VkPhysicalDeviceProperties& properties) {
    const std::uint32_t numbers[] = {properties.vendorID, properties.deviceID, properties.driverVersion, info.driver_id,
                                     info.subgroup_size};
    std::uint64_t       hash      = hash64(std::as_bytes(std::span(numbers)));
    hash                          = hash64(std::as_bytes(std::span(properties.pipelineCacheUUID)), hash);
    for (const std::string* text : {&info.uuid, &info.name, &info.driver}) hash = hash_of(*text, hash);
    return hash;
}

Header header_of(const Device::Context& context, const SavedKind& kind, std::span<const std::byte> payload) {
    Header header{.magic         = {},
                  .format        = format,
                  .attune        = context.identity().attune,
                  .device        = context.identity().device,
                  .payload_bytes = payload.size(),
                  .payload_hash  = hash64(payload)};
    std::memcpy(header.magic, kind.magic, sizeof header.magic);
    return header;
}

}  // namespace

Identity identity_of(const DeviceInfo& info, const VkPhysicalDeviceProperties& properties) {
    return {.attune = hash_of_attune(), .device = hash_of_device(info, properties)};
}

std::vector<std::byte> sealed(const Device::Context& context, const SavedKind& kind,
                              std::span<const std::byte> payload) {
    const Header           header = header_of(context, kind, payload);
    std::vector<std::byte> bytes(sizeof header + payload.size());
    std::memcpy(bytes.data(), &header, sizeof header);
    if (!payload.empty()) std::memcpy(bytes.data() + sizeof header, payload.data(), payload.size());
    return bytes;
}

std::span<const std::byte> unsealed(const Device::Context& context, const SavedKind& kind,
                                    std::span<const std::byte> bytes) {
    Header found;
    if (bytes.size() < sizeof found) refuse_saved(kind, "is shorter than its header");
    std::memcpy(&found, bytes.data(), sizeof found);
    const auto   payload  = bytes.subspan(sizeof found);
    const Header expected = header_of(context, kind, payload);
    if (std::memcmp(found.magic, expected.magic, sizeof found.magic) != 0) refuse_saved(kind, "is none of attune's");
    if (found.format != expected.format || found.attune != expected.attune)
        refuse_saved(kind, "is of another version of attune");
    if (found.device != expected.device) refuse_saved(kind, "is of another device or driver");
    if (found.payload_bytes != expected.payload_bytes || found.payload_hash != expected.payload_hash)
        refuse_saved(kind, "is damaged");
    return payload;
}

void refuse_saved(const SavedKind& kind, const char* what) {
    throw Error(Status::bad_input, kind.name, what, "go on without it and export a new one");
}

}  // namespace attune::vulkan

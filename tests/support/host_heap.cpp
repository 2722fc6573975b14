#include "support/host_heap.h"

#include <algorithm>
#include <stdexcept>

namespace attune::test {
namespace {

constexpr std::byte     canary{0xCD}, not_a_number{0xFF};
constexpr std::uint64_t margin = 4096;  // bytes of canaries on each side, at least

std::string damage_of(const char* name, std::span<const std::byte> all, std::uint64_t first, std::uint64_t bytes) {
    for (std::uint64_t i = 0; i < all.size(); ++i)
        if ((i < first || i >= first + bytes) && all[i] != canary)
            return std::string(name) + ": byte " + std::to_string(i) + " beside [" + std::to_string(first) + ", " +
                   std::to_string(first + bytes) + ")";
    return {};
}

}  // namespace

HostHeap::~HostHeap() {
    for (const Piece& piece : pieces_) end(piece);
}

HostHeap::Piece HostHeap::make(std::uint64_t bytes) const {
    Piece                      piece;
    const VkMemoryAllocateInfo allocate{.sType           = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
                                        .pNext           = nullptr,
                                        .allocationSize  = bytes,
                                        .memoryTypeIndex = 0};  // the software drivers have one, which the host sees
    vulkan::check(own_.get<PFN_vkAllocateMemory>("vkAllocateMemory")(own_.device(), &allocate, nullptr, &piece.memory),
                  "vkAllocateMemory");
    void* data = nullptr;
    vulkan::check(own_.get<PFN_vkMapMemory>("vkMapMemory")(own_.device(), piece.memory, 0, VK_WHOLE_SIZE, 0, &data),
                  "vkMapMemory");
    piece.all = {static_cast<std::byte*>(data), static_cast<std::size_t>(bytes)};
    std::ranges::fill(piece.all, canary);
    return piece;
}

HostHeap::Piece& HostHeap::add(Piece piece, std::uint64_t first, std::uint64_t bytes) {
    piece.first = first;
    piece.bytes = bytes;
    std::ranges::fill(piece.all.subspan(first, bytes), not_a_number);
    const std::lock_guard guard(mutex_);
    return pieces_.emplace_back(piece);
}

void HostHeap::end(const Piece& piece) const {
    if (piece.buffer) own_.get<PFN_vkDestroyBuffer>("vkDestroyBuffer")(own_.device(), piece.buffer, nullptr);
    own_.get<PFN_vkFreeMemory>("vkFreeMemory")(own_.device(), piece.memory, nullptr);
}

HostAllocator HostHeap::allocator() {
    return {.allocate = [this](const HostMemoryRequest& request) { return allocate(request); },
            .free     = [this](const HostBlock& block) { free(block); }};
}

HostBlock HostHeap::allocate(const HostMemoryRequest& request) {
    const MemoryNeeds& needs = request.needs;
    if (mistake.throws) throw std::runtime_error("the host's own");
    if (mistake.none) return {};
    const bool mapped = request.memory_class == MemoryClass::upload || request.memory_class == MemoryClass::readback;
    if (!request.buffer || needs.bytes == 0 || needs.mapped != mapped ||
        !(needs.memory_type_bits >> needs.preferred_memory_type & 1))
        throw std::runtime_error("asked for what makes no sense");
    // An odd number of alignments away from the start.
    const std::uint64_t first = (margin / needs.alignment | 1) * needs.alignment;
    Piece               piece = make(first + needs.bytes + margin);
    piece.memory_class        = request.memory_class;
    piece.asked_for           = true;
    const Piece& added        = add(piece, first, needs.bytes);
    HostBlock    block{.memory = added.memory,
                       .offset = first + mistake.offset,
                       .mapped = nullptr,
                       .user   = const_cast<Piece*>(&added)};
    if ((mapped || visible_) && !mistake.unmapped) block.mapped = added.all.data() + first + mistake.mapped;
    const std::lock_guard guard(mutex_);
    ++asked_;
    return block;
}

void HostHeap::free(const HostBlock& block) {
    const std::lock_guard guard(mutex_);
    const auto            found =
        std::find_if(pieces_.begin(), pieces_.end(), [&](const Piece& one) { return &one == block.user; });
    if (found == pieces_.end() || !found->asked_for) {
        damage_ = "something was freed that was not given, or twice";
        return;
    }
    if (damage_.empty()) damage_ = damage_of(name_of(found->memory_class), found->all, found->first, found->bytes);
    end(*found);
    pieces_.erase(found);
}

HostRange HostHeap::range(Of of, MemoryClass memory_class, std::uint64_t bytes, std::uint64_t alignment,
                          std::uint64_t skew) {
    const std::uint64_t begin = (margin / alignment | 1) * alignment + skew, end = begin + bytes;
    const std::uint64_t whole = (end + margin + 1023) / 1024 * 1024;
    HostRange           range{.memory_class = memory_class,
                              .buffer       = nullptr,
                              .memory       = nullptr,
                              .offset       = begin,
                              .bytes        = bytes,
                              .mapped       = nullptr};
    Piece               piece = make(whole);
    piece.memory_class        = memory_class;
    if (of == Of::buffer) {
        const VkBufferCreateInfo create{.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
                                        .pNext = nullptr,
                                        .flags = 0,
                                        .size  = whole,
                                        .usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT |
                                                 VK_BUFFER_USAGE_TRANSFER_DST_BIT,
                                        .sharingMode           = VK_SHARING_MODE_EXCLUSIVE,
                                        .queueFamilyIndexCount = 0,
                                        .pQueueFamilyIndices   = nullptr};
        vulkan::check(own_.get<PFN_vkCreateBuffer>("vkCreateBuffer")(own_.device(), &create, nullptr, &piece.buffer),
                      "vkCreateBuffer");
        vulkan::check(
            own_.get<PFN_vkBindBufferMemory>("vkBindBufferMemory")(own_.device(), piece.buffer, piece.memory, 0),
            "vkBindBufferMemory");
        range.buffer = piece.buffer;
    } else {
        range.memory = piece.memory;
    }
    if (visible_ || memory_class == MemoryClass::upload || memory_class == MemoryClass::readback)
        range.mapped = piece.all.data() + begin;
    // What is not aligned within the range is not attune's either.
    const std::uint64_t first = (begin + alignment - 1) / alignment * alignment, last = end / alignment * alignment;
    add(piece, first, last > first ? last - first : 0);
    return range;
}

std::string HostHeap::damage() const {
    const std::lock_guard guard(mutex_);
    std::string           damage = damage_;
    for (const Piece& piece : pieces_)
        if (damage.empty()) damage = damage_of(name_of(piece.memory_class), piece.all, piece.first, piece.bytes);
    return damage;
}

void HostHeap::overwrite(MemoryClass memory_class) {
    const std::lock_guard guard(mutex_);
    for (const Piece& piece : pieces_)
        if (piece.memory_class == memory_class)
            std::ranges::fill(piece.all.subspan(piece.first, piece.bytes), not_a_number);
}

std::size_t HostHeap::live() const {
    const std::lock_guard guard(mutex_);
    return static_cast<std::size_t>(
        std::count_if(pieces_.begin(), pieces_.end(), [](const Piece& piece) { return piece.asked_for; }));
}

}  // namespace attune::test

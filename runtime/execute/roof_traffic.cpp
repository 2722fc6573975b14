// Copies and reads of more than a cache holds.
#include "execute/roof_work.h"

#include "base/hash.h"
#include "kernels/kernels.h"
#include "ops/texels.h"
#include "params/roofs.h"

#include <algorithm>
#include <array>

namespace attune {
namespace {

constexpr std::uint64_t piece_bytes = 8u << 20, quads_of_a_turn = 4;
constexpr std::uint32_t quad_bytes = 16;

// How a kernel's grid covers the bytes.
struct Blocks {
    std::uint32_t groups = 0, turns = 1;
    std::uint64_t bytes = 0;  // whole blocks: at most what was asked for

    // Enough workgroups for whatever there is to fill, as few as the device takes. On CPUs a workgroup costs as much as
    // some turns do; on GPUs a few turns are enough to have loads in flight.
    Blocks(const DeviceTraits& traits, std::uint32_t group, std::uint64_t wanted) {
        const std::uint64_t turn = group * quads_of_a_turn * quad_bytes, all = wanted / turn;
        const std::uint64_t usual = traits.is_cpu ? 64 : 4, most = traits.max_groups[0];
        turns = static_cast<std::uint32_t>(std::max({std::min(usual, all), (all + most - 1) / most, std::uint64_t{1}}));
        groups = static_cast<std::uint32_t>(all / turns);
        bytes  = groups * turns * turn;
    }
};

// Random bytes, the same for the same place.
std::vector<std::uint64_t> random_words(std::uint64_t first, std::uint64_t count) {
    std::vector<std::uint64_t> words(count);
    for (std::uint64_t i = 0; i < count; ++i) words[i] = mixed(0x6a09e667f3bcc909u, first + i + 1);
    return words;
}

// Calls `piece(offset, words)` for all of them.
template <class Piece> void in_pieces(std::uint64_t bytes, Piece&& piece) {
    for (std::uint64_t done = 0; done < bytes; done += piece_bytes)
        piece(done, random_words(done / 8, std::min(piece_bytes, bytes - done) / 8));
}

// As kernels of plans do.
bool reads_texels(Device::Context& context, std::uint64_t bytes) {
    const DeviceTraits traits = context.plan_traits();
    return wants_texels(traits) && bytes / quad_bytes <= traits.max_texels;
}

class Traffic : public RoofWork {
public:
    Traffic(Commands& commands, std::uint64_t bytes)
        : group_(roof_group(commands.context().traits())), blocks_(commands.context().traits(), group_, bytes),
          source_(commands.context().memory().allocate(MemoryClass::scratch, blocks_.bytes)),
          texel_bytes_(reads_texels(commands.context(), blocks_.bytes) ? quad_bytes : 0), vk_(commands.context().vk()) {
        in_pieces(blocks_.bytes, [&](std::uint64_t offset, const auto& words) {
            commands.upload(source_, offset, std::as_bytes(std::span(words)));
        });
    }

    // So many passes over all of it.
    void record(VkCommandBuffer commands, std::uint32_t amount) override {
        for (std::uint32_t i = 0; i < amount; ++i) {
            if (i > 0) full_barrier(vk_, commands);
            pass(commands);
        }
    }
    std::uint32_t least() const override { return 1; }
    std::uint32_t most() const override { return 4096; }

protected:
    virtual void pass(VkCommandBuffer commands) = 0;

    PushBytes push() const { return RoofTrafficParams{.turns = blocks_.turns}; }

    std::uint32_t                  group_;
    Blocks                         blocks_;
    vulkan::Span                   source_;
    std::uint32_t                  texel_bytes_;  // that the source is read as; 0: a storage buffer
    const vulkan::DeviceFunctions& vk_;
};

class Copy final : public Traffic {
public:
    Copy(Commands& commands, RoofKind kind, std::uint64_t bytes)
        : Traffic(commands, bytes), target_(commands.context().memory().allocate(MemoryClass::scratch, blocks_.bytes)) {
        commands.clear(target_);
        if (kind == RoofKind::copy_shader)
            kernel_ = std::make_unique<BoundKernel>(
                commands.context(), texel_bytes_ ? kernels::roof_copy_texels : kernels::roof_copy, std::vector{group_},
                std::initializer_list<BoundKernel::Bound>{{&source_, texel_bytes_}, &target_});
    }

    double units() const override { return 2.0 * static_cast<double>(blocks_.bytes); }

    std::string wrong(Commands& commands, std::uint32_t) override {
        std::uint64_t              differ = 0;
        std::vector<std::uint64_t> found;
        in_pieces(blocks_.bytes, [&](std::uint64_t offset, const auto& words) {
            found.resize(words.size());
            commands.download(target_, offset, std::as_writable_bytes(std::span(found)));
            for (std::size_t i = 0; i < words.size(); ++i) differ += found[i] != words[i];
        });
        return differ ? std::to_string(differ) + " of " + std::to_string(blocks_.bytes / 8) +
                            " words of the copy differ from what was copied"
                      : std::string();
    }

private:
    void pass(VkCommandBuffer commands) override {
        if (kernel_) {
            kernel_->bind(commands, push());
            kernel_->dispatch(commands, blocks_.groups);
            return;
        }
        const VkBufferCopy copy{.srcOffset = source_.offset(), .dstOffset = target_.offset(), .size = blocks_.bytes};
        vk_.CmdCopyBuffer(commands, source_.buffer(), target_.buffer(), 1, &copy);
    }

    vulkan::Span                 target_;
    std::unique_ptr<BoundKernel> kernel_;  // none: vkCmdCopyBuffer
};

class Read final : public Traffic {
public:
    Read(Commands& commands, std::uint64_t bytes)
        : Traffic(commands, bytes),
          sums_(commands.context().memory().allocate(MemoryClass::scratch, blocks_.groups * group_ * quad_bytes)),
          kernel_(commands.context(), texel_bytes_ ? kernels::roof_read_texels : kernels::roof_read, {group_},
                  {{&source_, texel_bytes_}, &sums_}) {
        commands.clear(sums_);
    }

    double units() const override { return static_cast<double>(blocks_.bytes); }

    std::string wrong(Commands& commands, std::uint32_t) override {
        using Sums = std::array<std::uint32_t, 4>;  // of the four words of a quad
        Sums       wanted{}, found{};
        const auto add = [](Sums& sums, std::span<const std::uint64_t> words) {
            for (std::size_t i = 0; i < words.size(); ++i) {
                sums[2 * (i % 2)] += static_cast<std::uint32_t>(words[i]);
                sums[2 * (i % 2) + 1] += static_cast<std::uint32_t>(words[i] >> 32);
            }
        };
        in_pieces(blocks_.bytes, [&](std::uint64_t, const auto& words) { add(wanted, words); });
        std::vector<std::uint64_t> sums(blocks_.groups * group_ * quad_bytes / 8);
        commands.download(sums_, 0, std::as_writable_bytes(std::span(sums)));
        add(found, sums);
        return found == wanted ? std::string() : std::string("the sums differ from those of what was read");
    }

private:
    void pass(VkCommandBuffer commands) override {
        kernel_.bind(commands, push());
        kernel_.dispatch(commands, blocks_.groups);
    }

    vulkan::Span sums_;
    BoundKernel  kernel_;
};

}  // namespace

std::unique_ptr<RoofWork> make_copy(Commands& commands, RoofKind kind, std::uint64_t bytes) {
    return std::make_unique<Copy>(commands, kind, bytes);
}

std::unique_ptr<RoofWork> make_read(Commands& commands, std::uint64_t bytes) {
    return std::make_unique<Read>(commands, bytes);
}

}  // namespace attune

#include "execute/timestamp_pool.h"

namespace attune {
namespace {

VkQueryPoolCreateInfo info(std::uint32_t count) {
    return {.sType              = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
            .pNext              = nullptr,
            .flags              = 0,
            .queryType          = VK_QUERY_TYPE_TIMESTAMP,
            .queryCount         = count,
            .pipelineStatistics = 0};
}

}  // namespace

TimestampPool::TimestampPool(Device::Context& context, std::uint32_t count)
    : context_(context), pool_(context, info(count), "vkCreateQueryPool"), ticks_(count) {}

void TimestampPool::reset(VkCommandBuffer commands, std::uint32_t first, std::uint32_t count) const {
    context_.vk().CmdResetQueryPool(commands, pool_.get(), first, count);
}

void TimestampPool::write(VkCommandBuffer commands, std::uint32_t index) const {
    context_.vk().CmdWriteTimestamp(commands, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, pool_.get(), index);
}

bool TimestampPool::read(std::uint32_t count, Wait wait) {
    const VkQueryResultFlags flags =
        VK_QUERY_RESULT_64_BIT | (wait == Wait::yes ? VkQueryResultFlags{VK_QUERY_RESULT_WAIT_BIT} : 0u);
    const VkResult result =
        context_.vk().GetQueryPoolResults(context_.handle(), pool_.get(), 0, count, count * sizeof ticks_[0],
                                          ticks_.data(), sizeof ticks_[0], flags);
    context_.check(result, "vkGetQueryPoolResults");
    return result == VK_SUCCESS;
}

double TimestampPool::seconds_between(std::uint32_t from, std::uint32_t to) const {
    const vulkan::Timestamps& facts = context_.timestamps();
    const std::uint64_t       valid = facts.bits < 64 ? (std::uint64_t{1} << facts.bits) - 1 : UINT64_MAX;
    // The difference is right when the counter has wrapped in between, too.
    return static_cast<double>((ticks_[to] - ticks_[from]) & valid) * facts.nanoseconds * 1e-9;
}

}  // namespace attune

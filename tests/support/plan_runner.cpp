#include "support/plan_runner.h"

#include "base/checked.h"
#include "execute/slots.h"

#include <algorithm>
#include <cstring>

namespace attune::test {
namespace {

constexpr std::uint64_t guard_bytes = 4096;
constexpr std::uint32_t poison = 0x7fff7fffu;   // NaN as f32, and as two f16

std::uint64_t up(std::uint64_t value, std::uint64_t step) { return (value + step - 1) / step * step; }

}  // namespace

PlanRunner::PlanRunner(std::shared_ptr<Device::Context> context, Plan plan, const WeightLayouts& layouts, WeightSource* weights, const Options& options)
    : commands_(std::move(context)), plan_(std::move(plan)), options_(options) {
    add_places(layouts);
    initial_.resize(blocks_.back().end);
    for (std::size_t i = 0; i < initial_.size(); i += sizeof poison) std::memcpy(initial_.data() + i, &poison, sizeof poison);
    if (weights) pack_weights(layouts, *weights);
    for (Block& block : blocks_) block.memory = commands_.context().memory().allocate(MemoryClass::scratch, block.end - block.begin);
    for (const PlannedDispatch& planned : plan_.dispatches)
        pipelines_.push_back(commands_.context().pipelines().get(*planned.dispatch.kernel, planned.dispatch.constants, slots_of(planned.dispatch)));
    if (!plan_.dispatches.empty()) make_sets();
    record();
}

// ---- where everything lies ---------------------------------------------------------------------

PlanRunner::Key PlanRunner::key_of(const Location& location) const {
    const bool one_block = location.region == Region::arena || location.region == Region::control || location.region == Region::counter;
    return {location.region, one_block ? 0 : location.index, location.chunk};
}

void PlanRunner::add_place(Key key, std::uint64_t bytes) {
    const std::uint64_t alignment = std::max<std::uint64_t>(commands_.context().traits().offset_alignment, 256), most = commands_.context().traits().max_allocation;
    const std::uint64_t wanted = up(bytes, 256) + up(guard_bytes, alignment) + guard_bytes;
    if (blocks_.empty() || up(blocks_.back().end, alignment) + wanted - blocks_.back().begin > most) {
        const std::uint64_t begin = blocks_.empty() ? 0 : up(blocks_.back().end, alignment);
        blocks_.push_back({begin, begin, {}});
    }
    Block&              block = blocks_.back();
    const std::uint64_t guard = wanted <= most ? guard_bytes : 0;   // as large as may be: by itself
    const std::uint64_t offset = up(block.end + (block.end == block.begin ? guard : 0), alignment);
    places_.emplace(key, Place{offset, bytes});
    block.end = offset + up(bytes, 256) + guard;
}

const PlanRunner::Block& PlanRunner::block_with(std::uint64_t offset) const {
    return *std::find_if(blocks_.begin(), blocks_.end(), [offset](const Block& block) { return offset < block.end; });
}

void PlanRunner::add_places(const WeightLayouts& layouts) {
    const auto add = [&](Region region, const std::vector<NamedTensor>& tensors) {
        for (std::uint32_t i = 0; i < tensors.size(); ++i) add_place({region, i, 0}, up(tensors[i].desc.bytes(), 4));
    };
    add_place({Region::arena, 0, 0}, plan_.arena_bytes);
    add_place({Region::control, 0, 0}, plan_.control_bytes);
    add_place({Region::counter, 0, 0}, plan_.counter_bytes);
    add(Region::input, plan_.inputs);
    add(Region::state, plan_.states);
    add(Region::output, plan_.outputs);
    for (std::uint32_t w = 0; w < plan_.weights.size(); ++w) {
        const WeightLayout& layout = layouts.at(plan_.weights[w]);
        for (std::uint32_t c = 0; c < layout.chunks.size(); ++c) add_place({Region::weight, w, c}, layout.chunks[c].bytes);
    }
}

void PlanRunner::pack_weights(const WeightLayouts& layouts, WeightSource& weights) {
    std::map<std::string, std::vector<std::string>> parts;
    for (const ValueInfo& info : plan_.graph.values())
        if (info.kind == ValueKind::weight) parts[info.name] = info.parts.empty() ? std::vector{info.name} : info.parts;
    for (std::uint32_t w = 0; w < plan_.weights.size(); ++w) {
        const WeightLayout& layout = layouts.at(plan_.weights[w]);
        for (std::uint32_t c = 0; c < layout.chunks.size(); ++c) {
            const Place                place = places_.at({Region::weight, w, c});
            const std::span<std::byte> target = std::span(initial_).subspan(place.offset, place.bytes);
            std::fill(target.begin(), target.end(), std::byte{0});
            std::uint64_t row = 0;
            for (const std::string& part : parts.at(plan_.weights[w])) {
                const TensorView    view = weights.at(part);
                const std::uint64_t rows = view.desc.shape.rank() == 1 ? view.desc.width() : view.desc.rows();
                const WeightChunk&  chunk = layout.chunks[c];
                if (row < chunk.first_row + chunk.rows && chunk.first_row < row + rows) pack_weight(layout, c, row, view, target);
                row += rows;
            }
        }
    }
}

// ---- commands ----------------------------------------------------------------------------------

void PlanRunner::make_sets() {
    if (plan_.dispatches.empty()) return;
    std::uint32_t                      count = 0;
    std::vector<VkDescriptorSetLayout> layouts;
    for (std::size_t i = 0; i < plan_.dispatches.size(); ++i) {
        count += static_cast<std::uint32_t>(plan_.dispatches[i].locations.size());
        layouts.push_back(pipelines_[i].layout.set);
    }
    sets_ = vulkan::DescriptorSets(commands_.context(), layouts, count);

    const std::uint64_t longest = commands_.context().traits().max_binding;
    for (std::size_t i = 0; i < plan_.dispatches.size(); ++i) {
        std::vector<vulkan::BoundBuffer> buffers;
        for (std::size_t b = 0; b < plan_.dispatches[i].locations.size(); ++b) {
            const Location&     location = plan_.dispatches[i].locations[b];
            const std::uint64_t begin = places_.at(key_of(location)).offset + location.offset;
            const Block&        block = block_with(begin);
            const bool          longer = options_.long_bindings && location.bytes + guard_bytes <= std::min(longest, block.end - begin);
            buffers.push_back({block.memory.buffer(), block.memory.offset() + begin - block.begin, location.bytes + (longer ? guard_bytes : 0), plan_.dispatches[i].dispatch.bindings[b].texel_bytes, block.memory.block()});
        }
        sets_.write(i, buffers);
    }
}

void PlanRunner::barrier(VkCommandBuffer commands) const {
    const auto& vk = commands_.context().vk();
    if (options_.flaw == BarrierFlaw::none) return full_barrier(vk, commands);
    const bool            no_write = options_.flaw == BarrierFlaw::no_write_access;
    const VkMemoryBarrier memory{.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER, .pNext = nullptr,
                                 .srcAccessMask = no_write ? VK_ACCESS_SHADER_READ_BIT : VK_ACCESS_TRANSFER_WRITE_BIT,
                                 .dstAccessMask = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT};
    vk.CmdPipelineBarrier(commands, no_write ? VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT : VK_PIPELINE_STAGE_TRANSFER_BIT,
                          VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, 0, 1, &memory, 0, nullptr, 0, nullptr);
}

void PlanRunner::record() {
    const auto& vk = commands_.context().vk();
    recorded_ = commands_.allocate();
    commands_.begin(recorded_);
    full_barrier(vk, recorded_);
    for (std::size_t i = 0; i < plan_.dispatches.size(); ++i) {
        const Dispatch& dispatch = plan_.dispatches[i].dispatch;
        if (plan_.dispatches[i].barrier) barrier(recorded_);
        const VkDescriptorSet set = sets_[i];
        vk.CmdBindPipeline(recorded_, VK_PIPELINE_BIND_POINT_COMPUTE, pipelines_[i].handle);
        vk.CmdBindDescriptorSets(recorded_, VK_PIPELINE_BIND_POINT_COMPUTE, pipelines_[i].layout.layout, 0, 1, &set, 0, nullptr);
        if (dispatch.push.size()) vk.CmdPushConstants(recorded_, pipelines_[i].layout.layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, dispatch.push.size(), dispatch.push.data());
        vk.CmdDispatch(recorded_, dispatch.groups.x, dispatch.groups.y, dispatch.groups.z);
    }
    host_barrier(vk, recorded_);
    commands_.end(recorded_);
}

// ---- one run -----------------------------------------------------------------------------------

void PlanRunner::put(std::vector<std::byte>& memory, Key key, std::uint64_t offset, const TensorDesc& wanted, const Tensor& tensor) const {
    if (tensor.desc().shape != wanted.shape) throw Error(Status::usage, "PlanRunner", tensor.desc().text() + " was given, the graph wants " + wanted.text());
    const Tensor converted = tensor.desc() == wanted ? tensor : Tensor::from_doubles(wanted, tensor.doubles());
    std::copy(converted.bytes().begin(), converted.bytes().end(), memory.begin() + static_cast<std::ptrdiff_t>(places_.at(key).offset + offset));
}

Tensor PlanRunner::taken(const std::vector<std::byte>& memory, Key key, const TensorDesc& desc) const {
    Tensor tensor(desc);
    std::memcpy(tensor.bytes().data(), memory.data() + places_.at(key).offset, tensor.bytes().size());
    return tensor;
}

PlanResult PlanRunner::run(const std::map<std::string, Tensor>& tensors) {
    std::vector<std::byte> before = initial_;
    const auto given = [&](const std::string& name) -> const Tensor& {
        const auto found = tensors.find(name);
        if (found == tensors.end()) throw Error(Status::usage, "PlanRunner", "nothing was given for " + name);
        return found->second;
    };
    for (std::uint32_t i = 0; i < plan_.inputs.size(); ++i) put(before, {Region::input, i, 0}, 0, plan_.inputs[i].desc, given(plan_.inputs[i].name));
    for (const NamedTensor& control : plan_.controls) put(before, {Region::control, 0, 0}, control.offset, control.desc, given(control.name));
    for (std::uint32_t i = 0; i < plan_.states.size(); ++i)
        put(before, {Region::state, i, 0}, 0, plan_.states[i].desc, tensors.contains(plan_.states[i].name) ? given(plan_.states[i].name) : Tensor(plan_.states[i].desc));

    const std::span<std::byte> counters = std::span(before).subspan(places_.at({Region::counter, 0, 0}).offset, plan_.counter_bytes);
    std::ranges::fill(counters, std::byte{0});

    for (const Block& block : blocks_) commands_.upload(block.memory, 0, std::span(before).subspan(block.begin, block.end - block.begin));
    commands_.run(recorded_);
    PlanResult result;
    result.memory = before;
    for (const Block& block : blocks_) commands_.download(block.memory, std::span(result.memory).subspan(block.begin, block.end - block.begin));
    result.damage = damage(before, result.memory);
    if (!std::ranges::equal(counters, std::span(result.memory).subspan(places_.at({Region::counter, 0, 0}).offset, plan_.counter_bytes)))
        result.damage += " counters are not 0 again";
    for (std::uint32_t i = 0; i < plan_.outputs.size(); ++i) result.values.emplace(plan_.outputs[i].name, taken(result.memory, {Region::output, i, 0}, plan_.outputs[i].desc));
    for (std::uint32_t i = 0; i < plan_.states.size(); ++i) result.values.emplace(plan_.states[i].name, taken(result.memory, {Region::state, i, 0}, plan_.states[i].desc));
    return result;
}

std::string PlanRunner::damage(const std::vector<std::byte>& before, const std::vector<std::byte>& after) const {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> writable;   // begin, end
    for (const PlannedDispatch& planned : plan_.dispatches)
        for (const Location& location : planned.locations) {
            const std::uint64_t begin = places_.at(key_of(location)).offset + location.offset;
            if (location.access != Access::read) writable.emplace_back(begin, begin + location.bytes);
        }
    writable.emplace_back(before.size(), before.size());
    std::sort(writable.begin(), writable.end());
    std::uint64_t at = 0;
    for (const auto& [begin, end] : writable) {
        if (begin > at && std::memcmp(before.data() + at, after.data() + at, begin - at) != 0) {
            while (before[at] == after[at]) ++at;
            const auto nearest = std::min_element(places_.begin(), places_.end(), [at](const auto& a, const auto& b) {
                const auto distance = [at](const Place& place) { return at < place.offset ? place.offset - at : at - std::min(at, place.offset + place.bytes); };
                return distance(a.second) < distance(b.second);
            });
            return "byte " + std::to_string(static_cast<std::int64_t>(at - nearest->second.offset)) + " of region " + std::to_string(static_cast<int>(std::get<0>(nearest->first))) +
                   " (" + std::to_string(nearest->second.bytes) + " bytes) was written";
        }
        at = std::max(at, end);
    }
    return {};
}

}  // namespace attune::test

#include "execute/weights.h"

#include "base/trace.h"
#include "execute/commands.h"
#include "plan/rewrite.h"

#include <cmath>
#include <cstring>

namespace attune {
namespace {

// Names of the tensors that a weight of a graph consists of, one below the other.
using Parts = std::map<std::string, std::vector<std::string>>;

Parts parts_of(std::span<const Graph> graphs) {
    Parts parts;
    for (const Graph& graph : graphs)
        for (const ValueInfo& info : graph.values())
            if (info.kind == ValueKind::weight) parts.emplace(info.name, info.parts);
    return parts;
}

std::uint64_t rows_of(const TensorDesc& desc) { return desc.shape.rank() == 1 ? desc.width() : desc.rows(); }

void check_parts(const WeightLayout& layout, const std::vector<std::string>& parts, WeightSource& source) {
    std::uint64_t rows = 0;
    for (const std::string& part : parts) {
        const TensorDesc* desc = source.find(part);
        if (!desc) throw Error(Status::bad_input, part, "is missing from the model");
        const bool same = parts.size() == 1 ? desc->shape == layout.desc.shape
                                            : desc->shape.rank() == layout.desc.shape.rank() &&
                                                  (desc->shape.rank() == 1 || desc->width() == layout.desc.width());
        if (!same)
            throw Error(Status::bad_input, part,
                        "has shape " + desc->shape.text() + ", the model wants " + layout.desc.shape.text());
        if (desc->type == Type::i32 || desc->type == Type::u32)
            throw Error(Status::bad_input, part,
                        std::string("is ") + name_of(desc->type) + ", weights are f32, f16, bf16 or i8");
        rows += rows_of(*desc);
    }
    if (rows != rows_of(layout.desc))
        throw Error(Status::bad_input, parts.front(),
                    "and what follows it have " + std::to_string(rows) + " rows, the model wants " +
                        std::to_string(rows_of(layout.desc)));
}

const char* hint(Precision precision) {
    switch (precision) {
    case Precision::f32: return "f16 takes about half, int8 about a quarter";
    case Precision::f16: return "int8 takes about half";
    case Precision::int8: break;
    }
    return "";
}

// Space for all chunks, in the order of the layouts. Decides first: nothing is allocated if not all fits.
std::vector<vulkan::Span> allocate(Weights::Impl& weights) {
    std::vector<VkDeviceSize> sizes;
    for (const auto& [name, layout] : weights.layouts)
        for (const WeightChunk& chunk : layout.chunks) sizes.push_back(chunk.bytes);
    vulkan::MemoryPool& memory = weights.context->memory();
    const VkDeviceSize  needed = memory.bytes_for(sizes), there = memory.available();
    if (needed > there)
        throw Error(Status::out_of_device_memory, "weights",
                    "need " + std::to_string(needed) + " bytes on the device, which has " + std::to_string(there) +
                        " bytes left for them",
                    hint(weights.options.precision));
    weights.bytes = needed;
    return memory.allocate_filled(sizes);
}

TensorView view_of(const std::string& part, WeightSource& source) {
    const TensorView view = source.at(part);
    if (view.desc.type != Type::i8) return view;
    if (view.scales.size() != 1 && view.scales.size() != view.desc.rows())
        throw Error(Status::bad_input, part,
                    "is " + view.desc.text() + " with " + std::to_string(view.scales.size()) +
                        " scales, wants one, or one for each row");
    for (const float scale : view.scales)
        if (!std::isfinite(scale)) throw Error(Status::bad_input, part, "has a scale that is no finite number");
    return view;
}

// Packs straight into device memory where that is mapped, else through one chunk's worth of host memory.
void load(const WeightLayout& layout, std::size_t chunk, const std::vector<std::string>& parts, WeightSource& source,
          Commands& commands, const vulkan::Span& span) {
    const WeightChunk&     whole = layout.chunks[chunk];
    std::vector<std::byte> host;
    std::span<std::byte>   target = span.mapped().first(span.mapped().empty() ? 0 : whole.bytes);
    if (target.empty()) {
        host.resize(whole.bytes);
        target = host;
    } else {
        std::memset(target.data(), 0, target.size());
    }
    std::uint64_t row = 0;
    for (const std::string& part : parts) {
        const std::uint64_t rows = rows_of(*source.find(part));
        if (row < whole.first_row + whole.rows && whole.first_row < row + rows)
            pack_weight(layout, chunk, row, view_of(part, source), target);
        row += rows;
    }
    if (!host.empty()) commands.upload(span, 0, host);
}

// "encoder.fc1.weight f32[512, 128], panels of 16 rows, chunks 1, 256.0 KiB", a line for each
std::string layouts_text(const WeightLayouts& layouts) {
    std::string text;
    for (const auto& [name, layout] : layouts) {
        text += name + " " + layout.desc.text() + ", ";
        text += layout.packing == Packing::panels ? "panels of " + std::to_string(panel_rows) + " rows" : "row by row";
        text += ", chunks " + std::to_string(layout.chunks.size()) + ", " + byte_count(layout.bytes()) + "\n";
    }
    return text;
}

}  // namespace

Weights::Weights(const Device& device, WeightSource& source, std::span<const Graph> graphs, const RunOptions& options)
    : impl_(std::make_shared<Impl>(device.context(), options)) {
    if (options.trace.shows(1)) tell(options.trace, 1, "device", vulkan::device_text(*impl_->context));
    std::vector<Graph> rewritten;
    for (const Graph& graph : graphs) rewritten.push_back(rewrite(graph, options));
    std::vector<const Graph*> pointers;
    for (const Graph& graph : rewritten) pointers.push_back(&graph);
    add_weight_layouts(impl_->layouts, pointers, impl_->context->traits());

    const Parts parts = parts_of(rewritten);
    for (const auto& [name, layout] : impl_->layouts) check_parts(layout, parts.at(name), source);

    impl_->context->vk();  // throws if the device is lost: packing into mapped memory makes no call that would
    std::vector<vulkan::Span> spans = allocate(*impl_);
    Commands                  commands(impl_->context);
    auto                      next = spans.begin();
    for (const auto& [name, layout] : impl_->layouts)
        for (std::size_t chunk = 0; chunk < layout.chunks.size(); ++chunk) {
            load(layout, chunk, parts.at(name), source, commands, *next);
            impl_->spans[name].push_back(std::move(*next++));
        }
    if (!options.trace.shows(2)) return;
    tell(options.trace, 2, "weights", byte_count(impl_->bytes) + " on the device");
    tell(options.trace, 2, "weights", layouts_text(impl_->layouts));
}

Weights::Weights(Weights&&) noexcept = default;
Weights::~Weights()                  = default;

std::uint64_t     Weights::bytes() const noexcept { return impl_->bytes; }
const RunOptions& Weights::options() const noexcept { return impl_->options; }

}  // namespace attune

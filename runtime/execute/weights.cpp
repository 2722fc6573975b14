#include "execute/weights.h"

#include "execute/commands.h"
#include "plan/rewrite.h"

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
        if (desc->type != Type::f32 && desc->type != Type::f16 && desc->type != Type::bf16)
            throw Error(Status::bad_input, part,
                        std::string("is ") + name_of(desc->type) + ", weights are f32, f16 or bf16");
        rows += rows_of(*desc);
    }
    if (rows != rows_of(layout.desc))
        throw Error(Status::bad_input, parts.front(),
                    "and what follows it have " + std::to_string(rows) + " rows, the model wants " +
                        std::to_string(rows_of(layout.desc)));
}

// Packs straight into device memory where that is mapped, else through one chunk's worth of host memory.
void load(Weights::Impl& weights, Commands& commands, const std::string& name, const std::vector<std::string>& parts,
          WeightSource& source) {
    const WeightLayout& layout = weights.layouts.at(name);
    check_parts(layout, parts, source);
    auto& spans = weights.spans[name];
    for (std::size_t c = 0; c < layout.chunks.size(); ++c) {
        spans.push_back(weights.context->memory().allocate(vulkan::Intent::device, layout.chunks[c].bytes));
        weights.bytes += spans.back().size();
        std::vector<std::byte> host;
        std::span<std::byte>   target =
            spans.back().mapped().first(spans.back().mapped().empty() ? 0 : layout.chunks[c].bytes);
        if (target.empty()) {
            host.resize(layout.chunks[c].bytes);
            target = host;
        } else {
            std::memset(target.data(), 0, target.size());
        }
        std::uint64_t row = 0;
        for (const std::string& part : parts) {
            const std::uint64_t rows = rows_of(*source.find(part));
            if (row < layout.chunks[c].first_row + layout.chunks[c].rows && layout.chunks[c].first_row < row + rows)
                pack_weight(layout, c, row, source.at(part), target);
            row += rows;
        }
        if (!host.empty()) commands.upload(spans.back(), 0, host);
    }
}

}  // namespace

Weights::Weights(const Device& device, WeightSource& source, std::span<const Graph> graphs, const RunOptions& options)
    : impl_(std::make_shared<Impl>(device.context(), options)) {
    std::vector<Graph> rewritten;
    for (const Graph& graph : graphs) rewritten.push_back(rewrite(graph, options));
    std::vector<const Graph*> pointers;
    for (const Graph& graph : rewritten) pointers.push_back(&graph);
    add_weight_layouts(impl_->layouts, pointers, impl_->context->traits());

    Commands    commands(impl_->context);
    const Parts parts = parts_of(rewritten);
    for (const auto& [name, layout] : impl_->layouts) load(*impl_, commands, name, parts.at(name), source);
}

Weights::Weights(Weights&&) noexcept = default;
Weights::~Weights()                  = default;

std::uint64_t     Weights::bytes() const noexcept { return impl_->bytes; }
const RunOptions& Weights::options() const noexcept { return impl_->options; }

}  // namespace attune

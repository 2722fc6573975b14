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
    const VkDeviceSize  needed = memory.bytes_for(sizes), there = memory.available(MemoryClass::weights);
    if (needed > there)
        throw Error(Status::out_of_device_memory, "weights",
                    "need " + std::to_string(needed) + " bytes on the device, which has " + std::to_string(there) +
                        " bytes left for them",
                    hint(weights.options.precision));
    weights.bytes = needed;
    return memory.allocate_filled(MemoryClass::weights, sizes);
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

constexpr std::uint64_t piece_bytes = 1u << 20;  // that are packed at once

// A piece of a chunk, and where it goes.
struct Piece {
    const std::string*  weight = nullptr;
    const WeightLayout* layout = nullptr;
    std::size_t         chunk  = 0;
    WeightPiece         piece;
};

std::vector<Piece> all_pieces(const WeightLayouts& layouts) {
    std::vector<Piece> pieces;
    for (const auto& [name, layout] : layouts)
        for (std::size_t chunk = 0; chunk < layout.chunks.size(); ++chunk)
            for (const WeightPiece& piece : pieces_of(layout, layout.chunks[chunk], piece_bytes))
                pieces.push_back({&name, &layout, chunk, piece});
    return pieces;
}

}  // namespace

class WeightsUpload::Impl {
public:
    Impl(const Device& device, WeightSource& source, std::span<const Graph> graphs, const RunOptions& options,
         std::uint32_t slots)
        : source_(source), commands_(device.context()),
          weights_(std::make_shared<Weights::Impl>(device.context(), options)) {
        weights_->staging.resize(slots);
        if (options.trace.shows(1)) tell(options.trace, 1, "device", vulkan::device_text(*weights_->context));
        std::vector<Graph> rewritten;
        for (const Graph& graph : graphs) rewritten.push_back(rewrite(graph, options));
        std::vector<const Graph*> pointers;
        for (const Graph& graph : rewritten) pointers.push_back(&graph);
        add_weight_layouts(weights_->layouts, pointers, weights_->context->traits());
        parts_ = parts_of(rewritten);
        for (const auto& [name, layout] : weights_->layouts) check_parts(layout, parts_.at(name), source);

        weights_->context->vk();  // throws if the device is lost: packing into mapped memory makes no call that would
        std::vector<vulkan::Span> spans = allocate(*weights_);
        auto                      next  = spans.begin();
        for (const auto& [name, layout] : weights_->layouts)
            for (std::size_t chunk = 0; chunk < layout.chunks.size(); ++chunk)
                weights_->spans[name].push_back(std::move(*next++));
        pieces_ = all_pieces(weights_->layouts);
        for (const Piece& piece : pieces_) in_all_ += piece.piece.rows.bytes;
        if (!options.trace.shows(2)) return;
        tell(options.trace, 2, "weights", byte_count(weights_->bytes) + " on the device");
        tell(options.trace, 2, "weights", layouts_text(weights_->layouts));
    }

    bool next(const FrameTarget& target, std::uint64_t most_bytes) {
        if (target.commands && target.slot >= weights_->staging.size())
            throw Error(Status::usage, "slot " + std::to_string(target.slot),
                        "is beyond the " + std::to_string(weights_->staging.size()) + " frames in flight");
        VkDeviceSize staged = 0;  // bytes of the slot's staging memory that this call has filled
        for (std::uint64_t bytes = 0; next_ < pieces_.size(); ++next_) {
            const std::uint64_t size = pieces_[next_].piece.rows.bytes;
            if (bytes > 0 && bytes + size > most_bytes) return false;
            const vulkan::Span& span = weights_->chunk(*pieces_[next_].weight, static_cast<std::uint32_t>(pieces_[next_].chunk));
            if (!span.mapped().empty())
                pack(pieces_[next_], span.mapped().subspan(pieces_[next_].piece.offset, size));
            else if (!target.commands)
                upload(pieces_[next_], span);
            else if (!record(pieces_[next_], span, target, staged))
                return false;
            bytes += size;
            done_ += size;
        }
        return true;
    }

    std::uint64_t                         done() const noexcept { return done_; }
    std::uint64_t                         in_all() const noexcept { return in_all_; }
    const std::shared_ptr<Weights::Impl>& weights() const noexcept { return weights_; }

private:
    void pack(const Piece& piece, std::span<std::byte> out) {
        std::memset(out.data(), 0, out.size());
        const WeightChunk& whole = piece.piece.rows;
        const WeightLayout layout{.desc = piece.layout->desc, .packing = piece.layout->packing, .chunks = {whole}};
        std::uint64_t      row = 0;
        for (const std::string& part : parts_.at(*piece.weight)) {
            const std::uint64_t rows = rows_of(*source_.find(part));
            if (row < whole.first_row + whole.rows && whole.first_row < row + rows)
                pack_weight(layout, 0, row, numbers_of(part), out);
            row += rows;
        }
    }

    // Pieces of one tensor follow each other, and reading one may be costly.
    const TensorView& numbers_of(const std::string& part) {
        if (read_ != part) view_ = view_of(part, source_);
        read_ = part;
        return view_;
    }

    void upload(const Piece& piece, const vulkan::Span& span) {
        packed_.resize(piece.piece.rows.bytes);
        pack(piece, packed_);
        commands_.upload(span, piece.piece.offset, packed_);
    }

    // False if the slot's staging memory is full.
    bool record(const Piece& piece, const vulkan::Span& span, const FrameTarget& target, VkDeviceSize& staged) {
        const std::uint64_t size    = piece.piece.rows.bytes;
        vulkan::Span&       staging = weights_->staging[target.slot];
        vulkan::MemoryPool& memory  = weights_->context->memory();
        if (staged == 0 && (!staging || staging.size() < size))
            staging = memory.allocate(MemoryClass::upload, std::max(size, piece_bytes));
        if (staged + size > staging.size()) return false;
        pack(piece, staging.mapped().subspan(staged, size));
        const VkBufferCopy copy{
            .srcOffset = staging.offset() + staged, .dstOffset = span.offset() + piece.piece.offset, .size = size};
        weights_->context->vk().CmdCopyBuffer(target.commands, staging.buffer(), span.buffer(), 1, &copy);
        staged += size;
        return true;
    }

    WeightSource&                  source_;
    Commands                       commands_;
    std::shared_ptr<Weights::Impl> weights_;
    Parts                          parts_;
    std::vector<Piece>             pieces_;
    std::size_t                    next_ = 0;
    std::uint64_t                  done_ = 0, in_all_ = 0;
    std::vector<std::byte>         packed_;
    std::string                    read_;  // the part whose numbers are at hand
    TensorView                     view_;
};

WeightsUpload::WeightsUpload(const Device& device, WeightSource& source, std::span<const Graph> graphs,
                             const RunOptions& options, std::uint32_t slots)
    : impl_(std::make_unique<Impl>(device, source, graphs, options, slots)) {}
WeightsUpload::WeightsUpload(WeightsUpload&&) noexcept            = default;
WeightsUpload& WeightsUpload::operator=(WeightsUpload&&) noexcept = default;
WeightsUpload::~WeightsUpload()                                   = default;

bool WeightsUpload::next(const FrameTarget& target, std::uint64_t most_bytes) { return impl_->next(target, most_bytes); }
std::uint64_t WeightsUpload::bytes_done() const noexcept { return impl_->done(); }
std::uint64_t WeightsUpload::bytes_in_all() const noexcept { return impl_->in_all(); }
Weights       WeightsUpload::weights() const { return Weights(impl_->weights()); }

Weights::Weights(const Device& device, WeightSource& source, std::span<const Graph> graphs, const RunOptions& options) {
    WeightsUpload upload(device, source, graphs, options);
    upload.next({}, UINT64_MAX);
    *this = upload.weights();
}

Weights::Weights(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Weights::Weights(Weights&&) noexcept            = default;
Weights& Weights::operator=(Weights&&) noexcept = default;
Weights::~Weights()                             = default;

std::uint64_t     Weights::bytes() const noexcept { return impl_->bytes; }
const RunOptions& Weights::options() const noexcept { return impl_->options; }

}  // namespace attune

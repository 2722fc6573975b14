#include "generate/buckets.h"
#include "generate/line.h"

#include <map>

namespace attune {
namespace {

std::string describe(const MarianConfig& c, const GenerationConfig& g) {
    const auto  n    = [](std::uint64_t value) { return std::to_string(value); };
    std::string text = "MarianMT, post-norm Transformer, " + n(c.encoder_layers) + " encoder and " +
                       n(c.decoder_layers) + " decoder layers\n";
    text += "width " + n(c.d_model) + ", heads " + n(c.encoder_attention_heads) + " / " + n(c.decoder_attention_heads) +
            ", FFN " + n(c.encoder_ffn_dim) + " / " + n(c.decoder_ffn_dim) + "\n";
    text += "vocabulary " + n(c.vocab_size) +
            (c.share_encoder_decoder_embeddings ? " shared" : " source, " + n(c.decoder_vocab_size) + " target") +
            (c.tie_word_embeddings ? ", output tied to the embedding" : ", output of its own") + "\n";
    text += "positions " + n(c.max_position_embeddings) + ", start " + n(g.decoder_start_token_id) + ", pad " +
            n(g.pad_token_id) + ", end";
    for (const std::uint32_t id : g.eos_token_ids) text += " " + n(id);
    text += "\ndefaults: beam " + n(g.num_beams) + ", length penalty " + std::to_string(g.length_penalty) +
            ", max length " + n(g.max_length.value_or(20)) + " with start\n";
    return text;
}

// Dispatches of the nodes between the first and the last decoder layer, per layer: what lies before the
// first layer norm of layer 0 counts to it.
std::size_t dispatches_per_layer(Model& model, const marian::Capacity& capacity, const marian::StepShape& shape,
                                 Session& session, std::size_t all) {
    MarianConfig fewer = model.config();
    if (fewer.decoder_layers < 2) return all;
    fewer.decoder_layers -= 1;
    return all - session.prepare(marian::decoder_step(fewer, capacity, shape)).facts().dispatches;
}

}  // namespace

Translator::Inspection inspect_model(Model& model, std::uint32_t rows) {
    Translator::Inspection result;
    result.architecture = describe(model.config(), model.generation());
    for (const auto& [name, desc] : model.checkpoint().list()) {
        result.parameters += desc.elements();
        result.tensors.push_back({name, name_of(desc.type), desc.shape.text()});
    }
    result.decoder_layers = model.config().decoder_layers;
    result.device_bytes   = model.device_bytes();
    if (!model.device()) return result;

    const marian::Capacity  capacity{.memory_tokens = 512, .rows = rows};
    const marian::StepShape shape{
        .rows = rows, .capacity = 32, .beams = 1, .candidates = 1, .banned = 4, .alignment_keys = 0};
    Session       session     = model.new_session();
    const Program encoder     = session.prepare(marian::encoder(model.config(), capacity, {.tokens = 32, .blocks = 8}));
    const Program decoder     = session.prepare(marian::decoder_step(model.config(), capacity, shape));
    result.encoder_plan       = encoder.text();
    result.decoder_plan       = decoder.text();
    result.decoder_dispatches = decoder.facts().dispatches;
    result.decoder_barriers   = decoder.facts().barriers;
    result.arena_bytes        = decoder.facts().arena_bytes;
    result.dispatches_per_decoder_layer =
        dispatches_per_layer(model, capacity, shape, session, result.decoder_dispatches);
    return result;
}

}  // namespace attune

#include "generate/line.h"

namespace attune {
namespace {

// Dispatches of the nodes between the first and the last decoder layer, per layer: what lies before the
// first layer norm of layer 0 counts to it.
std::size_t dispatches_per_layer(Model& model, const marian::Capacity& capacity, const marian::StepShape& shape,
                                 Session& session, std::size_t all) {
    MarianConfig fewer = model.config();
    if (fewer.decoder_layers < 2) return all;
    fewer.decoder_layers -= 1;
    return all -
           session.prepare(marian::decoder_step(fewer, capacity, shape), "step of one layer less").facts().dispatches;
}

}  // namespace

Translator::Inspection inspect_model(Model& model, std::uint32_t rows) {
    Translator::Inspection result = inspect_folder(model.folder());
    result.device_bytes           = model.device_bytes();
    if (!model.device()) return result;

    const marian::Capacity  capacity{.memory_tokens = 512, .rows = rows};
    const marian::StepShape shape{
        .rows = rows, .capacity = 32, .beams = 1, .candidates = 1, .banned = 4, .alignment_keys = 0};
    Session       session = model.new_session();
    const Program encoder =
        session.prepare(marian::encoder(model.config(), capacity, {.tokens = 32, .blocks = 8}), "encoder");
    const Program decoder     = session.prepare(marian::decoder_step(model.config(), capacity, shape), "step");
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

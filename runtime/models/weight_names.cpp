#include "models/weight_names.h"

#include <algorithm>
#include <cassert>

namespace attune {
namespace {

// marian-nmt/marian-dev, src/models/transformer.h. A norm belongs to the sublayer before it.
struct MarianPart {
    std::string_view part, weight, bias;
};
constexpr MarianPart marian_parts[] = {
    {"self_attn.q_proj", "self_Wq", "self_bq"},
    {"self_attn.k_proj", "self_Wk", "self_bk"},
    {"self_attn.v_proj", "self_Wv", "self_bv"},
    {"self_attn.out_proj", "self_Wo", "self_bo"},
    {"self_attn_layer_norm", "self_Wo_ln_scale", "self_Wo_ln_bias"},
    {"rnn.forget", "rnn_Wf", "rnn_bf"},
    {"rnn.candidate", "rnn_W", ""},
    {"rnn_layer_norm", "rnn_ffn_ln_scale", "rnn_ffn_ln_bias"},
    {"encoder_attn.q_proj", "context_Wq", "context_bq"},
    {"encoder_attn.k_proj", "context_Wk", "context_bk"},
    {"encoder_attn.v_proj", "context_Wv", "context_bv"},
    {"encoder_attn.out_proj", "context_Wo", "context_bo"},
    {"encoder_attn_layer_norm", "context_Wo_ln_scale", "context_Wo_ln_bias"},
    {"fc1", "ffn_W1", "ffn_b1"},
    {"fc2", "ffn_W2", "ffn_b2"},
    {"final_layer_norm", "ffn_ffn_ln_scale", "ffn_ffn_ln_bias"},
};

}  // namespace

std::string weight_name(WeightNames names, Stack stack, std::size_t layer, std::string_view part, WeightKind kind) {
    const std::string side = stack == Stack::encoder ? "encoder" : "decoder";
    const bool        bias = kind == WeightKind::bias;
    if (names == WeightNames::hugging_face)
        return "model." + side + ".layers." + std::to_string(layer) + "." + std::string(part) +
               (bias ? ".bias" : ".weight");
    const auto* found = std::ranges::find(marian_parts, part, &MarianPart::part);
    assert(found != std::end(marian_parts));
    return side + "_l" + std::to_string(layer + 1) + "_" + std::string(bias ? found->bias : found->weight);
}

}  // namespace attune

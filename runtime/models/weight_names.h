// What the weights of a layer are called in each kind of file. Graphs name weights as their file does, so that an
// error names what somebody can find there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace attune {

enum class WeightNames : std::uint8_t { hugging_face, marian };
enum class Stack : std::uint8_t { encoder, decoder };
enum class WeightKind : std::uint8_t { weight, bias };  // of a norm: gain and bias

// The name of a part of layer `layer`, counted from 0. Parts have transformers' names, "self_attn.q_proj"; those of
// the recurrent unit, which only Marian's own files have, are rnn.forget, rnn.candidate and rnn_layer_norm.
std::string weight_name(WeightNames names, Stack stack, std::size_t layer, std::string_view part, WeightKind kind);

}  // namespace attune

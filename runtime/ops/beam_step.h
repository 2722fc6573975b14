// What the op beam_step takes, and how a sentence's search lies in its state, for those who fill it.
#pragma once

#include "params/beam_step.h"

namespace attune::ops {

inline constexpr std::uint32_t most_search_beams = 16, most_search_candidates = 64;  // of a sentence; of a row

}  // namespace attune::ops

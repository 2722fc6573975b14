// What runs of a program take, back to back.
#pragma once

#include "execute/program.h"

namespace attune {

// On this memory, which has been filled; states move on with each run. See Session::sample.
RunSamples sample_runs(Program::Impl& program, const SessionMemory& memory, Commands& commands, std::uint32_t repeats,
                       std::uint32_t samples);

}  // namespace attune

// What each dispatch of a program takes, measured one after the other.
#pragma once

#include "execute/program.h"

namespace attune {

// Runs the program once on this memory, which has been filled: states move on as in any run, outputs are not
// read back. By the queue's timestamps, or the host's clock where it has none.
ProgramTimes time_dispatches(Program::Impl& program, const SessionMemory& memory, Commands& commands);

}  // namespace attune

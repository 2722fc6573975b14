// Ctrl-C and SIGTERM as a flag that long work looks at. The only handlers are the program's: the library has none.
#pragma once

#include <atomic>

namespace attune::cli {

// From here on the first SIGINT or SIGTERM sets the flag. What has not come to an end a second later, be it a
// driver that compiles or a pipe that nobody empties, is ended; so it is at once by a second signal.
void catch_interrupts();

// Writing to a pipe that nobody reads any more ends the program without a word, whoever started it.
void end_quietly_on_closed_pipes();

const std::atomic<bool>& interrupted() noexcept;

// 128 + the number of the signal that came, as shells count: 130 after Ctrl-C.
int interrupted_status() noexcept;

}  // namespace attune::cli

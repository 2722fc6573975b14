// The commands of the program. Each takes the words after its name and returns the exit status;
// attune::Error goes to main(), which makes a message and a status of it.
#pragma once

#include "arguments.h"

namespace attune::cli {

// Exit statuses. An interrupted run ends with 128 + the number of the signal.
enum Exit : int { done = 0, bad_input = 1, usage = 2, no_device = 3 };

int translate(const Words& words);
int devices(const Words& words);
int inspect(const Words& words);
int check(const Words& words);
int bench(const Words& words);
int tune(const Words& words);

std::string translate_help();
std::string devices_help();
std::string inspect_help();
std::string check_help();
std::string bench_help();
std::string tune_help();

}  // namespace attune::cli

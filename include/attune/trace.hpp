// What the library can tell about its work, as lines for people. It prints nothing itself: it hands the
// lines to a function of the program.
//
//     attune::TranslatorOptions options;
//     options.trace = {.level = 1, .line = [](const std::string& line) { std::clog << line << '\n'; }};
#pragma once

#include <functional>
#include <string>

namespace attune {

struct Trace {
    // Each level has what those below it have.
    //   0  nothing
    //   1  the device: driver, memory, the limits that matter, the family of kernels
    //   2  the model: architecture, weights and how they lie; of each program that is prepared, its kernels with
    //      their specialization constants, and how often each is there
    //   3  the plan of each program as it is prepared: dispatches, bindings, barriers, working memory
    //   4  a Translator also times its programs (see Translator::times), which slows it down
    unsigned level = 0;

    // Takes one line, without its end. Called by the thread that called the library, before that call returns:
    // by several at once if several threads use the library at once. Copied along with the options, and kept as
    // long as what was made with them. It must not throw, nor call what is calling it.
    std::function<void(const std::string& line)> line = {};

    bool shows(unsigned wanted) const { return level >= wanted && line; }
};

}  // namespace attune

// A row of the op table through the public API: what a user's program would do.
#pragma once

#include "checks/case.h"

#include <attune/session.hpp>

namespace attune::test {

// A row's graph in a session of its own on a device.
class SessionRun {
public:
    SessionRun(const Device& device, const Case& row, Compile compile = Compile::now);

    // Outputs and states by name; `changed` replaces some of the row's tensors.
    std::map<std::string, Tensor> results(const std::map<std::string, Tensor>& changed = {});

    Session&       session() noexcept { return session_; }
    const Program& program() const noexcept { return program_; }

private:
    const Case& row_;
    WeightMap   source_;
    Weights     weights_;
    Session     session_;
    Program     program_;
};

// What is wrong with a row on a device, one line each: against the oracle, a second time, and with other numbers
// in the place of those that must not be seen.
std::vector<std::string> failures_in_session(const Device& device, const Case& row);

}  // namespace attune::test

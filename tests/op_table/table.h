// The rows of checks/ on the devices of the tests: each runs twice with the same bits, writes nothing
// outside of what it may (support/plan_runner.h), and keeps its bits when numbers that it must not see
// are exchanged.
#pragma once

#include "checks/case.h"

#include <attune/device.hpp>

namespace attune::test {

// Checks the profile's share of the rows on the profile's device; on lavapipe, some of them on the GPU kernels too.
void check_rows(const OpTable& table);

// Checks one row on one device; returns what is wrong, one line each. Long bindings overlap their
// neighbours in the arena: exact ones are for validation.
struct CheckOptions {
    bool through_session = false;
    bool long_bindings = true;
};
std::vector<std::string> failures(const Device& device, const Case& row, const CheckOptions& options);

// The results of a row's graph by name, through support/plan_runner.h.
std::map<std::string, Tensor> results(const Device& device, const Case& row);

}  // namespace attune::test

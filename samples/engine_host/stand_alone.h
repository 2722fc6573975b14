// The same lines translated by attune with a device of its own: what the guest's translations are compared with.
#pragma once

#include <string>
#include <vector>

namespace host {

// Greedily, in the order of the lines. `device`: the name of the one to use.
std::vector<std::string> translate_alone(const std::string& model, const std::string& device,
                                         const std::vector<std::string>& lines);

}  // namespace host

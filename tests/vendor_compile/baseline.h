// What the kernels took of each GPU when somebody last looked: tests/vendor_compile/baseline.tsv.
#pragma once

#include "vendor_compile/amd_compiler.h"

#include <map>
#include <string>
#include <vector>

namespace attune::test {

// By "family kernel constants".
struct Baseline {
    std::string                           driver;   // numbers of another one say nothing
    std::map<std::string, CompiledKernel> kernels;

    static Baseline read(const std::string& path);   // empty where there is no file
    void            write(const std::string& path) const;
};

std::string key_of(const std::string& family, const Kernel& kernel, std::span<const std::uint32_t> constants);

// What has grown by more than a tenth, or spills more than before, one line each.
std::vector<std::string> growth(const CompiledKernel& before, const CompiledKernel& now);

}  // namespace attune::test

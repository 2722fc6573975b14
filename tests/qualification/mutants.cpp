#include "qualification/mutants.h"

#include "kernels/kernels.h"

#include <attune/error.hpp>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace attune::test {
namespace {

const std::filesystem::path sources = ATTUNE_SOURCE_DIR;

std::string content_of(const std::filesystem::path& path) {
    std::ifstream     file(path, std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

// "ops/linear_registers.comp -DROWS=16 -DLANES=8", as the build says it.
std::string compiled_from(const std::string& kernel) {
    std::string found = content_of(std::filesystem::path(ATTUNE_KERNEL_SOURCES) / (kernel + ".source"));
    if (found.empty()) throw Error(Status::bad_input, kernel, "is not in cmake/kernels.cmake");
    return found;
}

std::string replaced(std::string text, const Mutant& mutant) {
    std::size_t count = 0;
    for (std::size_t at = 0; (at = text.find(mutant.right, at)) != std::string::npos; at += std::strlen(mutant.wrong), ++count)
        text.replace(at, std::strlen(mutant.right), mutant.wrong);
    if (count == 0) throw Error(Status::bad_input, mutant.file, std::string("does not say \"") + mutant.right + "\"");
    return text;
}

}  // namespace

MutantCompiler::MutantCompiler() {
    std::filesystem::copy(sources / "shaders", folder_.path() / "shaders", std::filesystem::copy_options::recursive);
}

std::vector<std::uint32_t> MutantCompiler::compile(const Mutant& mutant) const {
    const std::filesystem::path shaders = folder_.path() / "shaders", changed = shaders / mutant.file, spirv = folder_.path() / "mutant.spv";
    const std::string           right = content_of(changed);
    std::ofstream(changed, std::ios::binary) << replaced(right, mutant);
    const std::string command = std::string(ATTUNE_GLSLC) + " --target-env=vulkan1.1 -O -o " + spirv.string() + " " + shaders.string() + "/" + compiled_from(mutant.kernel);
    const int status = std::system(command.c_str());
    std::ofstream(changed, std::ios::binary) << right;
    if (status != 0) throw Error(Status::bad_input, mutant.what, "does not compile: " + command);
    const std::string          bytes = content_of(spirv);
    std::vector<std::uint32_t> words(bytes.size() / 4);
    std::memcpy(words.data(), bytes.data(), words.size() * 4);
    return words;
}

bool applies(const Mutant& mutant) { return content_of(sources / "shaders" / mutant.file).find(mutant.right) != std::string::npos; }

const Kernel& kernel_called(const std::string& name) {
    const auto found = std::ranges::find(kernels::all(), name, [](const Kernel* kernel) { return kernel->name; });
    if (found == kernels::all().end()) throw Error(Status::bad_input, name, "is no kernel");
    return **found;
}

}  // namespace attune::test

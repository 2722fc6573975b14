#include "vendor_compile/baseline.h"

#include <fstream>
#include <sstream>

namespace attune::test {
namespace {

constexpr const char* heading = "family\tkernel\tconstants\tsgprs\tvgprs\tspilled sgprs\tspilled vgprs\tscratch\tlds\tcode\twaves";

// "family\tkernel\tconstants" and the numbers behind it.
std::pair<std::string, CompiledKernel> entry_of(const std::string& line) {
    std::istringstream fields(line);
    std::string        family, kernel, constants;
    std::getline(fields, family, '\t');
    std::getline(fields, kernel, '\t');
    std::getline(fields, constants, '\t');
    CompiledKernel c;
    fields >> c.sgprs >> c.vgprs >> c.spilled_sgprs >> c.spilled_vgprs >> c.scratch >> c.lds >> c.code >> c.waves;
    if (!fields) throw Error(Status::bad_input, "baseline.tsv", "has a line that is none: " + line);
    return {family + '\t' + kernel + '\t' + constants, c};
}

}  // namespace

Baseline Baseline::read(const std::string& path) {
    Baseline      baseline;
    std::ifstream file(path);
    std::getline(file, baseline.driver);
    std::string line;
    std::getline(file, line);   // the heading
    while (std::getline(file, line)) baseline.kernels.insert(entry_of(line));
    return baseline;
}

void Baseline::write(const std::string& path) const {
    std::ofstream file(path);
    file << driver << '\n' << heading << '\n';
    for (const auto& [key, c] : kernels)
        file << key << '\t' << c.sgprs << '\t' << c.vgprs << '\t' << c.spilled_sgprs << '\t' << c.spilled_vgprs << '\t' << c.scratch << '\t' << c.lds << '\t'
             << c.code << '\t' << c.waves << '\n';
    if (!file.flush()) throw Error(Status::bad_input, path, "cannot be written");
}

std::string key_of(const std::string& family, const Kernel& kernel, std::span<const std::uint32_t> constants) {
    std::string key = family + '\t' + std::string(kernel.name) + '\t';
    for (std::size_t i = 0; i < constants.size(); ++i) key += (i ? "," : "") + std::to_string(constants[i]);
    return key;
}

std::vector<std::string> growth(const CompiledKernel& before, const CompiledKernel& now) {
    std::vector<std::string> lines;
    const auto               compare = [&](const char* what, std::uint64_t old, std::uint64_t fresh) {
        if (fresh * 10 > old * 11) lines.push_back(std::string(what) + " grew from " + std::to_string(old) + " to " + std::to_string(fresh));
    };
    compare("VGPRs", before.vgprs, now.vgprs);
    compare("LDS", before.lds, now.lds);
    compare("code", before.code, now.code);
    if (now.spilled_sgprs + now.spilled_vgprs + now.scratch > before.spilled_sgprs + before.spilled_vgprs + before.scratch)
        lines.push_back("more is spilled than before");
    return lines;
}

}  // namespace attune::test

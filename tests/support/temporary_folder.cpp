#include "support/temporary_folder.h"

#include <fstream>
#include <random>
#include <stdexcept>
#include <string>

namespace attune::test {

TemporaryFolder::TemporaryFolder() {
    std::random_device random;   // only for a name that no other process has
    do path_ = std::filesystem::temp_directory_path() / ("attune_test_" + std::to_string(random()));
    while (!std::filesystem::create_directory(path_));
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path TemporaryFolder::write(std::string_view name, std::string_view content) const {
    const std::filesystem::path file = path_ / name;
    std::ofstream               out(file, std::ios::binary | std::ios::trunc);
    out.write(content.data(), static_cast<std::streamsize>(content.size()));
    out.close();
    if (!out) throw std::runtime_error("cannot write " + file.string());
    return file;
}

}   // namespace attune::test

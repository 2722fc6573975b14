#include "fuzz/fuzz.h"

#include <attune/error.hpp>

#include <map>

namespace attune::test {
namespace {

// A folder per format, made once.
const TemporaryFolder& folder_of(const Format& format) {
    static std::map<std::string, TemporaryFolder> folders;
    const auto [place, is_new] = folders.try_emplace(format.name);
    if (is_new) format.around(place->second);
    return place->second;
}

}   // namespace

void open_as(const Format& format, std::string_view bytes) {
    const TemporaryFolder& folder = folder_of(format);
    folder.write(format.file, bytes);
    std::uint64_t largest_tensor = 0;
    try {
        format.open(folder.path(), largest_tensor);
    } catch (const Error& error) {
        const std::string_view message = error.what();
        must(error.status() == Status::bad_input, "the status is not bad_input");
        must(message.starts_with("[") && message.find("] ") < message.size() - 2, "the message is not [where] what");
        must(message.find(folder.path().string()) != std::string_view::npos, "the message does not name the file");
    }
}

}   // namespace attune::test

// What the user asks for.
#pragma once

#include "guest.h"

#include <optional>
#include <string>

namespace host {

struct Options {
    std::uint64_t frames = 600;
    GuestOptions  guest;
    std::uint32_t width = 1280, height = 720;
    std::string   pictures;  // folder for PNG files; "": none
    std::string   fonts;     // folder
    bool          window = false;
};

std::string usage();
// None where help is asked for. Throws std::invalid_argument for words that make no sense.
std::optional<Options> parse(int count, char** words);

const char* name_of(Mode mode);

}  // namespace host

// One HTML page that compares devices: self-contained, and whole without scripts.
#pragma once

#include "bench/report/read.h"

#include <filesystem>
#include <string>

namespace attune::bench {

// The page as UTF-8, of a reading that has records. All text of records is escaped; nothing is loaded from anywhere.
std::string page_of(const Reading& reading);

// Writes a file through a temporary name beside it, so that there is all of it or what was there before. Throws
// bad_input naming it.
void write_whole(const std::filesystem::path& path, std::string_view text);

}  // namespace attune::bench

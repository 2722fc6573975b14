// Every kind of file that a model folder may hold: a small valid one, what lies around it, and how the
// library opens it. One more format is one more row.
#pragma once

#include "support/temporary_folder.h"

#include <attune/model_source.hpp>

#include <cstdint>
#include <span>
#include <string>

namespace attune::test {

struct Format {
    const char* name;
    const char* file;                            // the one that is broken
    std::string (*valid)();                      // its bytes, unbroken
    void (*around)(const TemporaryFolder&);      // writes the other files of the folder

    // Opens the folder, or a host's files, and uses all that is in it. `largest_tensor` becomes the bytes of the largest
    // tensor as soon as it is known, for it justifies memory.
    void (*open)(const ModelSource& source, std::uint64_t& largest_tensor);

    unsigned every;                  // of its truncations and flips, every Nth is made
    double   refused_truncations;    // at least this share of them is refused
    double   refused_flips;
    bool     names_others = false;   // an error may name another file of the folder, or a tensor
};

std::span<const Format> all_formats();

// The row of that name.
const Format& format(std::string_view name);

}   // namespace attune::test

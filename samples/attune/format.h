// A translation as lines of text or as a JSON object.
#pragma once

#include <attune/translator.hpp>

#include <string>

namespace attune::cli {

struct Format {
    bool          scores     = false;
    bool          alignment  = false;
    bool          json       = false;
    std::uint32_t hypotheses = 1;   // lines per translation, but for JSON, which has one
};

// Whether a line is its text alone, so that a long one can be written bit by bit.
inline bool is_plain(const Format& f) { return !f.scores && !f.alignment && !f.json && f.hypotheses == 1; }

// `[score ||| ]text[ ||| s-t s-t ..]`, one line per hypothesis; all of them empty for an empty line. JSON: one line, an object.
// A line break inside a text becomes a space, so that lines stay parallel.
std::string formatted(const Translation& translation, const Format& format);

}  // namespace attune::cli

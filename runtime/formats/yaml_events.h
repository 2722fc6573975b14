// YAML text from untrusted files, handed over event by event: yaml_events.cpp does it, and includes yaml-cpp;
// yaml_events_absent.cpp stands in where a build has none (ATTUNE_MARIAN=OFF).
#pragma once

#include <string>
#include <string_view>

namespace attune {

// Told what a document holds, in the order of the text. A method throws to stop, before anything is read that is
// nested deeper.
class YamlHandler {
public:
    virtual ~YamlHandler() = default;

    virtual void scalar(const std::string& text) = 0;
    virtual void null()                          = 0;  // nothing, ~, null
    virtual void begin_list()                    = 0;
    virtual void end_list()                      = 0;
    virtual void begin_map()                     = 0;
    virtual void end_map()                       = 0;
};

// Throws bad_input `[where] ...` with the line for a syntax error, anchors and aliases, tags, text that is not
// one document, or has over 64 KiB, or holds what is not UTF-8, or a control character.
void scan_yaml(std::string_view text, const std::string& where, YamlHandler& handler);

}  // namespace attune

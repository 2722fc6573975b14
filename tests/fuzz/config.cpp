// config.json, and behind the first empty line, generation_config.json.
#include "fuzz/fuzz.h"

using namespace attune::test;

ATTUNE_FUZZ_TARGET(config) {
    static constexpr std::string_view border = "\n\n";
    const std::size_t                 end    = bytes.find(border);
    open_as(format("config"), bytes.substr(0, end));
    if (end != std::string_view::npos) open_as(format("generation"), bytes.substr(end + border.size()));
}

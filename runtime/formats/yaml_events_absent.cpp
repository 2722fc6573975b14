// In the place of yaml_events.cpp where attune is built with ATTUNE_MARIAN=OFF.
#include "formats/yaml_events.h"

#include <attune/error.hpp>

namespace attune {

void scan_yaml(std::string_view, const std::string& where, YamlHandler&) {
    throw Error(Status::bad_input, where, "this build of attune reads no settings of Marian's",
                "build it with ATTUNE_MARIAN=ON");
}

}  // namespace attune

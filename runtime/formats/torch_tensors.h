// Tensors of a torch checkpoint, put together from its pickle and the numbers of its storages.
#pragma once

#include "formats/pickle.h"

#include <functional>

namespace attune {

// The bytes of a storage; throws bad_input for a key that the file does not have.
using FindStorage = std::function<std::span<const std::byte>(const PickledStorage& storage, const std::string& name)>;

// Tensors may share a storage; those that are not row-major have strides. Throws bad_input naming file and
// tensor for one that reaches beyond its storage, and storages that are not as large as they say.
StoredTensors place_tensors(const PickledTensors& tensors, const FindStorage& find, const std::string& where);

}  // namespace attune

#include <attune/weights.hpp>

#include <attune/error.hpp>

namespace attune {

const TensorDesc* WeightMap::find(const std::string& name) const {
    const auto found = tensors_.find(name);
    return found == tensors_.end() ? nullptr : &found->second.desc();
}

TensorView WeightMap::at(const std::string& name) {
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) throw Error(Status::bad_input, name, "is no tensor of this weight map");
    return found->second.view();
}

}  // namespace attune

#include "formats/tensor_table.h"

#include <array>
#include <cstring>

namespace attune {
namespace {

// A tensor that is not row-major in its file, in order.
Tensor gathered(const StoredTensor& stored) {
    Tensor            tensor(stored.desc());
    const std::size_t size = static_cast<std::size_t>(stored.stored.bytes), rank = stored.shape.rank();
    std::array<std::uint64_t, Shape::max_rank> index{};
    std::uint64_t                              source = 0;  // element of the storage at `index`
    for (std::byte* out = tensor.bytes().data(); out != tensor.bytes().data() + tensor.bytes().size(); out += size) {
        std::memcpy(out, stored.bytes.data() + source * size, size);
        for (std::size_t axis = rank; axis-- > 0;) {
            source += stored.strides[axis];
            if (++index[axis] < stored.shape[axis]) break;
            source -= stored.strides[axis] * stored.shape[axis];
            index[axis] = 0;
        }
    }
    return tensor;
}

}  // namespace

void TensorTable::insert(StoredTensors&& tensors) {
    while (!tensors.empty()) {
        const auto added = tensors_.insert(tensors.extract(tensors.begin()));
        if (!added.inserted) continue;
        const auto& [name, stored] = *added.position;
        if (stored.stored.type) descs_.emplace(name, stored.desc());
    }
}

const TensorDesc* TensorTable::find(const std::string& name) const {
    const auto found = descs_.find(std::string_view(name));
    return found == descs_.end() ? nullptr : &found->second;
}

TensorView TensorTable::at(const std::string& name) {
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) refuse_tensor(where_, name, "is missing");
    const StoredTensor& stored = found->second;
    if (!stored.stored.type)
        refuse_tensor(where_, name,
                      "has elements of type " + std::string(stored.stored.name) + "; " + types_read_ + " are read");
    if (stored.stored.type == Type::i8) return {stored.desc(), stored.bytes, {&stored.scale, 1}};
    if (stored.strides.empty()) return {stored.desc(), stored.bytes};
    gathered_ = gathered(stored);
    return gathered_.view();
}

std::vector<Checkpoint::Entry> TensorTable::entries() const {
    std::vector<Checkpoint::Entry> out;
    for (const auto& [name, stored] : tensors_)
        out.push_back({name, stored.stored.name, stored.shape, stored.stored.type.has_value()});
    return out;
}

bool TensorTable::same(const std::string& a, const std::string& b) const {
    const StoredTensor &x = tensors_.at(a), &y = tensors_.at(b);
    if (x.stored.name != y.stored.name || x.shape != y.shape || x.strides != y.strides || x.scale != y.scale ||
        x.bytes.size() != y.bytes.size())
        return false;
    return x.bytes.data() == y.bytes.data() || x.bytes.empty() ||
           std::memcmp(x.bytes.data(), y.bytes.data(), x.bytes.size()) == 0;
}

}  // namespace attune

// Where weights come from: tensors by name. Files, memory, or a program's own source.
#pragma once

#include <attune/tensor.hpp>

#include <map>
#include <string>

namespace attune {

// Tensors by name. Not thread-safe.
class WeightSource {
public:
    virtual ~WeightSource() = default;

    // nullptr if there is no such tensor. The pointer lives as long as the source.
    virtual const TensorDesc* find(const std::string& name) const = 0;

    // The numbers of a tensor that find() knows, valid until the next call of at() or the source's end.
    // Throws bad_input if they cannot be read.
    virtual TensorView at(const std::string& name) = 0;
};

// Tensors in memory.
class WeightMap final : public WeightSource {
public:
    void              set(std::string name, Tensor tensor) { tensors_.insert_or_assign(std::move(name), std::move(tensor)); }
    const TensorDesc* find(const std::string& name) const override;
    TensorView        at(const std::string& name) override;

private:
    std::map<std::string, Tensor> tensors_;
};

}  // namespace attune

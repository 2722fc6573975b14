// Tensors by name whose bytes lie in files that somebody else keeps: what the kinds of Checkpoint share.
#pragma once

#include "formats/checkpoint.h"
#include "formats/stored_tensor.h"

namespace attune {

class TensorTable {
public:
    // For errors: what the tensors are missing from, and the types of elements that can be read.
    TensorTable(std::string where, std::string types_read)
        : where_(std::move(where)), types_read_(std::move(types_read)) {}
    TensorTable(const TensorTable&)            = delete;  // descs_ and views point into tensors_
    TensorTable& operator=(const TensorTable&) = delete;

    // Adds those whose names are new.
    void insert(StoredTensors&& tensors);

    // As Checkpoint says.
    const TensorDesc*                               find(const std::string& name) const;
    TensorView                                      at(const std::string& name);
    std::vector<std::pair<std::string, TensorDesc>> list() const { return {descs_.begin(), descs_.end()}; }
    std::vector<Checkpoint::Entry>                  entries() const;
    bool                                            same(const std::string& a, const std::string& b) const;

private:
    std::string                            where_, types_read_;
    StoredTensors                          tensors_;
    std::map<std::string_view, TensorDesc> descs_;     // of those that can be read, by their names in tensors_
    Tensor                                 gathered_;  // what at() copied last
};

// A checkpoint whose tensors are a table; a subclass fills it, and keeps the bytes.
template <class Interface> class TableCheckpoint : public Interface {
public:
    TableCheckpoint(std::string where, std::string types_read) : table_(std::move(where), std::move(types_read)) {}

    const TensorDesc* find(const std::string& name) const override { return table_.find(name); }
    TensorView        at(const std::string& name) override { return table_.at(name); }
    std::vector<std::pair<std::string, TensorDesc>> list() const override { return table_.list(); }
    std::vector<Checkpoint::Entry>                  entries() const override { return table_.entries(); }
    bool same(const std::string& a, const std::string& b) const override { return table_.same(a, b); }

protected:
    TensorTable table_;
};

}  // namespace attune

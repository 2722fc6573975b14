#include "formats/checkpoint.h"

#include "base/file.h"
#include "base/json.h"
#include "base/utf8.h"
#include "formats/safetensors.h"
#include "formats/torch_checkpoint.h"

#include <attune/error.hpp>

#include <array>
#include <cstring>

namespace attune {
namespace {

using ReadTensors = StoredTensors (*)(std::span<const std::byte> bytes, const std::string& where);

constexpr std::size_t max_shards = 4096;

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

class FileCheckpoint final : public Checkpoint {
public:
    explicit FileCheckpoint(std::filesystem::path folder) : folder_(std::move(folder)) {}

    // All tensors of one file, or only those `wanted` of it; what is wanted must be there.
    void add(const std::string& file, ReadTensors read) { insert(map(file, read)); }
    void add(const std::string& file, ReadTensors read, const std::vector<std::string>& wanted) {
        StoredTensors chosen, all = map(file, read);
        for (const std::string& name : wanted) {
            auto found = all.extract(name);
            if (!found) refuse_tensor((folder_ / file).string(), name, "is missing, though the index says it is here");
            chosen.insert(std::move(found));
        }
        insert(std::move(chosen));
    }

    const TensorDesc* find(const std::string& name) const override {
        const auto found = descs_.find(name);
        return found == descs_.end() ? nullptr : &found->second;
    }

    TensorView at(const std::string& name) override {
        const auto found = tensors_.find(name);
        if (found == tensors_.end()) refuse_tensor(folder_.string(), name, "is missing");
        const StoredTensor& stored = found->second;
        if (!stored.stored.type)
            refuse_tensor(folder_.string(), name,
                          "has elements of type " + std::string(stored.stored.name) + "; F32, F16 and BF16 are read");
        if (stored.strides.empty()) return {stored.desc(), stored.bytes};
        gathered_ = gathered(stored);
        return gathered_.view();
    }

    std::vector<std::pair<std::string, TensorDesc>> list() const override { return {descs_.begin(), descs_.end()}; }

private:
    StoredTensors map(const std::string& file, ReadTensors read) {
        const MappedFile& mapped = files_.emplace_back(MappedFile::open(folder_ / file));
        return read(mapped.bytes(), mapped.path().string());
    }

    void insert(StoredTensors&& tensors) {
        for (const auto& [name, stored] : tensors)
            if (stored.stored.type) descs_.emplace(name, stored.desc());
        tensors_.merge(tensors);
    }

    std::filesystem::path             folder_;
    std::vector<MappedFile>           files_;
    StoredTensors                     tensors_;
    std::map<std::string, TensorDesc> descs_;     // of those that can be read
    Tensor                            gathered_;  // what at() copied last
};

// A shard lies in the folder itself: its name leads nowhere else.
bool is_plain_file_name(const std::string& name) {
    return !name.empty() && name.size() <= 255 && name != "." && name != ".." &&
           name.find_first_of(std::string_view("/\\\0", 3)) == std::string::npos;
}

// {"weight_map": {tensor: shard, ...}} -> shard: tensors
std::map<std::string, std::vector<std::string>> read_index(const std::filesystem::path& path) {
    const Json        index = read_json(path);
    const std::string where = path.string();
    const auto        map   = index.is_object() ? index.find("weight_map") : index.end();
    if (map == index.end() || !map->is_object() || map->empty())
        throw Error(Status::bad_input, where, "has no weight_map with the names of tensors");
    if (map->size() > max_tensors) throw Error(Status::bad_input, where, "names more than 65536 tensors");

    std::map<std::string, std::vector<std::string>> shards;
    for (const auto& [name, shard] : map->items()) {
        expect_tensor_name(where, name);
        if (!shard.is_string()) refuse_tensor(where, name, "has no file name in weight_map");
        const auto& file = shard.get_ref<const std::string&>();
        if (!is_plain_file_name(file))
            refuse_tensor(where, name, "lies in " + in_quotes(file) + ", which is not a plain file name");
        shards[file].push_back(name);
    }
    if (shards.size() > max_shards) throw Error(Status::bad_input, where, "names more than 4096 shards");
    return shards;
}

}  // namespace

std::unique_ptr<Checkpoint> open_checkpoint(const std::filesystem::path& folder) {
    std::error_code ignored;
    if (!std::filesystem::is_directory(folder, ignored))
        throw Error(Status::bad_input, folder.string(), "is not a folder");

    struct Candidate {
        const char* file;
        ReadTensors read;
    };
    auto checkpoint = std::make_unique<FileCheckpoint>(folder);
    for (const Candidate& candidate :
         {Candidate{"model.safetensors", read_safetensors}, Candidate{"pytorch_model.bin", read_torch_checkpoint}}) {
        const std::string index = std::string(candidate.file) + ".index.json";
        if (std::filesystem::exists(folder / candidate.file, ignored)) {
            checkpoint->add(candidate.file, candidate.read);
            return checkpoint;
        }
        if (std::filesystem::exists(folder / index, ignored)) {
            for (const auto& [shard, names] : read_index(folder / index)) checkpoint->add(shard, candidate.read, names);
            return checkpoint;
        }
    }
    throw Error(Status::bad_input, folder.string(),
                "holds no weights; looked for model.safetensors, model.safetensors.index.json, pytorch_model.bin and "
                "pytorch_model.bin.index.json");
}

}  // namespace attune

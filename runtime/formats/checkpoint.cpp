#include "formats/checkpoint.h"

#include "base/json.h"
#include "base/utf8.h"
#include "formats/safetensors.h"
#include "formats/tensor_table.h"
#include "formats/torch_checkpoint.h"

#include <attune/error.hpp>

namespace attune {
namespace {

using ReadTensors = StoredTensors (*)(std::span<const std::byte> bytes, const std::string& where);

constexpr std::size_t max_shards = 4096;

class FileCheckpoint final : public TableCheckpoint<Checkpoint> {
public:
    explicit FileCheckpoint(const Folder& folder)
        : TableCheckpoint(folder.text(), "F32, F16 and BF16"), folder_(folder) {}

    void add_index(const std::string& file) { names_.push_back(file); }

    // All tensors of one file, or only those `wanted` of it; what is wanted must be there.
    void add(const std::string& file, ReadTensors read) { table_.insert(open(file, read)); }
    void add(const std::string& file, ReadTensors read, const std::vector<std::string>& wanted) {
        StoredTensors chosen, all = open(file, read);
        for (const std::string& name : wanted) {
            auto found = all.extract(name);
            if (!found)
                refuse_tensor((folder_ / file).text(), name, "is missing, though the index says it is here");
            chosen.insert(std::move(found));
        }
        table_.insert(std::move(chosen));
    }

    const std::vector<std::string>& files() const override { return names_; }

private:
    StoredTensors open(const std::string& file, ReadTensors read) {
        names_.push_back(file);
        const File place = folder_ / file;
        return read(files_.emplace_back(place.open()).bytes(), place.text());
    }

    Folder                   folder_;
    std::vector<std::string> names_;
    std::vector<FileBytes>   files_;
};

// {"weight_map": {tensor: shard, ...}} -> shard: tensors
std::map<std::string, std::vector<std::string>> read_index(const File& file) {
    const Json        index = read_json(file);
    const std::string where = file.text();
    const auto        map   = index.is_object() ? index.find("weight_map") : index.end();
    if (map == index.end() || !map->is_object() || map->empty())
        throw Error(Status::bad_input, where, "has no weight_map with the names of tensors");
    if (map->size() > max_tensors) throw Error(Status::bad_input, where, "names more than 65536 tensors");

    std::map<std::string, std::vector<std::string>> shards;
    for (const auto& [name, shard] : map->items()) {
        expect_tensor_name(where, name);
        if (!shard.is_string()) refuse_tensor(where, name, "has no file name in weight_map");
        const auto& shard_name = shard.get_ref<const std::string&>();
        if (!is_plain_file_name(shard_name))
            refuse_tensor(where, name, "lies in " + in_quotes(shard_name) + ", which is not a plain file name");
        shards[shard_name].push_back(name);
    }
    if (shards.size() > max_shards) throw Error(Status::bad_input, where, "names more than 4096 shards");
    return shards;
}

// Nothing here that is read: say what is, and what to do about it.
[[noreturn]] void refuse_without_weights(const Folder& folder) {
    constexpr const char* save_again = "open it with transformers and save_pretrained(..., safe_serialization=True)";
    struct Foreign {
        const char *file, *what, *hint;
    };
    static constexpr Foreign known[] = {
        {"tf_model.h5", "only weights of TensorFlow", save_again},
        {"flax_model.msgpack", "only weights of Flax", save_again},
        {"rust_model.ot", "only weights of rust-bert", "take the folder's pytorch_model.bin"},
        {"model.npz", "only weights of Marian itself", "convert them with transformers' convert_marian_to_pytorch"},
        {"model.bin", "only weights of CTranslate2", "take the folder that it was made from"},
        {"encoder_model.onnx", "only weights of ONNX", "take the folder that they were exported from"},
    };
    for (const Foreign& foreign : known)
        if ((folder / foreign.file).exists())
            throw Error(Status::bad_input, folder.text(),
                        std::string("holds ") + foreign.what + ", " + foreign.file +
                            "; model.safetensors and pytorch_model.bin are read",
                        foreign.hint);
    throw Error(Status::bad_input, folder.text(),
                "holds no weights; looked for model.safetensors, model.safetensors.index.json, pytorch_model.bin and "
                "pytorch_model.bin.index.json",
                "a model folder is downloaded whole");
}

}  // namespace

std::unique_ptr<Checkpoint> open_checkpoint(const Folder& folder) {
    if (!folder.exists()) throw Error(Status::bad_input, folder.text(), "is not a folder");

    struct Candidate {
        const char* file;
        ReadTensors read;
    };
    auto checkpoint = std::make_unique<FileCheckpoint>(folder);
    for (const Candidate& candidate :
         {Candidate{"model.safetensors", read_safetensors}, Candidate{"pytorch_model.bin", read_torch_checkpoint}}) {
        const std::string index = std::string(candidate.file) + ".index.json";
        if ((folder / candidate.file).exists()) {
            checkpoint->add(candidate.file, candidate.read);
            return checkpoint;
        }
        if ((folder / index).exists()) {
            checkpoint->add_index(index);
            for (const auto& [shard, names] : read_index(folder / index)) checkpoint->add(shard, candidate.read, names);
            return checkpoint;
        }
    }
    refuse_without_weights(folder);
}

}  // namespace attune

#include "formats/checkpoint.h"

#include "support/checkpoint_writer.h"
#include "support/expect_error.h"
#include "support/pickle_writer.h"
#include "support/temporary_folder.h"
#include "support/zip_writer.h"

#include <cstring>

using namespace attune;
using namespace attune::test;

namespace {

NamedTensors some_tensors() {
    const float    numbers[] = {1.0f, -2.5f, 3.14159274f, 1e-30f, 1e30f, -0.0f};
    const double   small[]   = {0.5, -1.75, 65504.0};
    const uint32_t counts[]  = {7};
    return {
        {"matrix", Tensor::f32({2, 3}, numbers)},
        {"half", Tensor::from_doubles({Type::f16, {3}}, small)},
        {"brain", Tensor::from_doubles({Type::bf16, {3, 1, 1}}, small)},
        {"none", Tensor({Type::f32, {0, 4}})},
        {"number", Tensor::f32({}, std::span(numbers, 1))},
        {"zweiter Name \xC3\xA4", Tensor::f32({6}, numbers)},
        {"counts", Tensor::u32({1}, counts)},   // of a type that is not read
    };
}

std::unique_ptr<Checkpoint> open_torch(const TemporaryFolder& folder, const std::vector<PickledTensorText>& tensors,
                                       std::string storage) {
    folder.write("pytorch_model.bin", zip_bytes({{.name = "a/data.pkl", .content = state_dict_pickle(tensors)},
                                                 {.name = "a/data/0", .content = std::move(storage)}}));
    return open_checkpoint(folder.path());
}

// The floats 0, 1, .. count-1 as bytes.
std::string counting(std::size_t count) {
    std::vector<float> values(count);
    for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<float>(i);
    return std::string(reinterpret_cast<const char*>(values.data()), count * sizeof(float));
}

}   // namespace

TEST_CASE("tensors come back bit by bit from every kind of file") {
    for (const WeightFiles files :
         {WeightFiles::safetensors, WeightFiles::safetensors_shards, WeightFiles::torch, WeightFiles::torch_shards,
          WeightFiles::torch_legacy}) {
        CAPTURE(static_cast<int>(files));
        const TemporaryFolder folder;
        const NamedTensors    tensors = some_tensors();
        write_weights(folder.path(), tensors, files);
        const auto checkpoint = open_checkpoint(folder.path());
        CHECK(checkpoint->list().size() == tensors.size() - 1);
        for (const auto& entry : tensors) {  // clang 14 cannot capture structured bindings
            const std::string& name   = entry.first;
            const Tensor&      tensor = entry.second;
            if (name == "counts") continue;
            CAPTURE(name);
            REQUIRE(checkpoint->find(name) != nullptr);
            CHECK(*checkpoint->find(name) == tensor.desc());
            const TensorView view = checkpoint->at(name);
            CHECK(view.desc == tensor.desc());
            REQUIRE(view.bytes.size() == tensor.bytes().size());
            CHECK(
                (view.bytes.empty() || std::memcmp(view.bytes.data(), tensor.bytes().data(), view.bytes.size()) == 0));
            CHECK(view.doubles() == tensor.doubles());
        }
    }
}

TEST_CASE("tensors of a type that is not read are known by name only to say so") {
    for (const WeightFiles files : {WeightFiles::safetensors, WeightFiles::torch, WeightFiles::torch_legacy}) {
        const TemporaryFolder folder;
        write_weights(folder.path(), some_tensors(), files);
        const auto checkpoint = open_checkpoint(folder.path());
        CHECK(checkpoint->find("counts") == nullptr);
        expect_error(Status::bad_input, {"counts", "type", "F32, F16 and BF16"}, [&] { checkpoint->at("counts"); });
        CHECK(checkpoint->find("absent") == nullptr);
        expect_error(Status::bad_input, {"absent", "missing"}, [&] { checkpoint->at("absent"); });
    }
}

TEST_CASE("a model folder is rounded to the type asked for") {
    for (const Type type : {Type::f32, Type::f16, Type::bf16}) {
        const TemporaryFolder folder;
        const Json            config  = tiny_marian_config();
        const NamedTensors    tensors = tiny_marian_tensors(config);
        write_marian_folder(folder.path(), config, tensors, WeightFiles::safetensors, type);
        const auto checkpoint = open_checkpoint(folder.path());
        CHECK(checkpoint->list().size() == tensors.size());
        for (const auto& [name, tensor] : tensors)
            CHECK(checkpoint->at(name).doubles() ==
                  Tensor::from_doubles({type, tensor.desc().shape}, tensor.doubles()).doubles());
    }
}

TEST_CASE("safetensors are preferred, and nothing else is looked for") {
    const TemporaryFolder folder;
    expect_error(Status::bad_input,
                 {folder.path().string(), "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin",
                  "pytorch_model.bin.index.json"},
                 [&] { open_checkpoint(folder.path()); });
    folder.write("tf_model.h5", "x");
    expect_error(Status::bad_input, {folder.path().string(), "TensorFlow", "model.safetensors", "save_pretrained"},
                 [&] { open_checkpoint(folder.path()); });
    folder.write("pytorch_model.bin", "broken");
    expect_error(Status::bad_input, {"pytorch_model.bin", "torch"}, [&] { open_checkpoint(folder.path()); });
    write_weights(folder.path(), some_tensors());
    CHECK(open_checkpoint(folder.path())->find("matrix") != nullptr);
    expect_error(Status::bad_input, {"nowhere", "folder"}, [&] { open_checkpoint(folder.path() / "nowhere"); });
}

TEST_CASE("torch tensors may share a storage, be parameters, transposed, or slices") {
    const TemporaryFolder folder;
    const auto            checkpoint                 = open_torch(folder,
                                                                  {{.name = "whole"},
                                                                   {.name = "tied"},
                                                                   {.name = "parameter", .parameter = true},
                                                                   {.name = "transposed", .sizes = {3, 2}, .strides = {1, 3}},
                                                                   {.name = "column", .offset = 1, .sizes = {2}, .strides = {3}},
                                                                   {.name = "row", .offset = 3, .sizes = {1, 3}, .strides = {99, 1}},
                                                                   {.name = "spread", .sizes = {2, 2}, .strides = {0, 5}},
                                                                   {.name = "number", .offset = 5, .sizes = {}, .strides = {}},
                                                                   {.name = "empty", .offset = 6, .sizes = {0, 7}, .strides = {7, 1}}},
                                                                  counting(6));
    using Numbers                                    = std::vector<double>;
    const std::pair<const char*, Numbers> expected[] = {
        {"whole", {0, 1, 2, 3, 4, 5}},
        {"tied", {0, 1, 2, 3, 4, 5}},
        {"parameter", {0, 1, 2, 3, 4, 5}},
        {"transposed", {0, 3, 1, 4, 2, 5}},
        {"column", {1, 4}},
        {"row", {3, 4, 5}},
        {"spread", {0, 5, 0, 5}},
        {"number", {5}},
        {"empty", {}},
    };
    for (const auto& entry : expected) {
        const std::string name    = entry.first;
        const auto&       numbers = entry.second;
        CAPTURE(name);
        CHECK(checkpoint->at(name).doubles() == numbers);
    }
    CHECK(checkpoint->find("transposed")->shape == Shape{3, 2});
    CHECK(checkpoint->at("whole").bytes.data() == checkpoint->at("tied").bytes.data());
}

TEST_CASE("torch archives may be zip64, commented, and have a plain dictionary at the top") {
    const std::string          numbers = counting(6);
    const auto                 pickle  = PickleWriter().proto().raw("}").text("w").tensor({}).raw("s.").bytes();
    const std::vector<ZipFile> files   = {{.name = "x/data.pkl", .content = pickle},
                                          {.name = "x/data/0", .content = numbers},
                                          {.name = "x/byteorder", .content = "little"},
                                          {.name = "x/.data/serialization_id", .content = "1"}};
    std::vector<ZipFile>       large   = files;
    large[1].size = large[1].stored = 0xFFFFFFFF;
    large[1].extra                  = zip64_extra({numbers.size(), numbers.size()});
    for (const std::string& archive : {zip_bytes(files), zip_bytes(files, {.zip64 = true}),
                                       zip_bytes(files, {.comment = "PK\5\6 hello"}), zip_bytes(large)}) {
        const TemporaryFolder folder;
        folder.write("pytorch_model.bin", archive);
        CHECK(open_checkpoint(folder.path())->at("w").doubles() == std::vector<double>{0, 1, 2, 3, 4, 5});
    }
}

TEST_CASE("a safetensors file may be empty of tensors and its header padded") {
    const TemporaryFolder folder;
    folder.write("model.safetensors", safetensors_bytes("{}", ""));
    CHECK(open_checkpoint(folder.path())->list().empty());
    folder.write(
        "model.safetensors",
        safetensors_bytes(R"({"__metadata__":{},"a":{"data_offsets":[0,1],"dtype":"U8","shape":[1]}}    )", "x"));
    CHECK(open_checkpoint(folder.path())->list().empty());
}

// Every rule of the streams of torch before 1.6 broken alone; what is wrong inside a pickle is in broken_torch.cpp.
#include "formats/checkpoint.h"

#include "support/checkpoint_writer.h"
#include "support/expect_error.h"
#include "support/pickle_writer.h"
#include "support/temporary_folder.h"

#include <functional>

using namespace attune;
using namespace attune::test;

namespace {

const std::string numbers(24, '\1');  // 6 floats

std::string one_state(const PickledTensorText& changes = {}) {
    PickledTensorText tensor = changes;
    if (tensor.view.empty()) tensor.view = "N";
    return state_dict_pickle({tensor});
}

LegacyParts valid() {
    LegacyParts parts;
    parts.state  = one_state();
    parts.data   = {{"0", numbers}};
    parts.counts = {6};
    return parts;
}

std::string system_pickle(std::string_view flag) {
    return PickleWriter().proto().raw("}").text("little_endian").raw(flag).raw("s.").bytes();
}

std::string keys_pickle(const std::vector<std::string>& keys) {
    PickleWriter out;
    out.proto().raw("](");
    for (const std::string& key : keys) out.text(key);
    return out.raw("e.").bytes();
}

struct LegacyCase {
    const char*                       what;
    const char*                       word;
    std::function<void(LegacyParts&)> change;
};

const LegacyCase broken[] = {
    {"another version", "another version", [](LegacyParts& p) { p.version = std::string("\x80\x02M\xEA\x03.", 6); }},
    {"a number for the version as text", "another version",
     [](LegacyParts& p) { p.version = PickleWriter().proto().text("1001").raw(".").bytes(); }},
    {"a big-endian machine", "little-endian", [](LegacyParts& p) { p.system = system_pickle("\x89"); }},
    {"a machine that says nothing", "little-endian",
     [](LegacyParts& p) { p.system = PickleWriter().proto().raw("}.").bytes(); }},
    {"a machine of text", "little-endian",
     [](LegacyParts& p) { p.system = system_pickle(std::string("X\4\0\0\0True", 9)); }},
    {"a machine of nothing", "a dictionary",
     [](LegacyParts& p) { p.system = PickleWriter().proto().raw("N.").bytes(); }},
    {"a call in the description of the machine", "not allowed",
     [](LegacyParts& p) { p.system = PickleWriter().proto().global("os", "system").raw(".").bytes(); }},
    {"no state", "dictionary of tensors", [](LegacyParts& p) { p.state.clear(); }},
    {"a part of another storage", "part of another",
     [](LegacyParts& p) { p.state = one_state({.view = std::string("(X\1\0\0\0vK\0K\1t", 12)}); }},
    {"an id of seven", "other than a storage", [](LegacyParts& p) { p.state = one_state({.view = "NN"}); }},
    {"a dictionary of keys", "a list of texts",
     [](LegacyParts& p) { p.keys = PickleWriter().proto().raw("}.").bytes(); }},
    {"a number as key", "a text",
     [](LegacyParts& p) { p.keys = PickleWriter().proto().raw("]").integer(0).raw("a.").bytes(); }},
    {"a key that no tensor has", "no tensor uses", [](LegacyParts& p) { p.keys = keys_pickle({"1"}); }},
    {"a key twice", "twice",
     [](LegacyParts& p) {
         p.keys  = keys_pickle({"0", "0"});
         p.after = std::string("\6\0\0\0\0\0\0\0", 8) + numbers;
     }},
    {"no key", "goes on", [](LegacyParts& p) { p.keys = keys_pickle({}); }},
    {"no key, no data", "missing", [](LegacyParts& p) { p.data.clear(); }},
    {"one element less", "not the size",
     [](LegacyParts& p) {
         p.counts = {5};
         p.data[0].second.resize(20);
     }},
    {"one element more", "not the size",
     [](LegacyParts& p) {
         p.counts = {7};
         p.data[0].second.resize(28);
     }},
    {"more elements than bytes", "ends early", [](LegacyParts& p) { p.counts = {7}; }},
    {"fewer elements than bytes", "goes on", [](LegacyParts& p) { p.counts = {5}; }},
    {"a size that wraps", "impossible", [](LegacyParts& p) { p.counts = {1ull << 62}; }},
    {"the greatest size", "impossible", [](LegacyParts& p) { p.counts = {~0ull}; }},
    {"bytes at the end", "goes on", [](LegacyParts& p) { p.after = "x"; }},
    {"a storage of two types", "two types",
     [](LegacyParts& p) {
         p.state =
             state_dict_pickle({{.name = "a", .view = "N"}, {.name = "b", .storage_class = "IntStorage", .view = "N"}});
     }},
    {"a storage of two sizes", "two types or sizes",
     [](LegacyParts& p) {
         p.state = state_dict_pickle({{.name = "a", .view = "N"}, {.name = "b", .count = 7, .view = "N"}});
     }},
    {"a tensor beyond its storage", "beyond its storage", [](LegacyParts& p) { p.state = one_state({.offset = 1}); }},
};

}  // namespace

TEST_CASE("a stream of torch before 1.6 that breaks a rule is refused") {
    const TemporaryFolder folder;
    folder.write("pytorch_model.bin", legacy_bytes(valid()));
    CHECK(open_checkpoint(folder.path())->at("w").desc.shape == Shape{2, 3});
    for (const LegacyCase& row : broken) {
        CAPTURE(std::string(row.what));
        LegacyParts parts = valid();
        row.change(parts);
        folder.write("pytorch_model.bin", legacy_bytes(parts));
        expect_error(Status::bad_input, {"pytorch_model.bin", row.word}, [&] { open_checkpoint(folder.path()); });
    }
}

TEST_CASE("a stream cut short anywhere is refused, and one with any byte changed is refused or still legal") {
    const TemporaryFolder folder;
    const std::string     whole = legacy_bytes(valid());
    for (std::size_t length = 0; length < whole.size(); ++length) {
        CAPTURE(length);
        folder.write("pytorch_model.bin", whole.substr(0, length));
        expect_error(Status::bad_input, {"pytorch_model.bin"}, [&] { open_checkpoint(folder.path()); });
    }
    for (std::size_t i = 0; i < whole.size(); ++i) {
        for (const char flip : {'\x01', '\x20', '\x80', '\xFF'}) {
            std::string changed = whole;
            changed[i]          = static_cast<char>(changed[i] ^ flip);
            folder.write("pytorch_model.bin", changed);
            try {
                const auto checkpoint = open_checkpoint(folder.path());
                for (const auto& [name, desc] : checkpoint->list())
                    CHECK(checkpoint->at(name).bytes.size() == desc.bytes());
            } catch (const Error& error) { CHECK(error.status() == Status::bad_input); }
        }
    }
}

TEST_CASE("tensors of a stream may share a storage") {
    const TemporaryFolder folder;
    LegacyParts           parts = valid();
    parts.state =
        state_dict_pickle({{.name = "a", .view = "N"}, {.name = "b", .sizes = {3, 2}, .strides = {1, 3}, .view = "N"}});
    folder.write("pytorch_model.bin", legacy_bytes(parts));
    const auto checkpoint = open_checkpoint(folder.path());
    CHECK(checkpoint->find("b")->shape == Shape{3, 2});
    CHECK(checkpoint->list().size() == 2);
}

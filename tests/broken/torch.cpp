// Every rule of torch checkpoints, of their zip archive and of their pickle, broken alone at its edges.
#include "broken/bench.h"

#include "formats/stored_tensor.h"
#include "support/pickle_writer.h"
#include "support/zip_writer.h"

#include <doctest/doctest.h>

#include <functional>

using namespace attune;
using namespace attune::test;

namespace {

const std::string numbers(24, '\1');   // 6 floats

std::vector<ZipFile> files_of(const std::string& pickle) {
    return {{.name = "a/data.pkl", .content = pickle}, {.name = "a/data/0", .content = numbers}};
}

// --- archives ---

using Files = std::vector<ZipFile>;

struct ArchiveCase {
    const char*                 what;
    const char*                 word;
    std::function<void(Files&)> change  = [](Files&) {};
    ZipOptions                  options = {};
};

// Those without a word load.
const ArchiveCase archives[] = {
    {"as it is", nullptr},
    {"a comment that looks like an end", nullptr, {}, {.comment = "PK\5\6 hello"}},
    {"a comment of 65,535 bytes", nullptr, {}, {.comment = std::string(65'535, 'c')}},
    {"padding behind a local header", nullptr, [](Files& f) { f[1].local_extra = std::string(63, '\0'); }},
    {"a name of 256 bytes", nullptr, [](Files& f) { f.push_back({.name = std::string(256, 'n'), .content = "x"}); }},
    {"zip64 with its true numbers", nullptr, {}, {.zip64 = true}},
    {"little-endian numbers", nullptr, [](Files& f) { f.push_back({.name = "a/byteorder", .content = "little"}); }},
    {"an empty file besides", nullptr, [](Files& f) { f.push_back({.name = "a/version", .content = ""}); }},
    {"compressed", "compressed", [](Files& f) { f[1].method = 8; }},
    {"compressed pickle", "compressed", [](Files& f) { f[0].method = 8; }},
    {"an unknown method", "compressed", [](Files& f) { f[1].method = 99; }},
    {"encrypted", "encrypted", [](Files& f) { f[1].flags = 1; }},
    {"stored in fewer bytes", "bytes but", [](Files& f) { f[1].stored = 23; }},
    {"longer than stored", "bytes but", [](Files& f) { f[1].size = 25; }},
    {"longer than the archive", "beyond the end", [](Files& f) { f[1].size = f[1].stored = 1000; }},
    {"header beyond the end", "outside the file", [](Files& f) { f[1].header = 1'000'000; }},
    {"header in the directory", "outside the file",
     [](Files& f) { f[1].header = static_cast<std::uint32_t>(f[0].content.size() + f[1].content.size() + 60); }},
    {"header of no file", "local header", [](Files& f) { f[1].header = 1; }},
    {"header of another file", "another name", [](Files& f) { f[1].header = 0; }},
    {"no local header", "local header", [](Files& f) { f[1].local_mark = 0; }},
    {"another name inside", "another name", [](Files& f) { f[1].local_name = "a/data/1"; }},
    {"the same name twice", "twice", [](Files& f) { f.push_back(f[1]); }},
    {"a name that is not UTF-8", "UTF-8", [](Files& f) { f[1].name = "a/data/\xFF"; }},
    {"a long name", "too long", [](Files& f) { f[1].name = std::string(257, 'n'); }},
    {"overlapping files", "overlap",
     [](Files& f) { f[0].size = f[0].stored = static_cast<std::uint32_t>(f[0].content.size() + 8); }},
    {"zip64 sizes without their field", "zip64", [](Files& f) { f[1].size = f[1].stored = 0xFFFFFFFF; }},
    {"zip64 sizes cut short", "ends early",
     [](Files& f) {
         f[1].size = f[1].stored = 0xFFFFFFFF;
         f[1].extra              = zip64_extra({24});
     }},
    {"zip64 sizes that differ", "bytes but",
     [](Files& f) {
         f[1].size = f[1].stored = 0xFFFFFFFF;
         f[1].extra              = zip64_extra({24, 25});
     }},
    {"zip64 sizes that are too large", "beyond the end",
     [](Files& f) {
         f[1].size = f[1].stored = 0xFFFFFFFF;
         f[1].extra              = zip64_extra({1ull << 40, 1ull << 40});
     }},
    {"zip64 sizes that wrap", "beyond the end",
     [](Files& f) {
         f[1].size = f[1].stored = 0xFFFFFFFF;
         f[1].extra              = zip64_extra({~0ull, ~0ull});
     }},
    {"a zip64 offset that wraps", "outside the file",
     [](Files& f) {
         f[1].header = 0xFFFFFFFF;
         f[1].extra  = zip64_extra({~0ull - 10});
     }},
    {"an extra field cut short", "ends early",
     [](Files& f) {
         f[1].header = 0xFFFFFFFF;
         f[1].extra  = std::string("\1\0\x10\0abc", 7);
     }},
    {"more files than entries", "no directory entry", {}, {.count = 3, .after_directory = std::string(46, 'x')}},
    {"one more file", "claims more files", {}, {.count = 3}},
    {"many more files", "claims more files", {}, {.count = 60'000}},
    {"fewer files than entries", "longer than its entries", {}, {.count = 1}},
    {"no files", "longer than its entries", {}, {.count = 0}},
    {"a directory that is too long", "outside the file", {}, {.directory_bytes = 1'000'000}},
    {"a directory beyond the end", "outside the file", {}, {.directory_offset = 1'000'000}},
    {"a directory one byte off", "no directory entry", {}, {.directory_offset = 1}},
    {"a second part", "several parts", {}, {.part = 1}},
    {"bytes behind the directory", "longer than its entries", {}, {.after_directory = "x"}},
    {"zip64: no locator", "zip64 locator", {}, {.zip64 = true, .locator_mark = 0}},
    {"zip64: locator beyond the end", "outside the file", {}, {.zip64 = true, .end64_offset = 1'000'000}},
    {"zip64: locator wraps", "outside the file", {}, {.zip64 = true, .end64_offset = ~0ull - 20}},
    {"zip64: locator to elsewhere", "zip64 end record", {}, {.zip64 = true, .end64_offset = 0}},
    {"zip64: many files", "claims more files", {}, {.zip64 = true, .count = 1ull << 60}},
    {"zip64: a directory that wraps",
     "outside the file",
     {},
     {.zip64 = true, .directory_bytes = ~0ull, .directory_offset = 40}},
    {"zip64: an offset that wraps", "outside the file", {}, {.zip64 = true, .directory_offset = ~0ull - 3}},
    {"zip64: a second part", "several parts", {}, {.zip64 = true, .part = 1}},
    {"no pickle", "no data.pkl", [](Files& f) { f[0].name = "a/data.pickle"; }},
    {"a pickle without a folder", "no data.pkl", [](Files& f) { f[0].name = "data.pkl"; }},
    {"a pickle too deep", "no data.pkl", [](Files& f) { f[0].name = "a/b/data.pkl"; }},
    {"a pickle of no folder", "no data.pkl", [](Files& f) { f[0].name = "/data.pkl"; }},
    {"two pickles", "more than one",
     [](Files& f) {
         f.push_back(f[0]);
         f[2].name = "b/data.pkl";
     }},
    {"big-endian numbers", "byteorder", [](Files& f) { f.push_back({.name = "a/byteorder", .content = "big"}); }},
    {"a missing storage", "missing", [](Files& f) { f[1].name = "a/data/1"; }},
    {"a storage of another archive", "missing", [](Files& f) { f[1].name = "b/data/0"; }},
    {"a storage that is too short", "not the size", [](Files& f) { f[1].content.resize(23); }},
    {"a storage that is too long", "not the size", [](Files& f) { f[1].content.resize(25); }},
    {"an empty storage", "not the size", [](Files& f) { f[1].content.clear(); }},
    {"an empty pickle", "ends early", [](Files& f) { f[0].content.clear(); }},
};

// --- tensors ---

struct TensorCase {
    PickledTensorText tensor;
    const char*       word;
};

constexpr std::int64_t top = 0x7FFFFFFFFFFFFFFF;

const TensorCase tensors[] = {
    {{}, nullptr},
    {{.name = std::string(256, 'n')}, nullptr},
    {{.parameter = true}, nullptr},
    {{.storage_class = "IntStorage"}, nullptr},
    {{.storage_class = "HalfStorage", .count = 12, .sizes = {2, 6}, .strides = {6, 1}}, nullptr},
    {{.storage_class = "DoubleStorage", .count = 3, .sizes = {3}, .strides = {1}}, nullptr},
    {{.offset = 5, .sizes = {1}, .strides = {1}}, nullptr},
    {{.offset = 6, .sizes = {0}, .strides = {1}}, nullptr},
    {{.sizes = {}, .strides = {}}, nullptr},
    {{.sizes = {1, 6}, .strides = {top, 1}}, nullptr},   // a step that is never taken
    {{.sizes = {6}, .strides = {0}}, nullptr},
    {{.sizes = {2, 2}, .strides = {4, 1}}, nullptr},
    {{.sizes = {1, 1, 1, 1, 1, 1, 2, 3}, .strides = {1, 1, 1, 1, 1, 1, 3, 1}}, nullptr},
    {{.name = ""}, "empty name"},
    {{.name = std::string(257, 'n')}, "257 bytes"},
    {{.storage_class = "DoubleStorage"}, "not the size"},
    {{.storage_class = "HalfStorage"}, "not the size"},
    {{.storage_class = "UntypedStorage"}, "not allowed"},
    {{.storage_class = "QInt8Storage"}, "not allowed"},
    {{.key = "../data/0"}, "missing"},
    {{.key = ""}, "missing"},
    {{.key = "00"}, "missing"},
    {{.count = 5}, "not the size"},
    {{.count = 7}, "not the size"},
    {{.count = -1}, "negative"},
    {{.count = top}, "not the size"},
    {{.count = 0x4000000000000006}, "not the size"},   // 4 x that wraps to 24
    {{.offset = 1}, "beyond its storage"},
    {{.offset = -1}, "negative"},
    {{.offset = top}, "beyond its storage"},
    {{.sizes = {2, 4}, .strides = {4, 1}}, "beyond its storage"},
    {{.sizes = {2, 3}, .strides = {4, 1}}, "beyond its storage"},
    {{.sizes = {2, 3}, .strides = {3, 2}}, "beyond its storage"},
    {{.sizes = {2, 2}, .strides = {top, top}}, "beyond its storage"},
    {{.sizes = {3, 3}, .strides = {top, top}}, "beyond its storage"},
    {{.sizes = {3}, .strides = {top}}, "beyond its storage"},
    {{.sizes = {7}, .strides = {0}}, "more elements"},
    {{.sizes = {1 << 30, 1 << 30}, .strides = {0, 0}}, "more elements"},
    {{.sizes = {top}, .strides = {0}}, "impossible shape"},
    {{.sizes = {1ll << 32, 1ll << 32}, .strides = {0, 0}}, "impossible shape"},
    {{.offset = 7, .sizes = {0}, .strides = {1}}, "beyond its storage"},
    {{.sizes = {-2, 3}}, "negative"},
    {{.strides = {-3, 1}}, "negative"},
    {{.sizes = {6}}, "more sizes than strides"},
    {{.strides = {1}}, "more sizes than strides"},
    {{.sizes = {1, 1, 1, 1, 1, 1, 2, 3, 1}, .strides = {1, 1, 1, 1, 1, 1, 3, 1, 1}}, "8 axes"},
};

// --- pickles ---

struct PickleCase {
    const char* what;
    std::string pickle;
    const char* word;
};

PickleWriter begin() { return PickleWriter().proto(); }

std::string bytes(std::initializer_list<unsigned> values) {
    std::string out;
    for (const unsigned value : values) out += static_cast<char>(static_cast<unsigned char>(value));
    return out;
}

// {"w": tensor} where the arguments of _rebuild_tensor_v2, without the parentheses, are `arguments`.
std::string rebuilt(const PickleWriter& arguments) {
    return begin()
        .raw("}")
        .text("w")
        .global("torch._utils", "_rebuild_tensor_v2")
        .raw("(")
        .raw(arguments.bytes())
        .raw("tRs.")
        .bytes();
}

PickleWriter storage() { return PickleWriter().storage("FloatStorage", "0", 6); }

const PickleCase pickles[] = {
    {"a plain dictionary", begin().raw("}").text("w").tensor({}).raw("s.").bytes(), nullptr},
    {"no tensors", begin().raw("}.").bytes(), nullptr},
    {"an OrderedDict without tensors", begin().global("collections", "OrderedDict").raw(")R.").bytes(), nullptr},
    {"a value from the memo", begin().raw("}q").raw(bytes({0})).raw("h").raw(bytes({0})).raw("b.").bytes(), nullptr},
    {"a long of 8 bytes", rebuilt(storage().raw(bytes({0x8A, 8, 0, 0, 0, 0, 0, 0, 0, 0})).integers({6}).integers({1}).raw("NN")), nullptr},
    {"a long of no bytes", rebuilt(storage().raw(bytes({0x8A, 0})).integers({6}).integers({1}).raw("NN")), nullptr},
    // malicious names
    {"os.system called", begin().global("os", "system").raw("(").text("true").raw("tR.").bytes(), "not allowed"},
    {"posix.system called", begin().global("posix", "system").raw("(").text("true").raw("tR.").bytes(), "not allowed"},
    {"builtins.eval", begin().global("builtins", "eval").raw("(").text("1").raw("tR.").bytes(), "not allowed"},
    {"__builtin__.getattr", begin().global("__builtin__", "getattr").raw(".").bytes(), "not allowed"},
    {"torch.load", begin().global("torch", "load").raw(".").bytes(), "not allowed"},
    {"torch._utils._rebuild_tensor_v3", begin().global("torch._utils", "_rebuild_tensor_v3").raw(".").bytes(),
     "not allowed"},
    {"a module with a dot", begin().global("torch.", "FloatStorage").raw(".").bytes(), "not allowed"},
    {"a name that is a control sequence", begin().global("os\x1b[2J", "system").raw(".").bytes(), "\\x1b"},
    {"a name that never ends", begin().raw("cos").bytes(), "without its end"},
    {"a name without its second line", begin().raw("cos\nsystem").bytes(), "without its end"},
    // opcodes
    {"an unknown opcode", begin().raw("?.").bytes(), "opcode"},
    {"opcode 0", begin().raw(bytes({0})).bytes(), "opcode 0"},
    {"opcode 255", begin().raw(bytes({255})).bytes(), "opcode 255"},
    {"INST", begin().raw("(ios\nsystem\n.").bytes(), "opcode"},
    {"OBJ", begin().raw("(o.").bytes(), "opcode"},
    {"NEWOBJ", begin().raw(bytes({0x81})).bytes(), "opcode"},
    {"EXT1", begin().raw(bytes({0x82, 1})).bytes(), "opcode"},
    {"STACK_GLOBAL", begin().raw(bytes({0x93})).bytes(), "opcode"},
    {"FRAME", begin().raw(bytes({0x95})).bytes(), "opcode"},
    {"PERSID", begin().raw("P0\n.").bytes(), "opcode"},
    {"DUP", begin().raw("N2.").bytes(), "opcode"},
    {"POP", begin().raw("N0.").bytes(), "opcode"},
    {"LONG4", begin().raw(bytes({0x8B, 255, 255, 255, 255})).bytes(), "opcode"},
    {"PROTO in the middle", begin().proto().raw("}.").bytes(), "opcode"},
    // the frame
    {"no protocol", "}.", "protocol"},
    {"protocol 1", PickleWriter().proto(1).raw("}.").bytes(), "protocol 1"},
    {"protocol 4", PickleWriter().proto(4).raw("}.").bytes(), "protocol 4"},
    {"protocol 255", PickleWriter().proto(255).raw("}.").bytes(), "protocol 255"},
    {"a protocol alone", PickleWriter().proto().bytes(), "ends early"},
    {"half a protocol", bytes({0x80}), "ends early"},
    {"no end", begin().raw("}").bytes(), "ends early"},
    {"more after the end", begin().raw("}.}").bytes(), "goes on"},
    {"two values left", begin().raw("}}.").bytes(), "more than one value"},
    {"a mark left", begin().raw("(}.").bytes(), "more than one value"},
    {"a mark below the result", begin().raw("}(.").bytes(), "underflow"},
    {"nothing left", begin().raw(".").bytes(), "underflow"},
    // the stack
    {"TUPLE1 of nothing", begin().raw(bytes({0x85})).bytes(), "underflow"},
    {"TUPLE2 of one", begin().raw("N").raw(bytes({0x86})).bytes(), "underflow"},
    {"TUPLE3 of two", begin().raw("NN").raw(bytes({0x87})).bytes(), "underflow"},
    {"TUPLE2 across a mark", begin().raw("N(N").raw(bytes({0x86})).bytes(), "underflow"},
    {"TUPLE without a mark", begin().raw("Nt.").bytes(), "mark"},
    {"SETITEMS without a mark", begin().raw("}NNu.").bytes(), "mark"},
    {"APPENDS without a mark", begin().raw("]Ne.").bytes(), "mark"},
    {"SETITEM of one", begin().raw("}Ns.").bytes(), "underflow"},
    {"SETITEM without a dictionary", begin().raw("NNs.").bytes(), "underflow"},
    {"SETITEMS without a dictionary", begin().raw("(NNu.").bytes(), "underflow"},
    {"SETITEMS on a list", begin().raw("](NNu.").bytes(), "dictionary"},
    {"SETITEMS of three", begin().raw("}(NNNu.").bytes(), "without a value"},
    {"APPEND on a dictionary", begin().raw("}Na.").bytes(), "a list"},
    {"APPEND of nothing", begin().raw("]a.").bytes(), "underflow"},
    {"REDUCE of nothing", begin().raw("R.").bytes(), "underflow"},
    {"REDUCE without arguments", begin().global("collections", "OrderedDict").raw("R.").bytes(), "tuple of arguments"},
    {"REDUCE of a number", begin().integer(1).raw(")R.").bytes(), "known function"},
    {"REDUCE of a storage class", begin().global("torch", "FloatStorage").raw(")R.").bytes(), "known function"},
    {"BUILD of nothing", begin().raw("b.").bytes(), "underflow"},
    {"BUILD without an object", begin().raw("}b.").bytes(), "underflow"},
    {"BUILD with a number", begin().raw("}").integer(1).raw("b.").bytes(), "attributes"},
    {"BUILD on a list", begin().raw("]}b.").bytes(), "dictionary"},
    {"BUILD of another attribute", begin().raw("}}").text("__class__").raw("Nsb.").bytes(), "attribute"},
    {"BUILD of a number as attribute", begin().raw("}}").integer(1).raw("Nsb.").bytes(), "attribute"},
    {"BINPERSID of nothing", begin().raw("Q.").bytes(), "underflow"},
    // the memo
    {"BINGET of nothing written", begin().raw("h").raw(bytes({0})).raw(".").bytes(), "memo"},
    {"BINGET of a later one", begin().raw("}q").raw(bytes({0})).raw("h").raw(bytes({1})).raw(".").bytes(), "memo"},
    {"LONG_BINGET far off", begin().raw("j").raw(bytes({255, 255, 255, 255})).raw(".").bytes(), "memo"},
    {"BINPUT out of order", begin().raw("}q").raw(bytes({5})).raw(".").bytes(), "memo"},
    {"LONG_BINPUT far off", begin().raw("}r").raw(bytes({255, 255, 255, 255})).raw(".").bytes(), "memo"},
    {"BINPUT of nothing", begin().raw("q").raw(bytes({0})).bytes(), "underflow"},
    // numbers and text
    {"text longer than the pickle", begin().raw("X").raw(bytes({255, 255, 255, 255})).raw("abc").bytes(), "ends early"},
    {"text one byte longer", begin().raw("X").raw(bytes({4, 0, 0, 0})).raw("abc").bytes(), "ends early"},
    {"text that is not UTF-8", begin().raw("}").text("\xC0\x80").tensor({}).raw("s.").bytes(), "UTF-8"},
    {"a long of 9 bytes", begin().raw(bytes({0x8A, 9})).raw("123456789.").bytes(), "8 bytes"},
    {"a long longer than the pickle", begin().raw(bytes({0x8A, 8, 1})).bytes(), "ends early"},
    {"half a float", begin().raw("G1234").bytes(), "ends early"},
    {"half an integer", begin().raw("J12").bytes(), "ends early"},
    // the result
    {"a number", begin().integer(1).raw(".").bytes(), "dictionary of tensors"},
    {"a list", begin().raw("].").bytes(), "dictionary of tensors"},
    {"a tensor", begin().tensor({}).raw(".").bytes(), "dictionary of tensors"},
    {"a dictionary of numbers", begin().raw("}").text("w").integer(1).raw("s.").bytes(), "is not a tensor"},
    {"a dictionary of dictionaries", begin().raw("}").text("state_dict").raw("}s.").bytes(), "is not a tensor"},
    {"a dictionary that holds itself",
     begin().raw("}q").raw(bytes({0})).text("w").raw("h").raw(bytes({0})).raw("s.").bytes(), "is not a tensor"},
    {"a number as name", begin().raw("}").integer(1).tensor({}).raw("s.").bytes(), "name of a tensor"},
    {"a name twice", state_dict_pickle({{.name = "w"}, {.name = "w"}}), "twice"},
    // calls of known functions
    {"OrderedDict with arguments",
     begin().global("collections", "OrderedDict").raw("]").raw(bytes({0x85})).raw("R.").bytes(), "with arguments"},
    {"a tensor of no arguments", rebuilt(PickleWriter()), "6 arguments"},
    {"a tensor of 5", rebuilt(storage().integer(0).integers({6}).integers({1}).raw("N")), "6 arguments"},
    {"a tensor of 7", rebuilt(storage().integer(0).integers({6}).integers({1}).raw("NNN")), "6 arguments"},
    {"a tensor without storage", rebuilt(PickleWriter().integer(0).integer(0).integers({6}).integers({1}).raw("NN")),
     "a storage"},
    {"a tensor with text as offset", rebuilt(storage().text("0").integers({6}).integers({1}).raw("NN")), "offset"},
    {"a tensor with a real offset",
     rebuilt(storage().raw("G").raw(bytes({0, 0, 0, 0, 0, 0, 0, 0})).integers({6}).integers({1}).raw("NN")), "offset"},
    {"a tensor with true as offset", rebuilt(storage().raw(bytes({0x88})).integers({6}).integers({1}).raw("NN")),
     "offset"},
    {"a tensor with a list of sizes", rebuilt(storage().integer(0).raw("]").integers({1}).raw("NN")), "sizes"},
    {"a tensor with text in its sizes",
     rebuilt(storage().integer(0).raw("(").text("6").raw("t").integers({1}).raw("NN")), "sizes"},
    {"a tensor with no strides", rebuilt(storage().integer(0).integers({6}).raw("NNN")), "strides"},
    {"a parameter of a number",
     begin().raw("}").text("w").global("torch._utils", "_rebuild_parameter").raw("(").integer(1).raw("NNtRs.").bytes(),
     "a tensor belongs"},
    {"a parameter of 2",
     begin().raw("}").text("w").global("torch._utils", "_rebuild_parameter").raw("(").tensor({}).raw("NtRs.").bytes(),
     "3 arguments"},
    // storages
    {"a storage of text", begin().text("0").raw("Q.").bytes(), "tuple of a storage"},
    {"a storage of 4",
     begin().raw("(").text("storage").global("torch", "FloatStorage").text("0").text("cpu").raw("tQ.").bytes(),
     "other than a storage"},
    {"a storage of another kind",
     begin()
         .raw("(")
         .text("module")
         .global("torch", "FloatStorage")
         .text("0")
         .text("cpu")
         .integer(6)
         .raw("tQ.")
         .bytes(),
     "other than a storage"},
    {"a storage of no class",
     begin().raw("(").text("storage").text("FloatStorage").text("0").text("cpu").integer(6).raw("tQ.").bytes(),
     "class of a storage"},
    {"a storage of a function",
     begin()
         .raw("(")
         .text("storage")
         .global("collections", "OrderedDict")
         .text("0")
         .text("cpu")
         .integer(6)
         .raw("tQ.")
         .bytes(),
     "class of a storage"},
    {"a storage with a number as key",
     begin()
         .raw("(")
         .text("storage")
         .global("torch", "FloatStorage")
         .integer(0)
         .text("cpu")
         .integer(6)
         .raw("tQ.")
         .bytes(),
     "key of a storage"},
    {"a storage with text as size",
     begin()
         .raw("(")
         .text("storage")
         .global("torch", "FloatStorage")
         .text("0")
         .text("cpu")
         .text("6")
         .raw("tQ.")
         .bytes(),
     "size of a storage"},
    {"a storage with no location",
     begin().raw("(").text("storage").global("torch", "FloatStorage").text("0").raw("N").integer(6).raw("tQ.").bytes(),
     "location"},
};

}   // namespace

TEST_CASE("archives that break a rule are refused") {
    Bench bench(format("torch"));
    for (const ArchiveCase& row : archives) {
        Files files = files_of(state_dict_pickle({{}}));
        if (row.change) row.change(files);
        bench.expect(row.what, zip_bytes(files, row.options), row.word);
    }
}

TEST_CASE("tensors that do not fit their storage are refused") {
    Bench bench(format("torch"));
    for (const TensorCase& row : tensors)
        bench.expect("row " + std::to_string(&row - tensors), zip_bytes(files_of(state_dict_pickle({row.tensor}))),
                     row.word);
}

TEST_CASE("pickles that break a rule are refused, and run nothing") {
    Bench bench(format("torch"));
    for (const PickleCase& row : pickles) bench.expect(row.what, zip_bytes(files_of(row.pickle)), row.word);
}

TEST_CASE("every opcode outside the known ones is refused") {
    const std::string known = "(.NJKMGX)]}taeusqrhjcRbQ\x80\x85\x86\x87\x88\x89\x8A";
    Bench             bench(format("torch"));
    for (unsigned opcode = 0; opcode < 256; ++opcode)
        if (known.find(static_cast<char>(opcode)) == std::string::npos)
            bench.expect("opcode " + std::to_string(opcode),
                         zip_bytes(files_of(begin().raw("}").raw(bytes({opcode})).raw(".").bytes())), "opcode");
    CHECK(bench.attempts() == 256 - known.size());
}

namespace {

// One tensor in the memo, under `count` names.
std::string names(std::size_t count) {
    PickleWriter out = begin();
    out.raw("}(").text("first").tensor({}).raw("q").raw(bytes({0}));
    for (std::size_t i = 1; i < count; ++i) out.text(std::to_string(i)).raw("h").raw(bytes({0}));
    return out.raw("u.").bytes();
}

}   // namespace

TEST_CASE("pickles and archives by the million are refused in time and memory") {
    struct Quantity {
        const char* what;
        std::string pickle;
        const char* word;   // any of the machine's limits may be the one that is met
    };
    const std::string million(1'000'000, 'N');
    const Quantity    rows[] = {
        {"a stack", begin().raw(million).bytes(), "the pickle"},
        {"marks", begin().raw(std::string(1'000'000, '(')).bytes(), "the pickle"},
        {"lists", begin().raw("(").raw(std::string(1'000'000, ']')).bytes(), "the pickle"},
        {"tuples in tuples", begin().raw("N").raw(std::string(15'000'000, '\x85')).bytes(), "the pickle"},
        {"16 MiB and more", begin().raw(std::string(16u << 20, 'N')).bytes(), "the pickle"},
        {"65,536 names of one tensor", names(max_tensors), nullptr},
        {"65,537 names of one tensor", names(max_tensors + 1), "65536 tensors"},
    };
    Bench bench(format("torch"));
    for (const Quantity& row : rows) bench.expect(row.what, zip_bytes(files_of(row.pickle)), row.word);

    Files files = files_of(state_dict_pickle({{}}));
    while (files.size() < 65'600) files.push_back({.name = "a/" + std::to_string(files.size()), .content = ""});
    bench.expect("65,600 files", zip_bytes(files, {.zip64 = true}), nullptr);
    files.push_back({.name = "a/last", .content = ""});
    bench.expect("65,601 files", zip_bytes(files, {.zip64 = true}), "65600 files");
}

TEST_CASE("files that are no zip archive are told apart") {
    Bench bench(format("torch"));
    bench.expect("empty", "", "no torch checkpoint");
    bench.expect("two bytes", "PK", "no torch checkpoint");
    bench.expect("numpy", "\x93NUMPY", "no torch checkpoint");
    bench.expect("legacy", "\x80\x02\x8A\nl\xFC\x9C\x46\xF9\x20\x6A\xA8\x50\x19.", "another version");
    bench.expect("a first mark only", "PK\x03\x04" + std::string(100, '\0'), "end record");
}

TEST_CASE("a pickle cut short anywhere is refused") {
    Bench             bench(format("torch"));
    const std::string whole = state_dict_pickle({{}, {.name = "v", .parameter = true}});
    for (std::size_t length = 0; length < whole.size(); ++length)
        bench.expect("cut to " + std::to_string(length), zip_bytes(files_of(whole.substr(0, length))), "");
}

// The memory that a pickle takes: bounded whatever it says, and enough for the largest real ones.
#include "support/counted_heap.h"

#include "formats/pickle_machine.h"
#include "support/expect_error.h"
#include "support/pickle_writer.h"

#include <cstdio>

using namespace attune;
using namespace attune::test;

#ifdef ATTUNE_COUNTED_HEAP

namespace {

constexpr std::size_t limit = 48u << 20;

struct Read {
    std::size_t peak = 0, tensors = 0;
    std::string message;
};

Read read(const std::string& pickle) {
    Read result;
    result.peak = heap_used_by([&] {
        ByteReader reader(std::as_bytes(std::span(pickle)), "file", "the pickle");
        try {
            result.tensors = read_state_dict(reader).size();
        } catch (const Error& error) { result.message = error.what(); }
    });
    return result;
}

std::string u32(std::size_t value) { return ByteWriter().u32(value).bytes(); }

std::string name_of(std::size_t index, std::size_t bytes) {
    std::string name = std::to_string(index);
    return PickleWriter().text(name + std::string(bytes - name.size(), 'n')).bytes();
}

// All pools as full as their limits let them be, then 65,536 tensors of 8 axes. Everything but the tensors
// goes into a list that BUILD drops in the end.
std::string greedy_pickle() {
    namespace limits            = pickle::limits;
    constexpr std::size_t tuple = 60'000;
    PickleWriter          out;
    out.proto().raw("}}").text("_metadata").raw("]");
    out.global("torch._utils", "_rebuild_tensor_v2").raw("r" + u32(0)).raw("a");
    out.raw("(").storage("FloatStorage", "0", 6).integer(0).integers({1, 1, 1, 1, 1, 1, 2, 3});
    out.integers({6, 6, 6, 6, 6, 6, 3, 1}).raw("NNt").raw("r" + u32(1)).raw("a");
    out.raw("(").text("storage").global("torch", "FloatStorage").text("0").text("cpu").integer(6).raw("t");
    out.raw("r" + u32(2)).raw("a");
    for (std::size_t i = 1; i < max_tensors; ++i) out.raw("j" + u32(2) + "Qa");
    for (std::size_t i = 3; i < limits::memo; ++i) out.raw("r" + u32(i));
    std::size_t links = limits::links - max_tensors - 2 * max_tensors - 1000;  // 1,000 for the list itself
    for (; links > tuple; links -= tuple) out.raw("](" + std::string(tuple, 'N') + "ea");
    for (std::size_t left = limits::containers - 1000; left > tuple; left -= tuple)
        out.raw("(" + std::string(tuple, ']') + "ta");
    for (std::size_t left = limits::items - limits::containers - 1000; left > tuple; left -= tuple + 1)
        out.raw("(" + std::string(tuple, 'N') + "ta");
    out.raw("sb(");
    for (std::size_t i = 0; i < max_tensors; ++i) out.raw(name_of(i, 6)).raw("j" + u32(0) + "j" + u32(1) + "R");
    return out.raw("u.").bytes();
}

}  // namespace

TEST_CASE("65,536 tensors as torch's pickler writes them fit, in little memory") {
    PickleWriter out;
    std::size_t  memo = 0;
    const auto   put  = [&] { return "r" + u32(memo++); };
    out.proto().global("collections", "OrderedDict").raw(put()).raw(")R").raw(put());
    for (std::size_t i = 0; i < max_tensors; ++i) {
        if (i % 1000 == 0) out.raw(i ? "u(" : "(");
        out.raw(name_of(i, 60)).raw(put()).global("torch._utils", "_rebuild_tensor_v2").raw("((").text("storage");
        out.global("torch", "FloatStorage")
            .text(std::to_string(i))
            .raw(put())
            .text("cpu")
            .integer(6)
            .raw("t")
            .raw(put());
        out.raw("Q").integer(0).integers({2, 3}).raw(put()).integers({3, 1}).raw(put()).raw("\x89");
        out.global("collections", "OrderedDict").raw(")R").raw(put()).raw("t").raw(put()).raw("R").raw(put());
    }
    const std::string pickle = out.raw("u.").bytes();
    const Read        result = read(pickle);
    std::printf("65,536 tensors: %.1f MiB of pickle, %.1f MiB of heap\n",
                static_cast<double>(pickle.size()) / (1 << 20), static_cast<double>(result.peak) / (1 << 20));
    CHECK(result.message == "");
    CHECK(result.tensors == max_tensors);
    CHECK(result.peak <= limit);
}

TEST_CASE("no pickle takes more than 48 MiB") {
    const Read result = read(greedy_pickle());
    std::printf("the greediest pickle: %.1f MiB of heap\n", static_cast<double>(result.peak) / (1 << 20));
    CHECK(result.message == "");
    CHECK(result.tensors == max_tensors);
    CHECK(result.peak > (24u << 20));  // or it would prove nothing
    CHECK(result.peak <= limit);
}

#endif

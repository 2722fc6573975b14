// One fuzz target per file of this folder:   ATTUNE_FUZZ_TARGET(NAME) { use(bytes); }
// `bytes` are what the fuzzer made up. A target throws what is no attune::Error, or crashes, if something is
// wrong. In the preset `fuzz` each is a program of libFuzzer's; elsewhere all are linked into test_fuzz,
// which runs them over the files of corpus/NAME (replay.cpp).
#pragma once

#include "support/formats.h"

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace attune::test {

struct FuzzTarget {
    const char* name;
    void (*run)(std::string_view bytes);
};

inline std::vector<FuzzTarget>& fuzz_targets() {
    static std::vector<FuzzTarget> all;
    return all;
}

// What must hold, whatever the bytes are.
inline void must(bool holds, const char* what) {
    if (!holds) throw std::logic_error(what);
}

// Writes `bytes` as the file of a format among its sound neighbours and opens it as the library does:
// it loads, or it is refused with bad_input and a message `[where] what` that names the file.
void open_as(const Format& format, std::string_view bytes);

}   // namespace attune::test

#ifdef ATTUNE_FUZZER
#define ATTUNE_FUZZ_TARGET(name)                                                                \
    static void    target_##name(std::string_view bytes);                                       \
    extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {         \
        target_##name({reinterpret_cast<const char*>(data), size});                             \
        return 0;                                                                               \
    }                                                                                           \
    static void target_##name(std::string_view bytes)
#else
#define ATTUNE_FUZZ_TARGET(name)                                                                \
    static void                  target_##name(std::string_view bytes);                         \
    [[maybe_unused]] static auto listed_##name =                                                \
        attune::test::fuzz_targets().emplace_back(attune::test::FuzzTarget{#name, target_##name}); \
    static void target_##name(std::string_view bytes)
#endif

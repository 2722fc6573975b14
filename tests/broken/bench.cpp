#include "broken/bench.h"

#include "support/counted_heap.h"

#include <attune/error.hpp>
#include <doctest/doctest.h>

#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>

namespace attune::test {
namespace {

constexpr std::size_t spare_heap = 64u << 20;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr double most_seconds = 5;   // sanitizers make it slower
#else
constexpr double most_seconds = 1;
#endif

std::size_t entries_of(const std::filesystem::path& folder) {
    const std::filesystem::directory_iterator all(folder);
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

bool is_mapped(const std::filesystem::path& folder) {
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);)
        if (line.find(folder.string()) != std::string::npos) return true;
    return false;
}

double seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// `[where] what`, neither of them empty.
bool is_formed(std::string_view message) {
    const std::size_t end = message.find("] ");
    return message.starts_with('[') && end != std::string_view::npos && end > 1 && message.size() > end + 2;
}

// How opening ended; a buffer of fixed size, so that it does not count as left behind.
struct Ending {
    bool   loaded = false;
    Status status = Status::ok;
    char   message[2048] = {};

    void keep(const char* text) { std::strncpy(message, text, sizeof message - 1); }
};

// Whatever is not an Error of ours is told apart by its status staying ok.
Ending open(const Format& format, const std::filesystem::path& folder, std::uint64_t& largest_tensor) {
    Ending ending;
    try {
        format.open(folder, largest_tensor);
        ending.loaded = true;
    } catch (const Error& error) {
        ending.status = error.status();
        ending.keep(error.what());
    } catch (const std::exception& error) {
        ending.keep(error.what());
    } catch (...) { ending.keep("something that is no exception"); }
    return ending;
}

// Asked after it did so once: what is made once per process does not count.
bool leaves_memory(const Format& format, const std::filesystem::path& folder) {
    const std::size_t before  = heap_now;
    std::uint64_t     ignored = 0;
    open(format, folder, ignored);
    return heap_now != before;
}

std::string megabytes(std::size_t bytes) { return std::to_string(bytes >> 20) + " MiB"; }

// A message names the broken file; or, where the folder is judged as a whole, any file of it or a tensor.
bool names_the_file(const Format& format, const std::filesystem::path& folder, std::string_view message) {
    if (message.find((folder / format.file).string()) != std::string_view::npos) return true;
    if (!format.names_others) return false;
    for (const std::string_view other : {std::string_view(folder.native()), std::string_view("\"model."),
                                         std::string_view("[model."), std::string_view("final_logits_bias")})
        if (message.find(other) != std::string_view::npos) return true;
    return false;
}

}   // namespace

Bench::Bench(const Format& format) : format_(format) {
    format.around(folder_);
    folder_.write(format.file, "");
    files_       = entries_of(folder_.path());
    descriptors_ = entries_of("/proc/self/fd");
}

Bench::~Bench() {
    CHECK(entries_of(folder_.path()) == files_);
    CHECK(entries_of("/proc/self/fd") == descriptors_);
    CHECK_FALSE(is_mapped(folder_.path()));
}

Outcome Bench::attempt(std::string_view bytes) {
    folder_.write(format_.file, bytes);
    ++attempts_;
    std::uint64_t     largest_tensor = 0;
    Ending            ending;
    const double      start   = seconds();
    const std::size_t before  = heap_now;
    const std::size_t grown   = heap_used_by([&] { ending = open(format_, folder_.path(), largest_tensor); });
    const std::size_t after   = heap_now, largest = heap_largest;
    const double      taken   = seconds() - start;
    const std::size_t allowed = 2 * largest_tensor + spare_heap;

    Outcome out{.loaded = ending.loaded, .message = ending.message, .problem = {}};
    if (!ending.loaded && ending.status != Status::bad_input)
        out.problem = "status is " + std::string(status_name(ending.status)) + "; ";
    if (!ending.loaded && !is_formed(out.message)) out.problem += "the message is not [where] what; ";
    if (!ending.loaded && !names_the_file(format_, folder_.path(), out.message))
        out.problem += "the message does not name the file; ";
    if (taken > most_seconds) out.problem += "took " + std::to_string(taken) + " s; ";
    if (grown > allowed || largest > allowed)
        out.problem += "the heap grew by " + megabytes(grown) + ", at once by " + megabytes(largest) + "; ";
    if (after != before && leaves_memory(format_, folder_.path())) out.problem += "memory was left behind; ";
    return out;
}

Outcome Bench::expect(const std::string& what, std::string_view bytes, const char* reason) {
    const Outcome outcome = attempt(bytes);
    CAPTURE(std::string(format_.name));
    CAPTURE(what);
    CAPTURE(outcome.message);
    CHECK(outcome.problem == "");
    CHECK(outcome.loaded == (reason == nullptr));
    if (reason) {
        CAPTURE(std::string(reason));
        CHECK(outcome.message.find(reason) != std::string::npos);
    }
    return outcome;
}

}   // namespace attune::test

// Streams of gzip and zstd. What they unpack to is at most what the file justifies.
#include "fuzz/fuzz.h"

#include "formats/compressed.h"

#include <attune/error.hpp>

using namespace attune;
using namespace attune::test;

ATTUNE_FUZZ_TARGET(compressed) {
    static const TemporaryFolder folder;
    const auto                   path = folder.write("file", bytes);
    try {
        const FileBytes file = read_plain_or_compressed(path, 16u << 20);
        must(file.bytes().size() <= most_unpacked(bytes.size()), "more than the file justifies");
    } catch (const Error& error) {
        must(error.status() == Status::bad_input, "the status is not bad_input");
        must(std::string_view(error.what()).starts_with("[" + path.string() + "] "), "the message does not name the file");
    }
}

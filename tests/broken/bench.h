// Opens broken files one after the other the way the library does, and watches what that costs.
#pragma once

#include "support/formats.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace attune::test {

// What opening a file came to.
struct Outcome {
    bool        loaded = false;
    std::string message;   // of the refusal
    std::string problem;   // what must never happen; empty if it did not
};

// A folder with all that a format needs. Opening a file in it must end as follows, whatever the file holds:
//   - it loads, or it is refused with bad_input and a message `[where] what` that names the file (or the tensor);
//   - after at most a second of processor time;
//   - with no allocation, and no growth of the heap, above twice the largest tensor in the file and 64 MiB;
//   - and nothing stays behind: no memory, no mapping, no open file, no other file in the folder.
class Bench {
public:
    explicit Bench(const Format& format);
    Bench(const Bench&)            = delete;
    Bench& operator=(const Bench&) = delete;
    ~Bench();   // checks what is left of mappings and files

    Outcome attempt(std::string_view bytes);

    // A rule: must be refused with `reason` in the message; loads if `reason` is null.
    Outcome expect(const std::string& what, std::string_view bytes, const char* reason);

    std::size_t attempts() const noexcept { return attempts_; }

private:
    const Format&   format_;
    TemporaryFolder folder_;
    std::size_t     files_ = 0, descriptors_ = 0, attempts_ = 0;
};

}   // namespace attune::test

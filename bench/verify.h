// Is a result right? Held against the oracle, in this process, before anything is timed.
#pragma once

#include "bench/families.h"

#include "checks/session_run.h"

namespace attune::bench {

struct Verdict {
    bool        right = true;
    double      nmse  = 0;   // the largest that was found
    std::string note  = {};  // what is wrong

    void add(const Verdict& other);
};

// How much of a result is looked at.
struct VerifyOptions {
    double        oracle_flop = 1e8;     // a case of no more is computed by the oracle as a whole
    std::uint64_t pieces      = 4;       // of a larger one, spread from the first to the last
    double        twin_memory = 2.56e8;  // and all of it is compared with its twin, if that needs no more memory
};

// Runs a case once and looks at what came out.
Verdict verify(const BenchCase& which, test::Case& whole, test::SessionRun& run, const VerifyOptions& options);

}  // namespace attune::bench

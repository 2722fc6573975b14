// What the benchmark says of one case on one device: a line of JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace attune::bench {

// Parameters of a case in the order of its name: whole numbers, or words such as "f16".
using ParameterValue = std::variant<std::uint64_t, std::string>;
using Parameters     = std::vector<std::pair<std::string, ParameterValue>>;

std::string text(const ParameterValue& value);

enum class Outcome {
    measured,  // right, and timed
    planned,   // a memory case that was not run: right as far as it goes, without a time
    wrong,     // computed, and not what the oracle says: never a time
    left_out,  // too long, or too large for this device; `note` says which
    failed,    // ended with an error, which `note` has
};

const char* name_of(Outcome outcome) noexcept;

// Times are nanoseconds of one run of the case. Absent members are absent in JSON too, unless README.md says null.
struct Record {
    static constexpr int newest_schema = 1;

    int           schema = newest_schema;
    std::string   name;  // "gemm:m=4096,n=512,k=14336,type=f16"; JSON: "case"
    std::string   op;    // the family, "gemm"; "roof" of roofs
    Parameters    params;
    std::string   device, device_uuid, driver;
    std::uint32_t driver_id = 0;
    std::string   tuning;  // what is not as the table has it (attune/tuning.hpp), "product_rows=8,rows_in_turn=2"; "": all is
    std::string   path;  // kernels in the order of their first use, joined by '+'

    Outcome               outcome = Outcome::measured;
    bool                  ok      = true;  // measured or planned
    std::optional<double> nmse;
    std::string           note;

    // Of measured cases alone.
    std::optional<double> median_ns, p10_ns, p90_ns, low_ns, high_ns;  // low, high: bootstrap 95 % of the median
    std::vector<double>   samples_ns;                                  // JSON: with `n`, their number
    std::uint32_t         repeats = 0;                                 // runs in each sample
    std::string           clock;                                       // "device": timestamps of the queue; "host"
    std::string           cache;  // "hot": one run's bytes may stay in a cache until the next; "cold"
    bool                  unstable = false;

    double                       flop = 0, bytes = 0;  // of one run
    std::string                  roof;                 // that binds it
    std::optional<double>        share_of_roof;
    std::optional<double>        tokens;        // of one run; tokens per second are tokens / median
    std::optional<std::uint64_t> memory_bytes;  // planned or used

    std::optional<double> value;  // of a roof, per second
    std::string           unit;   // of `value`

    std::string version, git, shaders;  // shaders: hash of all SPIR-V
    std::string date;                   // UTC, "2026-11-21T12:00:00Z"
    std::string command;                // that repeats it

    bool timed() const noexcept { return median_ns.has_value(); }
};

// One line, without its end.
std::string to_json(const Record& record);

// Reads such a line. Members it does not know are passed over. Throws bad_input naming the member that is missing or
// is not what it has to be, or that the line is no JSON, or is of another schema.
Record from_json(std::string_view line);

}  // namespace attune::bench

// A record as a line of JSON, and lines that are none.
#include "bench/record.h"
#include "support/expect_error.h"

#include <nlohmann/json.hpp>

using namespace attune;
using namespace attune::bench;
using namespace attune::test;

namespace {

Record measured() {
    Record r;
    r.name          = "gemm:m=4096,n=512,k=14336,type=f16";
    r.op            = "gemm";
    r.params        = {{"m", std::uint64_t{4096}},
                       {"n", std::uint64_t{512}},
                       {"k", std::uint64_t{14336}},
                       {"type", std::string("f16")}};
    r.device        = "a \"device\"\n\xc3\xa9";
    r.device_uuid   = "0011223344556677";
    r.driver        = "driver 1.2";
    r.driver_id     = 13;
    r.tuning        = "product_rows=8,rows_in_turn=2";
    r.path          = "one+two";
    r.nmse          = 1.25e-12;
    r.note          = "unstable: why";
    r.median_ns     = 1234567.5;
    r.p10_ns        = 1200000;
    r.p90_ns        = 1300000;
    r.low_ns        = 1230000;
    r.high_ns       = 1240000;
    r.samples_ns    = {1200000.25, 1234567.5, 1300000};
    r.repeats       = 4;
    r.clock         = "device";
    r.cache         = "cold";
    r.unstable      = true;
    r.flop          = 6.0129542144e10;
    r.bytes         = 1.5e8;
    r.roof          = "fma_f32";
    r.share_of_roof = 0.42;
    r.tokens        = 512;
    r.memory_bytes  = 150000001;
    r.value         = 1e13;
    r.unit          = "flop/s";
    r.version       = "0.1.0";
    r.git           = "0123456789ab+";
    r.shaders       = "fedcba9876543210";
    r.date          = "2026-11-21T12:00:00Z";
    r.command       = "attune bench --case gemm";
    return r;
}

void check_same(const Record& a, const Record& b) {
    CHECK(to_json(a) == to_json(b));
    CHECK(a.name == b.name);
    CHECK(a.params == b.params);
    CHECK(a.device == b.device);
    CHECK(a.tuning == b.tuning);
    CHECK(a.outcome == b.outcome);
    CHECK(a.ok == b.ok);
    CHECK(a.nmse == b.nmse);
    CHECK(a.median_ns == b.median_ns);
    CHECK(a.samples_ns == b.samples_ns);
    CHECK(a.share_of_roof == b.share_of_roof);
    CHECK(a.memory_bytes == b.memory_bytes);
    CHECK(a.value == b.value);
    CHECK(a.unstable == b.unstable);
    CHECK(a.date == b.date);
}

}  // namespace

TEST_CASE("a record comes back as it was, and is one line") {
    Record planned = measured(), wrong = measured();
    planned.outcome = Outcome::planned;
    wrong.outcome   = Outcome::wrong;
    wrong.ok        = false;
    for (Record* r : {&planned, &wrong}) {
        r->median_ns = r->p10_ns = r->p90_ns = r->low_ns = r->high_ns = r->share_of_roof = r->tokens = {};
        r->samples_ns.clear();
    }
    for (const Record& record : {measured(), planned, wrong}) {
        const std::string line = to_json(record);
        CHECK(line.find('\n') == std::string::npos);
        check_same(from_json(line), record);
    }
}

TEST_CASE("members have the names that were agreed on") {
    const auto json = nlohmann::json::parse(to_json(measured()));
    for (const char* name :
         {"schema",       "case",  "op",         "params",  "device",    "device_uuid", "driver",        "driver_id",
          "path",         "ok",    "nmse",       "note",    "median_ns", "p10_ns",      "p90_ns",        "low_ns",
          "high_ns",      "n",     "samples_ns", "flop",    "bytes",     "roof",        "share_of_roof", "tokens",
          "memory_bytes", "cache", "unstable",   "version", "git",       "shaders",     "date",          "command",
          "value",        "unit"})
        CHECK_MESSAGE(json.contains(name), name);
    CHECK(json["schema"] == 1);
    CHECK(json["n"] == 3);
    CHECK(json["params"]["m"] == 4096);
    CHECK(json["params"]["type"] == "f16");
}

TEST_CASE("what is not measured is null or absent") {
    Record left_out;
    left_out.outcome = Outcome::left_out;
    left_out.ok      = false;
    const auto json  = nlohmann::json::parse(to_json(left_out));
    for (const char* name : {"nmse", "median_ns", "p10_ns", "p90_ns", "low_ns", "high_ns", "share_of_roof"})
        CHECK(json.at(name).is_null());
    for (const char* name : {"tokens", "memory_bytes", "value", "unit"}) CHECK_FALSE(json.contains(name));
    CHECK(json.at("samples_ns").empty());
}

TEST_CASE("a line that is no record is refused, and says what is wrong with it") {
    struct Row {
        const char* member;
        const char* value;  // JSON; "": taken out
        const char* word;
    };
    const Row rows[] = {{"schema", "", "schema"},
                        {"schema", "2", "schema"},
                        {"schema", "\"1\"", "schema"},
                        {"case", "", "case"},
                        {"case", "7", "case"},
                        {"op", "null", "op"},
                        {"params", "[]", "params"},
                        {"params", "{\"m\":-1}", "m"},
                        {"params", "{\"m\":1.5}", "m"},
                        {"device", "", "device"},
                        {"ok", "1", "ok"},
                        {"ok", "", "ok"},
                        {"median_ns", "\"x\"", "median_ns"},
                        {"samples_ns", "[1,null]", "samples_ns"},
                        {"samples_ns", "3", "samples_ns"},
                        {"driver_id", "5000000000", "driver_id"},
                        {"memory_bytes", "-3", "memory_bytes"},
                        {"unstable", "0", "unstable"},
                        {"outcome", "\"good\"", "good"}};
    for (const Row& row : rows) {
        CAPTURE(row.member);
        CAPTURE(row.value);
        auto json = nlohmann::json::parse(to_json(measured()));
        if (*row.value)
            json[row.member] = nlohmann::json::parse(row.value);
        else
            json.erase(row.member);
        expect_error(Status::bad_input, {row.word}, [&] { from_json(json.dump()); });
    }
    for (const char* line : {"", "{", "[]", "7", "null", "{\"schema\":1", "\xff\xfe"})
        expect_error(Status::bad_input, {"record"}, [&] { from_json(line); });
    const std::string whole = to_json(measured());
    for (std::size_t size = 0; size < whole.size(); ++size) CHECK_THROWS_AS(from_json(whole.substr(0, size)), Error);
}

TEST_CASE("a line of a later version may have more members, and one of another tool fewer") {
    auto json           = nlohmann::ordered_json::parse(to_json(measured()));
    json["temperature"] = {1, 2};
    check_same(from_json(json.dump()), measured());
    const Record least = from_json(R"({"schema":1,"case":"gemm","op":"gemm","params":{},"device":"d","ok":false})");
    CHECK(least.outcome == Outcome::failed);
    CHECK_FALSE(least.timed());
}

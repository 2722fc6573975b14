#include "benchmark_page/records.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace attune::test {

using bench::Outcome;
using bench::Record;

namespace {

bench::ParameterValue value_of(const std::string& text) {
    std::uint64_t number  = 0;
    const auto    stopped = std::from_chars(text.data(), text.data() + text.size(), number);
    if (stopped.ptr == text.data() + text.size() && !text.empty()) return number;
    return text;
}

void add_identity(Record& r) {
    r.device      = "Device One";
    r.device_uuid = "00112233445566778899aabbccddeeff";
    r.driver      = "driver 1.0 (Test 12.3)";
    r.driver_id   = 13;
    r.version     = "0.1.0";
    r.git         = "0123456789abcdef";
    r.shaders     = "fedcba9876543210";
    r.date        = "2026-11-21T12:00:00Z";
    r.command     = "attune bench --device one --case " + r.name;
}

// What a device that is `slowness` times slower than the first one measures.
std::vector<Record> device(double slowness) {
    std::vector<Record> records;
    for (const char* when : {"start", "end"}) {
        records.push_back(roof("read", 20e9 / slowness, when));
        records.push_back(roof("fma_f32", 160e9 / slowness, when));
    }
    for (const int n : {1, 8, 64, 512}) {
        Record r =
            measured("gemm", "m=4096,n=" + std::to_string(n) + ",k=4096,type=f16", 2e6 * slowness * (1 + n / 16.0));
        r.flop          = 2.0 * 4096 * 4096 * n;
        r.bytes         = 2.0 * 4096 * 4096;
        r.roof          = n < 8 ? "read" : "fma_f32";
        r.share_of_roof = 0.4;
        records.push_back(r);
    }
    for (const int keys : {1024, 4096, 16384})
        for (const char* op : {"attention", "attention_staged"}) {
            const std::string size = std::to_string(keys);
            Record            r =
                measured(op, "heads=8,batch=1,queries=" + size + ",keys=" + size + ",head_dim=64,type=f32,causal=1",
                         slowness * std::pow(keys, 2.05));
            r.flop          = 2.0 * 8 * 64 * keys * keys;
            r.bytes         = 4.0 * 4 * 8 * 64 * keys;
            r.memory_bytes  = static_cast<std::uint64_t>(keys) * 1000;
            r.roof          = "fma_f32";
            r.share_of_roof = 0.2;
            records.push_back(r);
        }
    for (const int batch : {1, 8, 64})
        for (const int beam : {1, 4}) {
            Record r = measured("translate",
                                "batch=" + std::to_string(batch) + ",beam=" + std::to_string(beam) + ",model=shipped",
                                1e7 * slowness * std::sqrt(batch * beam));
            r.tokens = 20.0 * batch;
            r.flop   = 1e6 * batch;
            records.push_back(r);
        }
    return records;
}

}  // namespace

Record measured(const std::string& op, const std::string& params, double median_ns) {
    Record r;
    r.op   = op;
    r.name = op + ':' + params;
    for (std::size_t at = 0; at < params.size();) {
        const std::size_t equals = params.find('=', at), end = std::min(params.find(',', at), params.size());
        r.params.emplace_back(params.substr(at, equals - at), value_of(params.substr(equals + 1, end - equals - 1)));
        at = end + 1;
    }
    add_identity(r);
    r.path       = "kernel_a+kernel_b";
    r.nmse       = 1e-11;
    r.median_ns  = median_ns;
    r.p10_ns     = 0.97 * median_ns;
    r.p90_ns     = 1.04 * median_ns;
    r.low_ns     = 0.99 * median_ns;
    r.high_ns    = 1.01 * median_ns;
    r.samples_ns = {0.97 * median_ns, median_ns, 1.04 * median_ns};
    r.clock      = "device";
    r.cache      = "hot";
    return r;
}

Record roof(const std::string& kind, double per_second, const std::string& when) {
    Record r;
    r.op     = "roof";
    r.name   = "roof:" + kind;
    r.params = {{"when", when}};
    r.value  = per_second;
    r.unit   = kind == "fma_f32" ? "flop/s" : "bytes/s";
    add_identity(r);
    return r;
}

std::vector<Record> two_devices() {
    std::vector<Record> records = device(1);
    for (Record& r : device(3)) {
        r.device      = "Device Two";
        r.device_uuid = "ff";
        records.push_back(r);
    }
    const Record usual = measured("softmax", "rows=64,width=64", 1000);
    Record       wrong = usual, failed = usual, left_out = usual, unstable = usual;
    for (Record* r : {&wrong, &failed, &left_out}) {
        r->ok = false;
        for (std::optional<double>* time : {&r->median_ns, &r->p10_ns, &r->p90_ns, &r->low_ns, &r->high_ns})
            time->reset();
        r->samples_ns.clear();
    }
    wrong.outcome     = Outcome::wrong;
    wrong.name        = "softmax:of a wrong result";
    wrong.nmse        = 0.25;
    failed.outcome    = Outcome::failed;
    failed.name       = "softmax:of a failure";
    failed.note       = "the device was lost";
    left_out.outcome  = Outcome::left_out;
    left_out.name     = "softmax:too large";
    left_out.note     = "needs 3 GiB";
    unstable.name     = "softmax:that did not settle";
    unstable.unstable = true;
    unstable.flop = unstable.bytes = 4096;
    records.insert(records.end(), {wrong, failed, left_out, unstable});
    return records;
}

std::string lines_of(const std::vector<Record>& records) {
    std::string lines;
    for (const Record& record : records) lines += to_json(record) + '\n';
    return lines;
}

}  // namespace attune::test

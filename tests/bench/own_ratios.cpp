// Ratios of attune against itself, inside one run, by turns:   bench_own_ratios [ROUNDS]     default: 5 rounds
//   kernels against the device's roofs, which are measured right before each of their samples, so that what else the machine
//   does slows both;
//   kernels of the device against those that a GPU would get, with tiles in shared memory;
//   attention's time against its length; the CPU time of the host for one submission that is replayed.
// Every case is held against the oracle before it is timed; a wrong one ends the program with 1. Markdown on standard
// output.
#include "bench/roof_table.h"
#include "bench/statistics.h"
#include "bench/verify.h"

#include <attune/device.hpp>
#include <attune/error.hpp>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>

using namespace attune;
using namespace attune::bench;

namespace {

// A case on a device, found right.
class Checked {
public:
    Checked(const Device& device, const std::string& name)
        : case_(parse_case(name, families())), random_(case_.name),
          made_(case_.family->make(case_.parameters, random_)), run_(device, made_) {
        const Verdict verdict = verify(case_, made_, run_, {});
        if (!verdict.right) throw Error(Status::device_failed, case_.name, "is wrong: " + verdict.note);
        kernels_ = run_.session().time(run_.program()).dispatches.front().kernel;
    }
    Checked(const Checked&) = delete;

    // Seconds of one run: the median of three samples.
    double seconds() { return median(run_.session().sample(run_.program(), 1, 3).seconds); }

    // Of one roof, which is measured now; copies move as many bytes as the case.
    double share_of(const Device& device, RoofKind kind) {
        const Work work = case_.family->work(case_.parameters);
        const Roof roof = measure_roof(device, kind, {.bytes = static_cast<std::uint64_t>(work.bytes / 2)});
        if (!roof.ok) throw Error(Status::device_failed, name_of(kind), roof.why_not);
        RoofTable only;
        only.set(kind, roof.per_second);
        return only.bound(work, 0).seconds / seconds();
    }

    // CPU seconds of this thread for one run whose results are there when it returns.
    double host_seconds() {
        timespec before{}, after{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
        run_.session().run(run_.program());
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
        return static_cast<double>(after.tv_sec - before.tv_sec) +
               1e-9 * static_cast<double>(after.tv_nsec - before.tv_nsec);
    }

    const std::string& name() const { return case_.name; }
    const std::string& kernel() const { return kernels_; }

private:
    BenchCase        case_;
    test::Random     random_;
    test::Case       made_;
    test::SessionRun run_;
    std::string      kernels_;
};

struct Ratio {
    double low, middle, high;
};

// Of what `one_round` says each time.
template <class OneRound> Ratio ratio_of(int rounds, OneRound&& one_round) {
    std::vector<double> ratios;
    for (int round = 0; round < rounds; ++round) ratios.push_back(one_round());
    return {quantile(ratios, 0), median(ratios), quantile(ratios, 1)};
}

Ratio ratio_of(Checked& slow, Checked& fast, int rounds) {
    return ratio_of(rounds, [&] {
        const double first = slow.seconds();
        return first / fast.seconds();
    });
}

void print_ratio(const std::string& what, const Ratio& ratio, const std::string& how) {
    std::printf("| %s | %.2f (%.2f to %.2f) | %s |\n", what.c_str(), ratio.middle, ratio.low, ratio.high, how.c_str());
    std::fflush(stdout);
}

void against_own_roofs(const Device& device, int rounds) {
    const auto shares = [&](const char* name, RoofKind kind) {
        Checked one(device, name);
        print_ratio(one.name() + ", share of " + name_of(kind),
                    ratio_of(5 * rounds, [&] { return one.share_of(device, kind); }), one.kernel());
    };
    shares("attention:heads=8,queries=512,keys=512,head_dim=64,type=f16", RoofKind::fma_f32);
    shares("gemm:m=1024,n=512,k=1024,type=f16", RoofKind::fma_f32);
    shares("gemm:m=1024,n=512,k=1024,type=f32", RoofKind::fma_f32);
    for (const char* name : {"layer_norm:rows=4096,width=1024", "layer_norm:rows=16384,width=1024",
                             "softmax:rows=4096,width=1024", "softmax:rows=16384,width=1024"})
        shares(name, RoofKind::copy_shader);
}

void against_own_plain_kernels(const Device& device, int rounds) {
    Device::Options options{.caps = {.treat = DeviceCaps::Treat::as_gpu}};
    const Device    plain = Device::open(options);
    for (const char* name : {"gemm:m=512,n=512,k=512,type=f16", "gemm:m=512,n=512,k=512,type=f32",
                             "attention:heads=8,queries=512,keys=512,head_dim=64,type=f16"}) {
        Checked fast(device, name), slow(plain, name);
        print_ratio(fast.name() + ", fast / plain", ratio_of(slow, fast, rounds),
                    fast.kernel() + " / " + slow.kernel());
    }
}

void against_length(const Device& device, int rounds) {
    const auto attention = [](unsigned length) {
        const std::string n = std::to_string(length);
        return "attention:heads=1,queries=" + n + ",keys=" + n + ",head_dim=64,type=f16";
    };
    Checked short_one(device, attention(4096)), long_one(device, attention(16384));
    Ratio   ratio = ratio_of(long_one, short_one, rounds);
    for (double* one : {&ratio.low, &ratio.middle, &ratio.high}) *one = std::log2(*one) / 2;
    print_ratio("attention of one head of 64 from 4k to 16k, exponent of time", ratio, long_one.kernel());
}

void of_a_submission(const Device& device) {
    Checked             small(device, "layer_norm:rows=8,width=256");
    std::vector<double> seconds;
    for (int i = 0; i < 2000; ++i) seconds.push_back(1e6 * small.host_seconds());
    std::printf("| host CPU of a replayed submission, us, p10 and p90 | %.1f (%.1f to %.1f) | %s |\n", median(seconds),
                quantile(seconds, 0.1), quantile(seconds, 0.9), small.name().c_str());
}

}  // namespace

int main(int count, char** arguments) {
    try {
        const int    rounds = count > 1 ? std::atoi(arguments[1]) : 5;
        const Device device = Device::open();
        std::printf("%s, %s\n\n| | median (least to most) | |\n|---|---|---|\n", device.info().name.c_str(),
                    device.info().driver.c_str());
        against_own_roofs(device, rounds);
        against_own_plain_kernels(device, rounds);
        against_length(device, rounds);
        of_a_submission(device);
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}

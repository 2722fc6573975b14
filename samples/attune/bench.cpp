// attune bench: what a device can do, and how much of that each of attune's kernels gets out of it.
#include "bench_report.h"
#include "command.h"
#include "device_cache.h"
#include "devices.h"
#include "interrupt.h"
#include "model.h"
#include "progress.h"
#include "units.h"

#include "bench/bench.h"

#include <cmath>
#include <cstdio>
#include <fstream>
#include <unistd.h>

namespace attune::cli {
namespace {

struct BenchChoice {
    std::string                  device, output, cache_file;
    std::vector<std::string>     names, only;
    std::optional<std::uint32_t> samples;
    std::optional<double>        max_seconds;
    bool                         list = false, quick = false, full = false;
};

Syntax syntax(BenchChoice& c) {
    return {
        .usage = "attune bench [--device DEVICE] [--quick | --full] [--output FILE.jsonl]",
        .about =
            "Measures what a device can do (its roofs), then attune's kernels and translations beside it, then the\n"
            "roofs again. Each result is held against a reference in double precision before it is timed; a wrong\n"
            "one has no speed, and the exit status is 3. What a device has no time or memory for is named.\n\n"
            "  attune bench --case gemm:m=4096,n=512,k=14336,type=f16\n\n"
            "  attune bench report FILES... -o page.html     a page that compares devices\n"
            "  attune bench compare OLD.jsonl NEW.jsonl      what became slower\n",
        .operands = 0,
        .options  = {
             {{"--case"},
              "NAME",
              "this case, however long it takes; may be given more than once. Parameters that are left out have their "
               "defaults",
              to_list(c.names)},
             {{"--only"},
              "GLOB",
              "of the cases those that match, or whose family does; * and ? stand for any characters and one",
              to_list(c.only)},
             {{"--list"},
              "",
              "print the names of the cases, and the families with their parameters, and end",
              to_flag(c.list)},
             {{"--quick"}, "", "a minute at most on a CPU, so that it is a first look", to_flag(c.quick)},
             {{"--full"}, "", "the long sweep, which leaves out cases of more than some minutes", to_flag(c.full)},
             {{"--device"},
              "DEVICE",
              "index or part of a name from 'attune devices', or 'all': one after the other; default: the best GPU "
               "there is, else a CPU",
              to_text(c.device)},
             {{"--output"},
              "FILE",
              "a line of JSON for each case, written as soon as it has been measured",
              to_text(c.output)},
             {{"--cache-file"},
              "FILE",
              "with what 'attune tune' kept in this file, which records then say, and compiled kernels; default: none",
              to_text(c.cache_file)},
             {{"--samples"}, "N", "of each case; default 20, and 10 on CPUs", to_number(c.samples, 1, 10000)},
             {{"--max-seconds"},
              "N",
              "begin no case after so long; default 40 with --quick, else no end",
              to_real(c.max_seconds, 0, 1e6)},
        }};
}

bench::Depth depth_of(const BenchChoice& choice) {
    if (choice.quick && choice.full) throw Error(Status::usage, "--quick", "and --full exclude each other");
    return choice.quick ? bench::Depth::quick : choice.full ? bench::Depth::full : bench::Depth::standard;
}

// ---- what it prints

// What a case gives per second of what it is about: tokens, bytes if memory binds it, else operations.
std::string rate_of(const bench::Record& r) {
    const double seconds = *r.median_ns * 1e-9;
    if (r.tokens) return in_rate(*r.tokens / seconds, "tokens/s");
    const bool by_memory = r.roof == "read" || r.roof == "copy_shader" || r.flop == 0;
    return by_memory ? in_rate(r.bytes / seconds, "B/s") : in_rate(r.flop / seconds, "flop/s");
}

void print_case(const bench::Record& r) {
    if (!r.timed()) {
        const bool  wrong  = r.outcome == bench::Outcome::wrong;
        std::string memory = r.memory_bytes && r.ok ? in_rate(static_cast<double>(*r.memory_bytes), "B") + ", " : "";
        std::printf("%-70s %s%s%s\n", r.name.c_str(), wrong ? "WRONG  " : "", memory.c_str(), r.note.c_str());
        return;
    }
    char share[32] = "";
    if (r.share_of_roof) std::snprintf(share, sizeof share, "%5.1f %% %s", 100 * *r.share_of_roof, r.roof.c_str());
    std::printf("%-70s %9s %9s..%-9s %15s  %-22s%s\n", r.name.c_str(), in_time(*r.median_ns).c_str(),
                in_time(*r.low_ns).c_str(), in_time(*r.high_ns).c_str(), rate_of(r).c_str(), share,
                r.unstable ? " unstable" : "");
}

void print_roof(const bench::Record& r) {
    std::string text = r.name;
    if (std::get<std::string>(r.params.at(0).second) == "end") text += " at the end";
    if (r.value)
        std::printf("%-70s %15s  %s\n", text.c_str(), in_rate(*r.value, r.unit).c_str(), r.note.c_str());
    else
        std::printf("%-70s %s\n", text.c_str(), r.note.c_str());
}

void print_list(const bench::BenchOptions& options) {
    for (const bench::BenchCase& which : bench::chosen_cases(options)) std::printf("%s\n", which.name.c_str());
    std::printf("\nfamilies, and the defaults of their parameters\n");
    for (const bench::Family& family : bench::families())
        std::printf("  %-70s %s\n", bench::default_name(family).c_str(), family.about.c_str());
}

void print_summary(const bench::BenchSummary& sum) {
    std::printf("%zu measured, %zu planned, %zu left out, %zu failed, %zu wrong, in %.0f s%s\n", sum.measured,
                sum.planned, sum.left_out, sum.failed, sum.wrong + sum.wrong_roofs, sum.seconds,
                sum.drifted ? "; the roofs drifted by more than 5 %: the run is unstable" : "");
}

// ---- running it

// The file of records: a line at a time, each as soon as it is there.
class Lines {
public:
    explicit Lines(const std::string& path) : path_(path) {
        if (path.empty()) return;
        file_.open(path, std::ios::binary);
        if (!file_) throw Error(Status::bad_input, path, "cannot be written");
    }
    void add(const bench::Record& record) {
        if (path_.empty()) return;
        file_ << to_json(record) << '\n' << std::flush;
        if (!file_) throw Error(Status::bad_input, path_, "could not be written to its end");
    }

private:
    std::string   path_;
    std::ofstream file_;
};

bool run_on(const Device& device, const std::string& cache_file, bench::BenchOptions options, Lines& lines) {
    const DeviceCache cache({.file = cache_file, .off = cache_file.empty()}, device, nullptr);
    print_device(device.info());
    std::fflush(stdout);
    Share progress(::isatty(STDERR_FILENO) ? Progress::Shown::yes : Progress::Shown::no);
    options.progress = [&](const std::string& what, double share) { progress.update(what, share); };
    options.record   = [&](const bench::Record& record) {
        progress.wipe();
        record.op == "roof" ? print_roof(record) : print_case(record);
        std::fflush(stdout);
        lines.add(record);
    };
    const bench::BenchSummary summary = bench::run_bench(device, options);
    progress.wipe();
    print_summary(summary);
    return summary.wrong + summary.wrong_roofs + summary.failed == 0;
}

// What --device means: the names or numbers to open one after the other.
std::vector<std::string> devices_of(const std::string& choice) {
    if (choice == "oracle")
        throw Error(Status::usage, "--device", "the oracle is what devices are compared with", "name a device");
    if (choice != "all") return {choice == "auto" ? std::string() : choice};
    std::vector<std::string> all;
    for (const DeviceInfo& device : list_devices())
        if (device.usable) all.push_back(std::to_string(device.index));
    if (all.empty()) throw Error(Status::no_device, "--device", "none here is usable", "'attune devices' says why");
    return all;
}

}  // namespace

std::string bench_help() {
    BenchChoice choice;
    return help_text(syntax(choice)) + '\n' + bench_report_help() + '\n' + bench_compare_help();
}

int bench(const Words& words) {
    if (!words.empty() && words[0] == "report") return bench_report({words.begin() + 1, words.end()});
    if (!words.empty() && words[0] == "compare") return bench_compare({words.begin() + 1, words.end()});
    BenchChoice choice;
    read_arguments(syntax(choice), words);
    bench::BenchOptions options{.names       = choice.names,
                                .only        = choice.only,
                                .depth       = depth_of(choice),
                                .samples     = choice.samples,
                                .max_seconds = choice.max_seconds};
    if (choice.list) {
        print_list(options);
        return Exit::done;
    }
    bench::chosen_cases(options);  // what is misspelt is told before anything else is done
    options.model  = {shipped_model(), shipped_goldens()};
    options.cancel = &interrupted();
    Lines lines(choice.output);
    bool  right = true;
    catch_interrupts();
    for (const std::string& device : devices_of(choice.device))
        right = run_on(Device::open({.select = device, .caps = {}}), choice.cache_file, options, lines) && right;
    return right ? Exit::done : Exit::no_device;
}

}  // namespace attune::cli

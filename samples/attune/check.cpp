// attune check: does this device compute what it should? The op table and the shipped model's known translations.
#include "command.h"
#include "devices.h"
#include "interrupt.h"
#include "model.h"
#include "progress.h"

#include "checks/device_check.h"

#include <cstdio>
#include <unistd.h>

namespace attune::cli {
namespace {

constexpr double      seconds_on_gpus = 25, seconds_on_cpus = 50;
constexpr std::size_t shown_failures  = 20;

struct CheckChoice {
    std::string                  device;
    std::optional<std::uint32_t> seconds;
    bool                         json = false, full = false;
};

Syntax syntax(CheckChoice& c) {
    return {.usage    = "attune check [--device DEVICE] [--seconds N | --full] [--json]",
            .about    = "Runs every kind of operation on a device in many sizes, and translates sentences with the model that\n"
                        "ships with attune; all of it is compared with a reference in double precision and with known\n"
                        "translations. Takes at most half a minute on a GPU and a minute on a CPU. Exit status 3 if anything is\n"
                        "wrong: please report what it prints.\n",
            .operands = 0,
            .options  = {
                {{"--device"}, "DEVICE", "index or part of a name from 'attune devices'; default: the best GPU there is, else a CPU", to_text(c.device)},
                {{"--seconds"}, "N", "begin nothing new after so long; default 25 on GPUs, 50 on CPUs", to_number(c.seconds, 1, 86400)},
                {{"--full"}, "", "all there is, whatever time it takes", to_flag(c.full)},
                {{"--json"}, "", "one object: verdict, device, counts, failures", to_flag(c.json)},
            }};
}

const char* verdict(const test::DeviceCheck& check) { return check.passed() ? "pass" : "fail"; }

nlohmann::ordered_json object(const test::GoldenCount& count, std::size_t lines) {
    return {{"lines", lines}, {"compared", count.lines}, {"equal", count.equal}, {"different", count.different}};
}

void print_json(const DeviceInfo& device, const test::DeviceCheck& check) {
    nlohmann::ordered_json failures = nlohmann::ordered_json::array();
    for (const auto& failure : check.failures) failures.push_back({{"row", failure.row}, {"what", failure.what}});
    nlohmann::ordered_json json = {
        {"version", ATTUNE_VERSION}, {"verdict", verdict(check)}, {"complete", check.complete()}, {"seconds", check.seconds},
        {"device", device_object(device)}, {"op_table", {{"rows", check.rows}, {"run", check.rows_run}, {"failures", failures}}},
        {"greedy", object(check.greedy, check.goldens)}, {"beam_4", object(check.beams, check.goldens)}};
    if (check.greedy_f16) json["greedy_f16"] = object(*check.greedy_f16, check.goldens);
    std::puts(json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace).c_str());
}

void print(const char* what, const test::GoldenCount& count) {
    std::printf("%-9s %zu of %zu translations as they should be\n", what, count.equal, count.lines);
    for (const std::string& line : count.different) std::printf("    %s\n", line.c_str());
}

void print_text(const test::DeviceCheck& check) {
    std::printf("op table  %zu of %zu rows run, %zu wrong\n", check.rows_run, check.rows, check.failures.size());
    for (std::size_t i = 0; i < check.failures.size() && i < shown_failures; ++i)
        std::printf("    %s: %s\n", check.failures[i].row.c_str(), check.failures[i].what.c_str());
    if (check.failures.size() > shown_failures) std::printf("    and more; --json has them all\n");
    print("greedy", check.greedy);
    print("beam 4", check.beams);
    if (check.greedy_f16) print("f16", *check.greedy_f16);
    std::printf("verdict: %s, attune %s, %.0f s%s\n", verdict(check), ATTUNE_VERSION, check.seconds,
                check.complete() ? "" : "; --full runs the rest");
}

}  // namespace

std::string check_help() {
    CheckChoice choice;
    return help_text(syntax(choice));
}

int check(const Words& words) {
    CheckChoice choice;
    read_arguments(syntax(choice), words);
    if (choice.device == "oracle")
        throw Error(Status::usage, "--device", "the oracle is what devices are compared with", "name a device");
    const Device device = Device::open({.select = choice.device == "auto" ? std::string() : choice.device, .caps = {}});
    if (!choice.json) print_device(device.info());

    catch_interrupts();
    const bool               talks = ::isatty(STDERR_FILENO) != 0;
    test::DeviceCheckOptions options{.model = shipped_model(), .goldens = shipped_goldens(), .cancel = &interrupted()};
    const double usual = device.info().kind == DeviceInfo::Kind::cpu ? seconds_on_cpus : seconds_on_gpus;
    if (!choice.full) options.seconds = choice.seconds ? *choice.seconds : usual;
    Share progress(talks ? Progress::Shown::yes : Progress::Shown::no);
    options.progress = [&](const std::string& what, double share) { progress.update(what, share); };
    const test::DeviceCheck result = test::check_device(device, options);
    progress.wipe();

    if (choice.json)
        print_json(device.info(), result);
    else
        print_text(result);
    return result.passed() ? Exit::done : Exit::no_device;
}

}  // namespace attune::cli

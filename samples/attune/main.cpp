// The program `attune`: finds the command and turns errors into messages and exit statuses.
#include "command.h"
#include "interrupt.h"

#include <cstdio>
#include <new>

namespace attune::cli {
namespace {

struct Command {
    const char* name;
    const char* summary;
    int (*run)(const Words& words);
    std::string (*help)();
};

constexpr Command commands[] = {
    {"translate", "translates lines of text", translate, translate_help},
    {"devices", "lists the Vulkan devices of this machine", devices, devices_help},
    {"inspect", "shows what a model is and what will run", inspect, inspect_help},
    {"check", "finds out whether a device computes what it should", check, check_help},
    {"bench", "measures a device, each figure beside what the device can do", bench, bench_help},
    {"tune", "finds out what is faster on a device, for later runs", tune, tune_help},
};

std::string overview() {
    std::string text = "attune " ATTUNE_VERSION ": translation on any Vulkan device\n\n"
                       "usage: attune COMMAND [options]\n\ncommands\n";
    for (const Command& command : commands) text += "  " + (std::string(command.name) + "           ").substr(0, 11) + command.summary + '\n';
    return text + "  help       says more about a command: attune help COMMAND\n\n"
                  "  attune translate --to de < english.txt > german.txt\n\n"
                  "Exit status: 0 done, 1 bad input or model, 2 usage, 3 no usable device or a device failure,\n"
                  "130 interrupted.\n";
}

const Command& find_command(const std::string& name) {
    std::vector<std::string> names = {"help"};
    for (const Command& command : commands) {
        if (name == command.name) return command;
        names.emplace_back(command.name);
    }
    const std::string near = nearest(name, names);
    throw Error(Status::usage, name, "there is no such command", near.empty() ? "attune --help lists them" : "did you mean " + near + "?");
}

int say(const std::string& text) {
    std::fputs(text.c_str(), stdout);
    return std::fflush(stdout) == 0 ? Exit::done : Exit::bad_input;
}

bool asks_for_help(const Words& words) {
    for (const std::string& word : words) {
        if (word == "--") return false;
        if (word == "--help" || word == "-h") return true;
    }
    return false;
}

int run(const Words& words) {
    if (words.empty()) {
        std::fputs(overview().c_str(), stderr);
        return Exit::usage;
    }
    const Words rest(words.begin() + 1, words.end());
    if (words[0] == "--version") return say("attune " ATTUNE_VERSION "\n");
    if (words[0] == "--help" || words[0] == "-h") return say(overview());
    if (words[0] == "help") return say(rest.empty() ? overview() : find_command(rest[0]).help());
    const Command& command = find_command(words[0]);
    return asks_for_help(rest) ? say(command.help()) : command.run(rest);
}

int exit_status(Status status) {
    switch (status) {
    case Status::ok: return Exit::done;
    case Status::usage: return Exit::usage;
    case Status::no_device:
    case Status::device_failed:
    case Status::out_of_device_memory: return Exit::no_device;
    case Status::cancelled: return interrupted_status();
    case Status::bad_input:
    case Status::busy:
    case Status::not_ready:
    case Status::out_of_host_memory: break;
    }
    return Exit::bad_input;
}

}  // namespace
}  // namespace attune::cli

int main(int count, char** words) {
    using namespace attune;
    try {
        cli::end_quietly_on_closed_pipes();
        return cli::run(cli::Words(words + (count > 0 ? 1 : 0), words + count));
    } catch (const Error& error) {
        if (error.status() != Status::cancelled) std::fprintf(stderr, "attune: %s\n", error.what());
        return cli::exit_status(error.status());
    } catch (const std::bad_alloc&) {
        std::fputs("attune: out of memory\n", stderr);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "attune: %s\n", error.what());
    }
    return cli::Exit::bad_input;
}

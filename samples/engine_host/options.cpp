#include "options.h"

#include <charconv>
#include <stdexcept>
#include <vector>

namespace host {
namespace {

constexpr std::pair<const char*, Mode> modes[] = {
    {"record", Mode::record}, {"plan", Mode::plan}, {"submit", Mode::submit}, {"host-submit", Mode::host_submit}};

std::uint64_t number(const std::string& option, const std::string& text, std::uint64_t least, std::uint64_t most) {
    std::uint64_t value     = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < least || value > most)
        throw std::invalid_argument(option + " needs a number from " + std::to_string(least) + " to " +
                                    std::to_string(most) + ", not " + text);
    return value;
}

Mode mode(const std::string& text) {
    for (const auto& [name, mode] : modes)
        if (text == name) return mode;
    throw std::invalid_argument("--mode is one of record, plan, submit and host-submit, not " + text);
}

void set_size(Options& options, const std::string& text) {
    const std::size_t cross = text.find('x');
    if (cross == std::string::npos) throw std::invalid_argument("--size needs WIDTHxHEIGHT, not " + text);
    options.width  = static_cast<std::uint32_t>(number("--size", text.substr(0, cross), 64, 2560));
    options.height = static_cast<std::uint32_t>(number("--size", text.substr(cross + 1), 64, 1440));
}

void set(Options& options, const std::string& option, const std::string& value) {
    if (option == "--frames")
        options.frames = number(option, value, 1, 1'000'000);
    else if (option == "--mode")
        options.guest.mode = mode(value);
    else if (option == "--budget-us")
        options.guest.budget_us = number(option, value, 1, 10'000'000);
    else if (option == "--frames-in-flight")
        options.guest.frames_in_flight = static_cast<std::uint32_t>(number(option, value, 1, 8));
    else if (option == "--model")
        options.guest.model = value;
    else if (option == "--png")
        options.pictures = value;
    else if (option == "--fonts")
        options.fonts = value;
    else if (option == "--size")
        set_size(options, value);
    else
        throw std::invalid_argument("there is no option " + option + "; --help lists them");
}

}  // namespace

const char* name_of(Mode wanted) {
    for (const auto& [name, mode] : modes)
        if (mode == wanted) return name;
    return "";
}

std::string usage() {
    return "usage: engine_host [options]\n\n"
           "Draws a street at night, first without attune and then with it: signs and subtitles turn into their\n"
           "translations while the camera drifts past. Prints what frames took in both runs.\n\n"
           "  --frames N            of each run; default 600, which are 20 seconds\n"
           "  --mode MODE           record (default), plan, submit, host-submit: who records and who submits\n"
           "  --budget-us N         of GPU time for attune in each frame, in microseconds; default 1000\n"
           "  --png FOLDER          writes each frame, one animation (scene.png) and subtitles.tsv\n"
           "  --window              shows the frames as well, where there is a display\n"
           "  --size WxH            of the picture; default 1280x720\n"
           "  --model FOLDER        the translation model\n"
           "  --frames-in-flight N  1 to 8, default 2\n"
           "  --fonts FOLDER        where DejaVuSans.ttf and its relatives are\n\n"
           "Exit status: 0 done, 1 a translation differs from the stand-alone one or is missing, or an error, 2 "
           "usage.\n";
}

std::optional<Options> parse(int count, char** words) {
    Options options;
    options.guest.model = ENGINE_HOST_MODEL;
    options.fonts       = ENGINE_HOST_FONTS;
    for (int i = 1; i < count; ++i) {
        const std::string option = words[i];
        if (option == "--help" || option == "-h") return std::nullopt;
        if (option == "--window") {
            options.window = true;
            continue;
        }
        if (i + 1 == count)
            throw std::invalid_argument(option + " needs a value, or there is no such option; --help lists them");
        set(options, option, words[++i]);
    }
    return options;
}

}  // namespace host

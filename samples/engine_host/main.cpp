// Runs the scene without attune and with it, writes pictures, and reports.
#include "options.h"
#include "png_file.h"
#include "run.h"
#include "stand_alone.h"
#include "statistics.h"
#include "street.h"

#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace host {
namespace {

// Each frame as a file, every third one, at most 800 wide, in the animation.
class Pictures {
public:
    explicit Pictures(const Options& options) : options_(options), folder_(options.pictures) {
        std::filesystem::create_directories(folder_);
    }

    void add(std::uint64_t frame, std::span<const std::uint8_t> rgba) {
        Picture picture = opaque(options_.width, options_.height, rgba);
        char    name[32];
        std::snprintf(name, sizeof name, "frame_%06llu.png", static_cast<unsigned long long>(frame));
        write_png(folder_ / name, picture);
        if (frame % 3) return;
        while (picture.width > 800) picture = halved(picture);
        animation_.add(picture);
    }

    // One line for each subtitle: the frame that shows it whole, its source, its translation.
    void end(const Run& run) const {
        animation_.write(folder_ / "scene.png", 100);
        std::ofstream table(folder_ / "subtitles.tsv");
        for (const auto& [id, reading] : run.lines.all()) {
            const std::uint64_t frame = Scene::last_frame(id.number);
            if (id.kind == Kind::subtitle && reading.finished && *reading.finished + 8 <= frame && frame < run.frames)
                table << frame << '\t' << line_of(id).text << '\t' << reading.text << '\n';
        }
        if (!table.flush()) throw std::runtime_error("cannot write " + (folder_ / "subtitles.tsv").string());
    }

private:
    const Options&        options_;
    std::filesystem::path folder_;
    Animation             animation_;
};

// How many translations are not what attune gives by itself.
int compare(const Run& run, const Options& options, const std::string& device) {
    std::vector<std::string> requests;
    for (const auto& [id, reading] : run.lines.all()) requests.push_back(line_of(id).request());
    const std::vector<std::string> alone     = translate_alone(options.guest.model, device, requests);
    int                            different = 0;
    std::size_t                    i         = 0;
    for (const auto& [id, reading] : run.lines.all()) {
        const std::string& wanted = alone[i++];
        if (reading.finished && reading.text == wanted) continue;
        ++different;
        std::fprintf(stderr, "engine_host: %s\n  is    %s\n  alone %s\n", line_of(id).text, reading.text.c_str(),
                     wanted.c_str());
    }
    return different;
}

void report(const Run& off, const Run& on, const Options& options, const std::string& device) {
    std::uint64_t frames = 0, ended = 0;
    for (const auto& [id, reading] : on.lines.all()) {
        if (!reading.finished) continue;
        ++ended;
        frames += *reading.finished - reading.begun;
    }
    std::printf("%s, %ux%u, %u frames in flight%s\n", device.c_str(), options.width, options.height,
                options.guest.frames_in_flight,
                options.pictures.empty() ? "" : "; each frame is waited for, since pictures are written");
    std::printf("  without attune          %s  (%zu frames)\n", percentiles(off.milliseconds).c_str(),
                off.milliseconds.size());
    std::printf("  with it, %-12s   %s  (%zu frames, budget %llu us)\n", name_of(options.guest.mode),
                percentiles(on.milliseconds).c_str(), on.milliseconds.size(),
                static_cast<unsigned long long>(options.guest.budget_us));
    std::printf("  %llu lines translated, %.1f frames each\n", static_cast<unsigned long long>(ended),
                ended ? static_cast<double>(frames) / static_cast<double>(ended) : 0.0);
}

int show(const Options& options) {
    Engine engine(options.window ? Window::instance_extensions() : std::vector<const char*>{},
                  options.window ? Window::device_extensions() : std::vector<const char*>{});
    const std::unique_ptr<Window> window =
        options.window ? std::make_unique<Window>(engine, VkExtent2D{options.width, options.height},
                                                  options.guest.frames_in_flight)
                       : nullptr;
    const Fonts  fonts(options.fonts, letter_styles(static_cast<float>(options.height) / Scene::height));
    const Stage  stage{engine, options, fonts, window.get()};
    PlanRecorder plans(engine, options.guest.frames_in_flight);
    const Run    off = run(stage, nullptr, plans, {});

    std::unique_ptr<Pictures> pictures;
    if (!options.pictures.empty()) pictures = std::make_unique<Pictures>(options);
    const SeeFrame see =
        pictures
            ? SeeFrame([&](std::uint64_t frame, std::span<const std::uint8_t> rgba) { pictures->add(frame, rgba); })
            : SeeFrame{};
    const std::unique_ptr<Guest> guest = make_guest(engine, plans, options.guest);
    const Run                    on    = run(stage, guest.get(), plans, see);
    if (pictures) pictures->end(on);

    report(off, on, options, engine.name());
    const int different = compare(on, options, engine.name());
    if (different > 0) {
        std::fprintf(stderr, "engine_host: %d of %zu translations differ from the stand-alone ones\n", different,
                     on.lines.all().size());
        return 1;
    }
    std::printf("  each of them as attune translates it alone\n");
    return 0;
}

}  // namespace
}  // namespace host

int main(int count, char** words) {
    try {
        const std::optional<host::Options> options = host::parse(count, words);
        if (!options) {
            std::fputs(host::usage().c_str(), stdout);
            return 0;
        }
        return host::show(*options);
    } catch (const std::invalid_argument& error) {
        std::fprintf(stderr, "engine_host: %s\n", error.what());
        return 2;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "engine_host: %s\n", error.what());
        return 1;
    }
}

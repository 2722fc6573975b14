// What is where at which frame: pure data, the same for every run. A camera drifts along a street of shops, each with a
// sign, while subtitles come and go. A second of the scene has 30 frames, however long they take.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace host {

// A line to be translated, and what the engine tells about it.
struct Line {
    const char* from;  // "de"
    const char* to;    // "en": the model reads it as a word in front, ">>en<<"
    const char* text;

    std::string request() const { return std::string(">>") + to + "<< " + text; }
};

enum class Kind { subtitle, sign };

// One appearance of a line: the street is endless, and its lines come again.
struct LineId {
    Kind        kind                                      = Kind::subtitle;
    std::size_t number                                    = 0;
    friend auto operator<=>(const LineId&, const LineId&) = default;
};

const Line& line_of(LineId id);

class Scene {
public:
    static constexpr float height   = 720;  // of the picture, in units; everything here is in them
    static constexpr float distance = 520;  // from one shop to the next

    explicit Scene(float width) : width_(width) {}

    float width() const noexcept { return width_; }
    // How far the camera has come; what is farther away passes more slowly.
    static float camera(std::uint64_t frame) { return static_cast<float>(frame) * 3.6f; }

    struct Subtitle {
        std::size_t   number = 0;
        std::uint64_t age = 0, left = 0;  // frames since it came, and until it goes
    };
    static std::optional<Subtitle> subtitle(std::uint64_t frame);
    // The last frame that shows it as clearly as any.
    static std::uint64_t last_frame(std::size_t subtitle);

    struct Shop {
        std::size_t number = 0;
        float       x      = 0;  // of its middle, in the picture
    };
    std::vector<Shop> shops(std::uint64_t frame) const;

    // The lines that want to be translated from this frame on.
    std::vector<LineId> begin_at(std::uint64_t frame) const;

private:
    std::uint64_t sign_begins(std::size_t number) const;

    float width_;
};

}  // namespace host

// One run of the scene: frames on the GPU, with a guest or without, each timed.
#pragma once

#include "frames.h"
#include "lines.h"
#include "options.h"
#include "painter.h"
#include "window.h"

#include <functional>

namespace host {

struct Run {
    std::vector<double> milliseconds;  // of each frame
    Lines               lines;
    std::uint64_t       frames = 0;  // fewer than asked for if the window was closed
};

// What both runs use.
struct Stage {
    Engine&        engine;
    const Options& options;
    const Fonts&   fonts;
    Window*        window = nullptr;
};

using SeeFrame = std::function<void(std::uint64_t frame, std::span<const std::uint8_t> pixels)>;  // RGBA

// `see`, if given, gets each frame's picture; what it takes is not timed. When pictures are written the GPU finishes
// every frame before the next one begins, in both runs, so that writing them hides nothing of what frames take.
// After the last frame, frames go on untimed and unseen until the guest has translated what it was given.
Run run(const Stage& stage, Guest* guest, PlanRecorder& plans, const SeeFrame& see);

}  // namespace host

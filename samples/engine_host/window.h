// A window that shows the engine's pictures, where there is a display. Built with GLFW, or without windows at all.
#pragma once

#include "engine.h"
#include "frames.h"

#include <memory>

namespace host {

class Window {
public:
    // What instance and device need for windows. Throws std::runtime_error where there is no display.
    static std::vector<const char*> instance_extensions();
    static std::vector<const char*> device_extensions();

    Window(Engine& engine, VkExtent2D size, std::uint32_t slots);
    ~Window();

    bool closed() const;  // the user wants to end
    // Copies the slot's picture to the window and submits the frame; then shows it.
    void show(Frames& frames, const Frame& frame, VkImage picture);

    class Impl;

private:
    std::unique_ptr<Impl> impl_;
};

}  // namespace host

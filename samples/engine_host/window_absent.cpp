// Built without GLFW.
#include "window.h"

#include <stdexcept>

namespace host {

class Window::Impl {};

std::vector<const char*> Window::instance_extensions() {
    throw std::runtime_error("--window: built without GLFW (Debian: libglfw3-dev)");
}
std::vector<const char*> Window::device_extensions() { return {}; }

Window::Window(Engine&, VkExtent2D, std::uint32_t) {}
Window::~Window() = default;

bool Window::closed() const { return true; }
void Window::show(Frames&, const Frame&, VkImage) {}

}  // namespace host

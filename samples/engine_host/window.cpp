#include "window.h"

#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>

#include <algorithm>
#include <stdexcept>

namespace host {
namespace {

void start() {
    static const bool started = glfwInit() == GLFW_TRUE;  // ended with the program
    if (!started) throw std::runtime_error("--window: there is no display");
}

}  // namespace

class Window::Impl {
public:
    Impl(Engine& engine, VkExtent2D size, std::uint32_t slots) : engine_(engine), size_(size), acquired_(slots) {
        glfwWindowHint(GLFW_CLIENT_API, GLFW_NO_API);
        glfwWindowHint(GLFW_RESIZABLE, GLFW_FALSE);
        window_ = glfwCreateWindow(static_cast<int>(size.width), static_cast<int>(size.height), "attune: engine_host",
                                   nullptr, nullptr);
        if (!window_) throw std::runtime_error("--window: no window opens");
        check(glfwCreateWindowSurface(engine.instance(), window_, nullptr, &surface_), "glfwCreateWindowSurface");
        VkBool32 presents = VK_FALSE;
        check(vkGetPhysicalDeviceSurfaceSupportKHR(engine.physical(), engine.family(), surface_, &presents),
              "vkGetPhysicalDeviceSurfaceSupportKHR");
        if (!presents) throw std::runtime_error("--window: the device cannot show pictures in this window");
        for (VkSemaphore& semaphore : acquired_) semaphore = make_semaphore();
        make_swapchain();
    }

    ~Impl() {
        {
            const std::lock_guard guard(engine_.queue_lock());
            vkQueueWaitIdle(engine_.queue());  // presenting has no fence
        }
        for (VkSemaphore semaphore : acquired_) vkDestroySemaphore(engine_.device(), semaphore, nullptr);
        end_swapchain();
        vkDestroySurfaceKHR(engine_.instance(), surface_, nullptr);
        glfwDestroyWindow(window_);
    }

    bool closed() const { return glfwWindowShouldClose(window_) || glfwGetKey(window_, GLFW_KEY_ESCAPE) == GLFW_PRESS; }

    void show(Frames& frames, const Frame& frame, VkImage picture) {
        glfwPollEvents();
        std::uint32_t index  = 0;
        VkResult      result = vkAcquireNextImageKHR(engine_.device(), swapchain_, UINT64_MAX, acquired_[frame.slot],
                                                     VK_NULL_HANDLE, &index);
        if (result == VK_ERROR_OUT_OF_DATE_KHR) {  // the window changed: this frame is not shown
            frames.submit(frame);
            renew();
            return;
        }
        check(result, "vkAcquireNextImageKHR");
        copy(frame.commands, picture, images_[index]);
        frames.submit(frame, acquired_[frame.slot], drawn_[index]);
        VkPresentInfoKHR present{};
        present.sType              = VK_STRUCTURE_TYPE_PRESENT_INFO_KHR;
        present.waitSemaphoreCount = 1;
        present.pWaitSemaphores    = &drawn_[index];
        present.swapchainCount     = 1;
        present.pSwapchains        = &swapchain_;
        present.pImageIndices      = &index;
        {
            const std::lock_guard guard(engine_.queue_lock());
            result = vkQueuePresentKHR(engine_.queue(), &present);
        }
        if (result == VK_ERROR_OUT_OF_DATE_KHR)
            renew();
        else
            check(result, "vkQueuePresentKHR");
    }

private:
    VkSemaphore make_semaphore() const {
        VkSemaphoreCreateInfo create{};
        create.sType          = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO;
        VkSemaphore semaphore = VK_NULL_HANDLE;
        check(vkCreateSemaphore(engine_.device(), &create, nullptr, &semaphore), "vkCreateSemaphore");
        return semaphore;
    }

    VkSurfaceFormatKHR format() const {
        std::uint32_t count = 0;
        check(vkGetPhysicalDeviceSurfaceFormatsKHR(engine_.physical(), surface_, &count, nullptr),
              "vkGetPhysicalDeviceSurfaceFormatsKHR");
        std::vector<VkSurfaceFormatKHR> formats(count);
        check(vkGetPhysicalDeviceSurfaceFormatsKHR(engine_.physical(), surface_, &count, formats.data()),
              "vkGetPhysicalDeviceSurfaceFormatsKHR");
        // The picture holds display values already: no conversion on the way.
        for (const VkSurfaceFormatKHR& one : formats)
            if (one.format == VK_FORMAT_B8G8R8A8_UNORM || one.format == VK_FORMAT_R8G8B8A8_UNORM) return one;
        return formats.at(0);
    }

    void make_swapchain() {
        VkSurfaceCapabilitiesKHR can;
        check(vkGetPhysicalDeviceSurfaceCapabilitiesKHR(engine_.physical(), surface_, &can),
              "vkGetPhysicalDeviceSurfaceCapabilitiesKHR");
        if (!(can.supportedUsageFlags & VK_IMAGE_USAGE_TRANSFER_DST_BIT))
            throw std::runtime_error("--window: pictures cannot be copied to this window");
        shown_                          = can.currentExtent.width == UINT32_MAX ? size_ : can.currentExtent;
        const VkSurfaceFormatKHR format = this->format();
        VkSwapchainCreateInfoKHR create{};
        create.sType   = VK_STRUCTURE_TYPE_SWAPCHAIN_CREATE_INFO_KHR;
        create.surface = surface_;
        create.minImageCount =
            can.maxImageCount ? std::min(can.minImageCount + 1, can.maxImageCount) : can.minImageCount + 1;
        create.imageFormat      = format.format;
        create.imageColorSpace  = format.colorSpace;
        create.imageExtent      = shown_;
        create.imageArrayLayers = 1;
        create.imageUsage       = VK_IMAGE_USAGE_TRANSFER_DST_BIT;
        create.preTransform     = can.currentTransform;
        create.compositeAlpha   = can.supportedCompositeAlpha & VK_COMPOSITE_ALPHA_OPAQUE_BIT_KHR
                                      ? VK_COMPOSITE_ALPHA_OPAQUE_BIT_KHR
                                      : VK_COMPOSITE_ALPHA_INHERIT_BIT_KHR;
        create.presentMode      = VK_PRESENT_MODE_FIFO_KHR;
        create.clipped          = VK_TRUE;
        check(vkCreateSwapchainKHR(engine_.device(), &create, nullptr, &swapchain_), "vkCreateSwapchainKHR");
        std::uint32_t count = 0;
        check(vkGetSwapchainImagesKHR(engine_.device(), swapchain_, &count, nullptr), "vkGetSwapchainImagesKHR");
        images_.resize(count);
        check(vkGetSwapchainImagesKHR(engine_.device(), swapchain_, &count, images_.data()), "vkGetSwapchainImagesKHR");
        drawn_.clear();
        for (std::uint32_t i = 0; i < count; ++i) drawn_.push_back(make_semaphore());
    }

    void end_swapchain() {
        for (VkSemaphore semaphore : drawn_) vkDestroySemaphore(engine_.device(), semaphore, nullptr);
        vkDestroySwapchainKHR(engine_.device(), swapchain_, nullptr);
    }

    void renew() {
        {
            const std::lock_guard guard(engine_.queue_lock());
            check(vkQueueWaitIdle(engine_.queue()), "vkQueueWaitIdle");
        }
        end_swapchain();
        make_swapchain();
    }

    void copy(VkCommandBuffer commands, VkImage picture, VkImage shown) const {
        const VkImageMemoryBarrier before = transition(
            shown, VK_IMAGE_LAYOUT_UNDEFINED, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, 0, VK_ACCESS_TRANSFER_WRITE_BIT);
        vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 0, nullptr, 0,
                             nullptr, 1, &before);
        VkImageBlit region{};
        region.srcSubresource = region.dstSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1};
        region.srcOffsets[1] = {static_cast<std::int32_t>(size_.width), static_cast<std::int32_t>(size_.height), 1};
        region.dstOffsets[1] = {static_cast<std::int32_t>(shown_.width), static_cast<std::int32_t>(shown_.height), 1};
        vkCmdBlitImage(commands, picture, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, shown,
                       VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, 1, &region, VK_FILTER_LINEAR);
        const VkImageMemoryBarrier after = transition(shown, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL,
                                                      VK_IMAGE_LAYOUT_PRESENT_SRC_KHR, VK_ACCESS_TRANSFER_WRITE_BIT, 0);
        vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, 0, 0,
                             nullptr, 0, nullptr, 1, &after);
    }

    Engine&                  engine_;
    VkExtent2D               size_, shown_{};  // of the engine's pictures; of the window's
    GLFWwindow*              window_    = nullptr;
    VkSurfaceKHR             surface_   = VK_NULL_HANDLE;
    VkSwapchainKHR           swapchain_ = VK_NULL_HANDLE;
    std::vector<VkImage>     images_;
    std::vector<VkSemaphore> acquired_, drawn_;  // for each slot; for each image
};

std::vector<const char*> Window::instance_extensions() {
    start();
    std::uint32_t      count = 0;
    const char* const* names = glfwGetRequiredInstanceExtensions(&count);
    if (!names) throw std::runtime_error("--window: Vulkan cannot show pictures on this display");
    return {names, names + count};
}

std::vector<const char*> Window::device_extensions() { return {VK_KHR_SWAPCHAIN_EXTENSION_NAME}; }

Window::Window(Engine& engine, VkExtent2D size, std::uint32_t slots)
    : impl_(std::make_unique<Impl>(engine, size, slots)) {}
Window::~Window() = default;

bool Window::closed() const { return impl_->closed(); }
void Window::show(Frames& frames, const Frame& frame, VkImage picture) { impl_->show(frames, frame, picture); }

}  // namespace host

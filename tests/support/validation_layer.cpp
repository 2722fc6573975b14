#include "support/validation_layer.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace attune::test {
namespace {

constexpr const char* layer_name = "VK_LAYER_KHRONOS_validation";
constexpr const char* newest_layer = "/usr/lib/chromium/libVkLayer_khronos_validation.so";   // comes without a manifest

const std::filesystem::path& folder() {
    static const std::filesystem::path path = std::filesystem::path(ATTUNE_BUILD_DIR) / "validation_layer";
    return path;
}

void write_settings(const char* lines) {
    std::filesystem::create_directories(folder());
    std::ofstream(folder() / "vk_layer_settings.txt") << lines;
    setenv("VK_LAYER_SETTINGS_PATH", (folder() / "vk_layer_settings.txt").c_str(), 1);
}

void write_manifest() {
    std::ofstream(folder() / "VkLayer_khronos_validation.json")
        << R"({"file_format_version": "1.2.0", "layer": {"name": ")" << layer_name << R"(", "type": "GLOBAL", "library_path": ")" << newest_layer
        << R"(", "api_version": "1.3.239", "implementation_version": "1", "description": "Khronos validation", "instance_extensions": [)"
        << R"({"name": "VK_EXT_debug_utils", "spec_version": "2"}]}})";
}

}  // namespace

OwnDevice::Options validated() { return {.layers = {layer_name}, .instance_extensions = {VK_EXT_DEBUG_UTILS_EXTENSION_NAME}, .instance_next = nullptr}; }

// Takes the newest layer that loads here, once. Without the heuristic it sees no missing barrier
// between dispatches; the layer that Debian packages has no such setting and always looks.
void choose_layer() {
    static const std::string chosen = [] {
        write_settings("khronos_validation.validate_sync = true\n"
                       "khronos_validation.syncval_shader_accesses_heuristic = true\n"
                       "khronos_validation.syncval_full_validation = true\n");
        if (std::filesystem::exists(newest_layer)) {
            write_manifest();
            setenv("VK_LAYER_PATH", folder().c_str(), 1);
            try {
                const OwnDevice probe(validated());
                return std::string(newest_layer);
            } catch (const Error&) {
                unsetenv("VK_LAYER_PATH");
            }
        }
        write_settings("khronos_validation.enables = VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT\n");
        return std::string("the system's");
    }();
    MESSAGE("validation layer: " << chosen);
}

std::string joined(const std::vector<std::string>& messages) {
    std::string text = std::to_string(messages.size()) + " messages";
    for (std::size_t i = 0; i < messages.size() && i < 5; ++i) text += "\n  " + messages[i].substr(0, 400);
    return text;
}

bool reported(const std::vector<std::string>& messages, const char* expected) {
    return std::any_of(messages.begin(), messages.end(), [&](const std::string& message) { return message.find(expected) != std::string::npos; });
}

}  // namespace attune::test

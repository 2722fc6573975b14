#include "known_pipelines.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace attune::cli {
namespace {

// As the XDG base directory specification has it; empty if there is no such place.
std::filesystem::path usual_file() {
    const auto folder = [](const char* name) {
        const char* value = std::getenv(name);
        return std::filesystem::path(value ? value : "");
    };
    if (const auto cache = folder("XDG_CACHE_HOME"); cache.is_absolute()) return cache / "attune" / "cache";
    if (const auto home = folder("HOME"); home.is_absolute()) return home / ".cache" / "attune" / "cache";
    return {};
}

std::string count_of(std::span<const std::byte> bytes) { return std::to_string(bytes.size()) + " bytes"; }

}  // namespace

Option cache_file_option(CacheChoice& choice) {
    return {{"--cache-file"}, "FILE", "keep compiled kernels in this file from one run to the next; default: attune/cache in "
                                      "$XDG_CACHE_HOME or ~/.cache", to_text(choice.file)};
}

Option no_cache_option(CacheChoice& choice) {
    return {{"--no-cache"}, "", "neither read nor write such a file", to_flag(choice.off)};
}

KnownPipelines::KnownPipelines(const CacheChoice& choice, const Device& device, Say say)
    : device_(device.share()), section_("pipelines " + device.info().uuid), say_(std::move(say)) {
    const std::filesystem::path path = choice.file.empty() ? usual_file() : std::filesystem::path(choice.file);
    if (choice.off || path.empty()) return;
    file_ = std::make_unique<CacheFile>(path);
    load();
}

KnownPipelines::~KnownPipelines() {
    if (!file_) return;
    try {
        save();
    } catch (const std::exception& error) {
        tell(std::string("not written: ") + error.what());
    }
}

void KnownPipelines::load() {
    const auto known = file_->section(section_);
    if (!file_->why_ignored().empty()) return tell("ignored: " + file_->why_ignored());
    if (known.empty()) return tell("has no pipelines of this device");
    try {
        device_.import_cache(known);
        tell("pipelines of this device, " + count_of(known));
    } catch (const Error& error) {
        tell(std::string("ignored: ") + error.what());
    }
}

void KnownPipelines::save() {
    std::vector<std::byte> now = device_.export_cache();
    if (std::ranges::equal(now, file_->section(section_))) return;
    const std::string written = count_of(now);
    file_->set(section_, std::move(now));
    file_->write();
    tell("written: pipelines of this device, " + written);
}

void KnownPipelines::tell(const std::string& what) const {
    if (say_) say_("cache: " + file_->path().string() + ": " + what);
}

}  // namespace attune::cli

#include "device_cache.h"

#include <attune/qualification.hpp>
#include <attune/tuning.hpp>

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

}  // namespace

// A section of the file, which is of one device: how that takes what is in it, and gives what will be.
struct DeviceCache::Part {
    using Bytes = std::span<const std::byte>;

    const char* name;
    void (*take)(Device& device, Bytes bytes);
    std::vector<std::byte> (*give)(const Device& device);
};

const DeviceCache::Part DeviceCache::pipelines{"pipelines",
                                               [](Device& device, Part::Bytes bytes) { device.import_cache(bytes); },
                                               [](const Device& device) { return device.export_cache(); }};
const DeviceCache::Part DeviceCache::verdicts{
    "qualification", [](Device& device, Part::Bytes bytes) { import_verdicts(device, bytes); }, export_verdicts};
const DeviceCache::Part DeviceCache::tuning{
    "tuning", [](Device& device, Part::Bytes bytes) { import_tuning(device, bytes); }, export_tuning};

Option cache_file_option(CacheChoice& choice) {
    return {{"--cache-file"},
            "FILE",
            "keep compiled kernels, and what is known of the device, in this file from one run to the "
            "next; default: attune/cache in $XDG_CACHE_HOME or ~/.cache",
            to_text(choice.file)};
}

Option no_cache_option(CacheChoice& choice) {
    return {{"--no-cache"}, "", "neither read nor write such a file", to_flag(choice.off)};
}

DeviceCache::DeviceCache(const CacheChoice& choice, const Device& device, Say say, Tuning wanted)
    : device_(device.share()), say_(std::move(say)) {
    const std::filesystem::path path = choice.file.empty() ? usual_file() : std::filesystem::path(choice.file);
    if (choice.off || path.empty()) return;
    file_ = std::make_unique<CacheFile>(path);
    load(wanted);
}

DeviceCache::~DeviceCache() {
    if (!file_) return;
    try {
        save({&pipelines, &verdicts});
    } catch (const std::exception& error) { tell(std::string("not written: ") + error.what()); }
}

std::string DeviceCache::save_tuning() {
    if (!file_) return {};
    save({&pipelines, &verdicts, &tuning});
    return file_->path().string();
}

void DeviceCache::load(Tuning wanted) {
    if (!file_->why_ignored().empty()) return tell("ignored: " + file_->why_ignored());
    std::string found;
    for (const Part* part : {&pipelines, &verdicts, &tuning}) {
        const auto bytes = file_->section(section_of(*part));
        if (bytes.empty() || (part == &tuning && wanted == Tuning::found_anew)) continue;
        try {
            part->take(device_, bytes);
            found += (found.empty() ? "" : ", ") + std::string(part->name);
        } catch (const Error& error) { tell(std::string("ignored: ") + error.what()); }
    }
    tell("has " + (found.empty() ? "nothing" : found) + " of this device");
}

void DeviceCache::save(std::initializer_list<const Part*> parts) {
    std::string written;
    for (const Part* part : parts) {
        std::vector<std::byte> now = part->give(device_);
        if (std::ranges::equal(now, file_->section(section_of(*part)))) continue;
        written += (written.empty() ? "" : ", ") + std::string(part->name);
        file_->set(section_of(*part), std::move(now));
    }
    if (written.empty()) return;
    file_->write();
    tell("written: " + written + " of this device");
}

std::string DeviceCache::section_of(const Part& part) const {
    return std::string(part.name) + " " + device_.info().uuid;
}

void DeviceCache::tell(const std::string& what) const {
    if (say_) say_("cache: " + file_->path().string() + ": " + what);
}

}  // namespace attune::cli

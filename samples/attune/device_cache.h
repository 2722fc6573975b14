// What earlier runs of this program found out about a device: its pipelines, the verdicts on its optional kernels, and
// what `attune tune` measured. A device gets them when it is opened, and what is new is written when the program ends. A
// cache that cannot be read or written is no error.
#pragma once

#include "arguments.h"

#include <attune/cache_file.hpp>
#include <attune/device.hpp>

#include <functional>
#include <memory>

namespace attune::cli {

// As the command line says it.
struct CacheChoice {
    std::string file;         // "": attune/cache below $XDG_CACHE_HOME, or below ~/.cache
    bool        off = false;  // none at all
};

// Rows of a Syntax.
Option cache_file_option(CacheChoice& choice);
Option no_cache_option(CacheChoice& choice);

class DeviceCache {
public:
    using Say = std::function<void(const std::string& line)>;
    enum class Tuning { used, found_anew };  // found_anew: what is there is left aside, and replaced by save_tuning()

    // `say`, if set, is told what was found and what became of it.
    DeviceCache(const CacheChoice& choice, const Device& device, Say say, Tuning wanted = Tuning::used);
    DeviceCache(DeviceCache&&) noexcept   = default;
    DeviceCache& operator=(DeviceCache&&) = delete;
    ~DeviceCache();  // writes what has changed since it was read; not the tuning

    // Writes the device's tuning and all else that has changed, and returns the file's name; "": there is no file. Throws
    // bad_input where it cannot be written.
    std::string save_tuning();

private:
    struct Part;
    static const Part pipelines, verdicts, tuning;

    void        load(Tuning wanted);
    void        save(std::initializer_list<const Part*> parts);
    std::string section_of(const Part& part) const;
    void        tell(const std::string& what) const;

    Device                     device_;
    Say                        say_;
    std::unique_ptr<CacheFile> file_;  // null: there is no such place, none is wanted, or moved from
};

}  // namespace attune::cli

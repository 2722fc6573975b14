// Pipelines of earlier runs of this program: a device gets them when it is opened, and those it has made since are
// written when the program ends. A cache that cannot be read or written is no error.
#pragma once

#include "arguments.h"

#include <attune/cache_file.hpp>
#include <attune/device.hpp>

#include <functional>
#include <memory>

namespace attune::cli {

// As the command line says it.
struct CacheChoice {
    std::string file;          // "": attune/cache below $XDG_CACHE_HOME, or below ~/.cache
    bool        off = false;   // none at all
};

// Rows of a Syntax.
Option cache_file_option(CacheChoice& choice);
Option no_cache_option(CacheChoice& choice);

class KnownPipelines {
public:
    using Say = std::function<void(const std::string& line)>;

    // `say`, if set, is told what was found and what became of it.
    KnownPipelines(const CacheChoice& choice, const Device& device, Say say);
    KnownPipelines(KnownPipelines&&) noexcept = default;
    KnownPipelines& operator=(KnownPipelines&&) = delete;
    ~KnownPipelines();   // writes, if the driver remembers more than was read

private:
    void load();
    void save();
    void tell(const std::string& what) const;

    Device                     device_;
    std::string                section_;   // of this device
    Say                        say_;
    std::unique_ptr<CacheFile> file_;   // null: there is no such place, none is wanted, or moved from
};

}  // namespace attune::cli

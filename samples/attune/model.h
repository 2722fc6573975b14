// What several commands share: which model, on which device, how.
#pragma once

#include "arguments.h"
#include "device_cache.h"

#include <attune/device.hpp>
#include <attune/translator.hpp>

#include <filesystem>
#include <optional>

namespace attune::cli {

// As the command line says it.
struct ModelChoice {
    std::string   folder;               // "": the shipped model
    std::string   device;               // "" or "auto": the best one; an index, a part of a name, or "oracle"
    std::string   precision = "auto";   // or f32, f16, int8
    std::string   cache = "auto";       // or f32, f16
    std::uint32_t batch_tokens = TranslatorOptions{}.batch_tokens;
    std::uint32_t batch_rows   = TranslatorOptions{}.batch_rows;
    std::uint32_t steps_per_wait = TranslatorOptions{}.steps_per_wait;
    bool          shortlist    = false;
    CacheChoice   cache_file   = {};
    unsigned      verbose      = 0;     // level of the trace, which goes to standard error
};

// A translator and the device under it, which the oracle has none of.
struct OpenModel {
    std::optional<Device>         device;
    std::optional<DeviceCache>    cache;
    Translator                    translator;
    Precision                     precision = Precision::f32;
};

// Rows of a Syntax.
Option device_option(ModelChoice& choice);
Option precision_option(ModelChoice& choice);
Option cache_option(ModelChoice& choice);
Option verbose_option(ModelChoice& choice, unsigned most);

// The folder of the model that ships with attune: installed beside this program, or in the source tree that it
// was built from. Throws bad_input if it is in neither place.
std::filesystem::path shipped_model();

// What the shipped model is known to translate, likewise.
std::filesystem::path shipped_goldens();

// The chosen folder.
std::filesystem::path model_folder(const ModelChoice& choice);

OpenModel open_model(const ModelChoice& choice);

const char* name_of(Precision precision);

std::string device_name(const OpenModel& model);

}  // namespace attune::cli

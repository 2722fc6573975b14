// A model folder, opened: configuration, tokenizer, weights, and where its graphs run.
#pragma once

#include "generate/batch.h"
#include "generate/model_files.h"

#include <attune/translator.hpp>

namespace attune {

class Model {
public:
    // `device` null: the oracle.
    Model(const Device* device, const std::filesystem::path& folder, const TranslatorOptions& options);

    const MarianConfig&          config() const noexcept { return files_.config; }
    const GenerationConfig&      generation() const noexcept { return files_.generation; }
    const Tokenizer&             tokenizer() const noexcept { return *files_.tokenizer; }
    const Shortlist*             shortlist() const noexcept { return files_.shortlist ? &*files_.shortlist : nullptr; }
    const std::filesystem::path& folder() const noexcept { return folder_; }
    const Device*                device() const noexcept { return device_ ? &*device_ : nullptr; }
    std::uint64_t device_bytes() const noexcept { return device_weights_ ? device_weights_->bytes() : 0; }
    const TranslatorOptions& options() const noexcept { return options_; }
    RunOptions               run_options() const {
           return {.precision = options_.precision, .cache = options_.cache, .trace = options_.trace};
    }
    const TimeTable& times() const noexcept { return times_; }  // of all runners so far

    // A fresh session on the device, or on the oracle.
    std::unique_ptr<Runner> new_runner();

    Session new_session() const { return Session(*device_, *device_weights_); }  // on a device only

    // What `options` and the folder's defaults say together. Throws usage for options that contradict.
    search::SearchOptions search_options(const TranslateOptions& options) const;

private:
    std::filesystem::path  folder_;
    TranslatorOptions      options_;
    ModelFiles             files_;
    std::optional<Device>  device_;
    std::optional<Weights> device_weights_;
    TimeTable              times_;
};

// Architecture and sizes, and how it generates, for people: some lines (inspect_folder.cpp).
std::string architecture_text(const MarianConfig& config);
std::string architecture_text(const GenerationConfig& generation);

}  // namespace attune

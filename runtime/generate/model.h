// A model folder, opened: configuration, tokenizer, weights, and where its graphs run.
#pragma once

#include "generate/batch.h"
#include "generate/model_files.h"

#include <attune/translator.hpp>

namespace attune {

class Model {
public:
    // `device` null: the oracle.
    Model(const Device* device, const Folder& folder, const TranslatorOptions& options);

    const MarianConfig&     config() const noexcept { return files_.config; }
    const GenerationConfig& generation() const noexcept { return files_.generation; }
    const Tokenizer&        tokenizer() const noexcept { return *files_.tokenizer; }
    const Shortlist*        shortlist() const noexcept { return files_.shortlist ? &*files_.shortlist : nullptr; }
    const Folder&           folder() const noexcept { return folder_; }
    const Device*           device() const noexcept { return device_ ? &*device_ : nullptr; }
    std::uint64_t device_bytes() const noexcept { return device_weights_ ? device_weights_->bytes() : 0; }
    const TranslatorOptions& options() const noexcept { return options_; }
    RunOptions               run_options() const {
           return {.precision = options_.precision, .cache = options_.cache, .trace = options_.trace};
    }
    // See Translator.
    bool                load_next(const FrameTarget& target, std::uint64_t most_bytes);
    void                cancel_load() noexcept { load_cancelled_ = true; }
    Translator::Loading loading() const noexcept;
    void                move_to(const Device& device);
    std::uint32_t       moves() const noexcept { return moves_; }  // from one device to another

    const TimeTable& times() const noexcept { return times_; }  // of all runners so far

    // A fresh session on the device, or on the oracle. All three throw usage while weights are being loaded.
    std::unique_ptr<Runner> new_runner();
    // For a host's frames; on a device only.
    std::unique_ptr<Recorder> new_recorder(std::shared_ptr<Frames> frames, Compile compile);

    Session new_session() const { return Session(*device_, weights()); }  // on a device only

    // What `options` and the folder's defaults say together. Throws usage for options that contradict.
    search::SearchOptions search_options(const TranslateOptions& options) const;

private:
    const Weights& weights() const;
    void           begin_upload(const Device& device);

    Folder                       folder_;
    TranslatorOptions            options_;
    ModelFiles                   files_;
    std::optional<Device>        device_;
    std::optional<Weights>       device_weights_;
    std::optional<WeightsUpload> upload_;  // until all is there
    std::atomic<bool>            load_cancelled_{false};
    std::uint32_t                moves_ = 0;
    TimeTable                    times_;
};

// What Translator::inspect_folder() says.
Translator::Inspection inspect_folder(const Folder& folder);

// Architecture and sizes, and how it generates, for people: some lines (inspect_folder.cpp).
std::string architecture_text(const MarianConfig& config);
std::string architecture_text(const GenerationConfig& generation);

}  // namespace attune

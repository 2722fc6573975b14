#include "generate/model.h"

#include "base/trace.h"

#include <attune/error.hpp>

#include <algorithm>
#include <limits>

namespace attune {
namespace {

search::EarlyStopping early_stopping(EarlyStopping value) { return static_cast<search::EarlyStopping>(value); }

// New tokens, end included. transformers counts the start token in max_length; where it is not set, 20 tokens
// are made, and no more than there are positions, the start's included.
std::uint32_t greatest_length(const GenerationConfig& c, std::uint32_t positions) {
    if (c.max_new_tokens) return *c.max_new_tokens;
    const std::uint32_t total = c.max_length.value_or(std::min<std::uint32_t>(21, positions));
    return total > 1 ? total - 1 : 1;
}

// New tokens, end included. transformers chooses no end token while there are fewer tokens than min_length,
// the start counted and the end not; or, if it is set, fewer than min_new_tokens, neither counted.
std::uint32_t least_length(const GenerationConfig& c) {
    return c.min_new_tokens ? *c.min_new_tokens + 1 : c.min_length;
}

void refuse_unsupported(const GenerationConfig& c) {
    if (c.unsupported.empty()) return;
    std::string all;
    for (const std::string& setting : c.unsupported) all += (all.empty() ? "" : ", ") + setting;
    throw Error(Status::bad_input, c.file, "asks for what is not supported: " + all, "remove it from the file");
}

}  // namespace

Model::Model(const Device* device, const Folder& folder, const TranslatorOptions& options)
    : folder_(folder), options_(options),
      files_(open_model_files(folder, options.shortlist ? WithShortlist::yes : WithShortlist::no)) {
    files_.weights->expect(least_graphs(config(), folder));
    const bool halves = options.precision == Precision::f16 || options.cache == Type::f16;
    if (halves && (config().d_model / config().encoder_attention_heads % 2 ||
                   config().d_model / config().decoder_attention_heads % 2))
        throw Error(Status::bad_input, folder.text(), "has an odd head size, which f16 cannot store", "use f32");
    tell(options.trace, 2, "model",
         folder.text() + "\n" + architecture_text(config()) + architecture_text(generation()));
    if (!device) {
        tell(options.trace, 1, "device", "the oracle: double precision on the CPU");
        return;
    }
    begin_upload(*device);
}

void Model::move_to(const Device& device) {
    upload_.reset();
    device_weights_.reset();  // first: there may not be room for both
    device_.reset();
    if (!files_.weights) {
        files_.weights = open_model_files(folder_, WithShortlist::no).weights;
        files_.weights->expect(least_graphs(config(), folder_));
    }
    ++moves_;
    begin_upload(device);
}

void Model::begin_upload(const Device& device) {
    device_.emplace(device.share());
    upload_.emplace(*device_, *files_.weights, least_graphs(config(), folder_), run_options(), options_.load_slots);
    device_weights_.emplace(upload_->weights());
    if (!options_.load_later) load_next({}, std::numeric_limits<std::uint64_t>::max());
}

bool Model::load_next(const FrameTarget& target, std::uint64_t most_bytes) {
    if (!upload_) return true;
    if (load_cancelled_.exchange(false)) throw Error(Status::cancelled, folder_.text(), "is not loaded to its end");
    if (!upload_->next(target, most_bytes)) return false;
    upload_.reset();
    files_.weights.reset();  // what a host read for them need not stay in memory
    return true;
}

Translator::Loading Model::loading() const noexcept {
    if (upload_) return {.done = upload_->bytes_done(), .in_all = upload_->bytes_in_all()};
    return {.done = device_bytes(), .in_all = device_bytes()};
}

const Weights& Model::weights() const {
    if (!device_weights_ || (upload_ && device_->lost()))
        throw Error(Status::device_failed, folder_.text(), "is on no device", "move it to one that has room");
    if (upload_)
        throw Error(Status::usage, folder_.text(), "has weights that are not uploaded yet", "go on with load_next()");
    return *device_weights_;
}

std::unique_ptr<Runner> Model::new_runner() {
    if (!device_) return make_oracle_runner(*files_.weights);
    return make_device_runner(*device_, weights(), times_, nullptr, Compile::now);
}

std::unique_ptr<Recorder> Model::new_recorder(std::shared_ptr<Frames> frames, Compile compile) {
    return make_device_runner(*device_, weights(), times_, std::move(frames), compile);
}

search::SearchOptions Model::search_options(const TranslateOptions& options) const {
    const GenerationConfig& defaults = generation();
    refuse_unsupported(defaults);
    search::SearchOptions result;
    result.beam_size      = options.beam_size.value_or(defaults.num_beams);
    result.num_hypotheses = options.num_hypotheses;
    result.length_penalty = options.length_penalty.value_or(defaults.length_penalty);
    result.early_stopping = early_stopping(defaults.early_stopping);
    result.rules          = defaults.marian_rules ? search::Rules::marian : search::Rules::hugging_face;
    result.word_penalty   = defaults.word_penalty;
    const auto most       = static_cast<std::uint32_t>(config().max_position_embeddings);
    if (options.max_length && *options.max_length > most)
        throw Error(Status::usage, "max_length",
                    std::to_string(*options.max_length) + " is beyond the model's " + std::to_string(most) +
                        " positions");
    result.max_length      = std::min(options.max_length.value_or(greatest_length(defaults, most)), most);
    result.min_length      = std::min(options.min_length.value_or(least_length(defaults)), result.max_length);
    result.no_repeat_ngram = options.no_repeat_ngram.value_or(defaults.no_repeat_ngram_size);
    result.start_token     = defaults.decoder_start_token_id;
    result.end_tokens      = defaults.eos_token_ids;
    result.bad_words       = defaults.bad_words_ids;
    result.forced_first    = defaults.forced_bos_token_id;
    // Of several, all score 0: the lowest is the best candidate.
    if (const auto& forced = defaults.forced_eos_token_ids; !forced.empty())
        result.forced_last = *std::min_element(forced.begin(), forced.end());
    search::check(result);
    if (search::candidates_per_row(result) > 64)
        throw Error(options.beam_size ? Status::usage : Status::bad_input,
                    options.beam_size ? "beam_size" : defaults.file,
                    std::to_string(result.beam_size) + " beams need more than 64 candidates per row",
                    "use a beam size of at most 32");
    return result;
}

}  // namespace attune

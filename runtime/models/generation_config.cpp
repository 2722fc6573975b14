// What a folder says about generation. Which file decides, and what is assumed where it says nothing, is
// transformers 5.23 (GenerationMixin.adjust_generation_fn, GenerationConfig._get_default_generation_params);
// 4.57 differs in three places: forced_eos_token_id and eos_token_id that config.json does not name are 0
// there, and a max_length of 20 is taken for none.
#include "models/marian_config.h"

#include "models/config_reader.h"

#include <attune/error.hpp>

#include <algorithm>
#include <string_view>

namespace attune {
namespace {

constexpr std::uint64_t max_length = 65'536, max_beams = 64, max_end_tokens = 64;

// The settings that read_generation_config reads.
constexpr const char* supported[] = {
    "num_beams",
    "num_return_sequences",
    "length_penalty",
    "early_stopping",
    "max_length",
    "max_new_tokens",
    "min_length",
    "min_new_tokens",
    "no_repeat_ngram_size",
    "renormalize_logits",
    "bad_words_ids",
    "forced_bos_token_id",
    "forced_eos_token_id",
    "eos_token_id",
    "bos_token_id",
    "decoder_start_token_id",
    "pad_token_id",
};

// Settings that would change the result, and the JSON of the values that do not.
struct Unsupported {
    const char* key;
    const char* neutral[2];
};
constexpr Unsupported not_supported[] = {
    {"do_sample", {"false", ""}},
    {"repetition_penalty", {"1.0", "1"}},
    {"encoder_repetition_penalty", {"1.0", "1"}},
    {"encoder_no_repeat_ngram_size", {"0", ""}},
    {"num_beam_groups", {"1", ""}},
    {"diversity_penalty", {"0.0", "0"}},
    {"penalty_alpha", {"0.0", "0"}},
    {"guidance_scale", {"1.0", "1"}},
    {"sequence_bias", {"[]", "{}"}},
    {"suppress_tokens", {"[]", ""}},
    {"begin_suppress_tokens", {"[]", ""}},
    {"forced_decoder_ids", {"[]", ""}},
    {"force_words_ids", {"[]", ""}},
    {"constraints", {"[]", ""}},
    {"exponential_decay_length_penalty", {"", ""}},
    {"stop_strings", {"[]", ""}},
    {"dola_layers", {"", ""}},
    {"watermarking_config", {"", ""}},
    {"max_time", {"", ""}},
};

std::vector<std::string> unsupported_settings(const ConfigReader& file) {
    std::vector<std::string> found;
    for (const Unsupported& setting : not_supported) {
        const auto value = file.shown(setting.key);
        if (value && *value != setting.neutral[0] && *value != setting.neutral[1])
            found.push_back(std::string(setting.key) + " " + *value);
    }
    return found;
}

EarlyStopping read_early_stopping(const ConfigReader& file) {
    const Json* value = file.any("early_stopping");
    if (!value) return EarlyStopping::no;
    if (value->is_boolean()) return value->get<bool>() ? EarlyStopping::yes : EarlyStopping::no;
    if (*value != "never") file.fail("early_stopping", "is not true, false or \"never\"");
    return EarlyStopping::never;
}

std::uint32_t read_count(const ConfigReader& file, const char* key, std::uint32_t otherwise, std::uint64_t low,
                         std::uint64_t high) {
    return static_cast<std::uint32_t>(file.natural(key, otherwise, low, high));
}

std::optional<std::uint32_t> read_optional(const ConfigReader& file, const char* key, std::uint64_t low,
                                           std::uint64_t high) {
    const auto number = file.optional_natural(key, low, high);
    return number ? std::optional(static_cast<std::uint32_t>(*number)) : std::nullopt;
}

void read_lengths(const ConfigReader& file, GenerationConfig& c) {
    c.max_length     = read_optional(file, "max_length", 1, max_length);
    c.max_new_tokens = read_optional(file, "max_new_tokens", 1, max_length);
    c.min_length     = read_count(file, "min_length", 0, 0, max_length);
    c.min_new_tokens = read_optional(file, "min_new_tokens", 0, max_length);
}

void read_beams(const ConfigReader& file, GenerationConfig& c) {
    c.num_beams            = read_count(file, "num_beams", 1, 1, max_beams);
    c.num_return_sequences = read_count(file, "num_return_sequences", 1, 1, max_beams);
    if (c.num_return_sequences > c.num_beams)
        file.fail("num_return_sequences", "is " + std::to_string(c.num_return_sequences) + ", more than num_beams " +
                                              std::to_string(c.num_beams));
    c.length_penalty = file.real("length_penalty", 1, -100, 100);
    c.early_stopping = read_early_stopping(file);
}

std::vector<std::uint32_t> read_ends(const ConfigReader& file, std::uint64_t vocabulary) {
    std::vector<std::uint32_t> ids = file.ids("eos_token_id", vocabulary);
    if (ids.empty() && file.any("eos_token_id")) file.fail("eos_token_id", "is an empty list");
    if (ids.size() > max_end_tokens) file.fail("eos_token_id", "lists more than 64 tokens");
    return ids;
}

void read_ids(const ConfigReader& file, const MarianConfig& model, GenerationConfig& c) {
    const std::uint64_t vocabulary = model.decoder_vocab_size;
    c.bad_words_ids                = file.id_lists("bad_words_ids", vocabulary);
    c.eos_token_ids                = read_ends(file, vocabulary);
    c.forced_bos_token_id          = read_optional(file, "forced_bos_token_id", 0, vocabulary - 1);
    c.forced_eos_token_ids         = file.ids("forced_eos_token_id", vocabulary);
    // A file with neither transformers refuses; the model's own start token is as good as certain.
    auto start = read_optional(file, "decoder_start_token_id", 0, vocabulary - 1);
    if (!start) start = read_optional(file, "bos_token_id", 0, vocabulary - 1);
    c.decoder_start_token_id = start.value_or(model.decoder_start_token_id);
    c.pad_token_id           = read_optional(file, "pad_token_id", 0, vocabulary - 1)
                         .value_or(c.eos_token_ids.empty() ? model.pad_token_id : c.eos_token_ids.front());
}

}  // namespace

File generation_file(const Folder& folder) {
    const File own = folder / "generation_config.json";
    return own.exists() ? own : folder / "config.json";
}

GenerationConfig read_generation_config(const Folder& folder, const MarianConfig& model) {
    const File         decides = generation_file(folder);
    const ConfigReader file(decides);
    GenerationConfig   c;
    c.file = decides.text();
    read_beams(file, c);
    read_lengths(file, c);
    c.no_repeat_ngram_size = read_count(file, "no_repeat_ngram_size", 0, 0, max_length);
    c.renormalize_logits   = file.flag("renormalize_logits", false);
    read_ids(file, model, c);
    c.unsupported = unsupported_settings(file);
    return c;
}

std::vector<GenerationSetting> generation_settings(const Folder& folder) {
    const File         file = generation_file(folder);
    const ConfigReader decides(file), model(folder / "config.json");
    const bool         overrun = file.name() != "config.json";

    std::vector<GenerationSetting> settings;
    for (const char* key : supported) {
        const auto value = decides.shown(key), other = overrun ? model.shown(key) : std::nullopt;
        if (!value && !other) continue;
        GenerationSetting& setting = settings.emplace_back();
        setting.key                = key;
        setting.value              = value.value_or("none");
        setting.file               = file.name();
        if (other && other != value) setting.overrun = *other;
    }
    std::ranges::sort(settings, {}, &GenerationSetting::key);
    return settings;
}

}  // namespace attune

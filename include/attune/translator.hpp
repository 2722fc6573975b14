// Text to text: a translation model (a folder, or files of a host), a device (or the oracle), and translations.
// Models are Marian's: MarianMT as Hugging Face stores it, or Marian's own files, as Mozilla publishes them for Firefox.
//
//     attune::Device     device = attune::Device::open();
//     attune::Translator translator(device, "opus-mt-en-de");
//     std::cout << translator.translate("Good morning!").text << '\n';
#pragma once

#include <attune/device.hpp>
#include <attune/frames.hpp>
#include <attune/model_source.hpp>
#include <attune/run_options.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace attune {

// How to search. What is not set comes from the model's generation_config.json and config.json, as in transformers.
// Lengths count new tokens, the end token included.
struct TranslateOptions {
    std::string                  target_language = {}; // "de" puts ">>de<<" in front; "": the text says it, or the model needs none
    std::optional<std::uint32_t> beam_size = {};            // 1: greedy; at most 32
    std::uint32_t                num_hypotheses = 1;   // at most beam_size
    std::optional<double>        length_penalty = {};
    std::optional<std::uint32_t> max_length = {};
    std::optional<std::uint32_t> min_length = {};
    std::optional<std::uint32_t> no_repeat_ngram = {};
    bool                         alignment = false;    // fill Hypothesis::alignment

    friend bool operator==(const TranslateOptions&, const TranslateOptions&) = default;
};

// How to run.
struct TranslatorOptions {
    Precision     precision = Precision::f32;
    std::optional<Type> cache = {};      // of keys and values, f32 or f16, where it is not to follow from `precision`
    std::uint32_t batch_tokens = 2048;   // source tokens that are translated together, at most; fewer on a device of small bindings
    std::uint32_t batch_rows = 64;       // sentences times beams that are decoded together, at most
    std::uint32_t steps_per_wait = 8;    // tokens that the device chooses by itself before the host waits for it, 1 to 64; one
                                         // where what may come next depends on what came (no_repeat_ngram, bad words of
                                         // several tokens, min_length until it is reached), with alignments, beams of more
                                         // than 16, or streams. Changes no translation. While they run nothing is cancelled
    bool          shortlist = false;     // choose each line's words among those that the model's lexical shortlist
                                         // (lex*.bin) has for its source words; bad_input if there is none
    bool          load_later = false;    // upload nothing yet: load_next() does
    std::uint32_t load_slots = 1;        // frames in flight that load_next() may record into
    Trace         trace = {};            // level 1 to 4
};

struct Hypothesis {
    std::string                text;
    std::vector<std::uint32_t> tokens;      // without the start token, end token included
    double                     score = 0;   // sum of log-probabilities / length^penalty; of a split line the mean of its parts by tokens
    // (source token, target token) pairs: for each target token but the end, the source token that the last
    // decoder layer's cross-attention weights most: averaged over heads, but head 0 alone for Marian's own files, whose
    // training guides that one. Of a split line: counted over the whole line.
    std::vector<std::pair<std::uint32_t, std::uint32_t>> alignment;
};

struct Translation {
    std::string                text;         // of the best hypothesis
    std::vector<Hypothesis>    hypotheses;   // best first, num_hypotheses of them
    std::vector<std::uint32_t> source_tokens;
    std::uint32_t              parts = 1;    // more than 1: the line was too long for the model and was cut at sentence ends
    std::uint32_t              repairs = 0;  // bytes sequences that were not UTF-8 and became U+FFFD
};

// Counted since the translator was made.
struct TranslatorStats {
    std::uint64_t lines = 0, source_tokens = 0, target_tokens = 0;
    std::uint64_t encoder_runs = 0, decoder_steps = 0, submissions = 0;
    std::uint64_t host_waits = 0;          // for encoders and decoder steps, several of which may be waited for together
    std::uint64_t batch_halvings = 0;      // times that the device's memory did not suffice for a batch
    std::uint64_t bytes_read_back = 0;
    std::uint64_t programs_prepared = 0;   // plans made and recorded; constant in steady state
    std::uint64_t objects_created = 0;     // Vulkan objects and device allocations; constant in steady state
    std::uint64_t device_bytes = 0;        // allocated now
    double        seconds = 0;             // spent translating
    double        encode_seconds = 0, decode_seconds = 0;   // of which on the device, waiting included
};

class Model;

class Translator {
public:
    // Reads the files of a folder, or those of a host (model_source.hpp), checks them and uploads the weights. Throws
    // bad_input (a file, naming it and the reason), out_of_device_memory. The device is kept alive.
    Translator(const Device& device, const ModelSource& source, const TranslatorOptions& options = {});

    // The same on the double-precision oracle, without any device.
    static Translator on_oracle(const ModelSource& source, const TranslatorOptions& options = {});

    Translator(Translator&&) noexcept;
    Translator& operator=(Translator&&) noexcept;
    ~Translator();

    // With load_later: uploads the next pieces of the weights (WeightsUpload::next()). True once all are there; until then
    // translating throws usage. Throws cancelled after cancel_load(), which may come from any thread; the next call
    // goes on.
    bool load_next(const FrameTarget& target, std::uint64_t most_bytes);
    void cancel_load() noexcept;
    struct Loading {
        std::uint64_t done = 0, in_all = 0;   // bytes
    };
    Loading loading() const noexcept;

    // After the loss of its device: the same model on another one. Uploads from the files, which it has kept open, at once
    // or later, as it was made. Streams begin what they have not given anew. No other call at the same time.
    void move_to(const Device& device);

    // One line. A blank line gives an empty translation and runs nothing.
    Translation translate(const std::string& line, const TranslateOptions& options = {});

    // Many lines, batched by length; results in the order of the lines, each the same as translate() gives.
    // `cancel` is looked at between submissions; throws cancelled.
    std::vector<Translation> translate(const std::vector<std::string>& lines, const TranslateOptions& options = {}, const std::atomic<bool>* cancel = nullptr);

    // As above, but hands each translation to `done` as soon as it and all before it are there.
    // Held are all lines' tokens, and the results that wait for one before them: hand over a great number of lines
    // in portions of a few thousand.
    using Done = std::function<void(std::size_t line, Translation&&)>;
    void translate(const std::vector<std::string>& lines, const TranslateOptions& options, const Done& done, const std::atomic<bool>* cancel = nullptr);

    // One line of any length, in memory that does not depend on it: a novel, or 100 MB. `read` gives the line's next bytes,
    // which have to stay until it is called again, and none at the line's end; pieces may be of any size and end anywhere.
    // `done` gets one stretch of the translation after the other. Their texts, tokens and source_tokens put together
    // are those that translate() gives for the whole line, except that white space of more than 1 MiB in a row is kept
    // at the line's end too. A stretch has a score, an alignment and a number of parts of its own; a number of 0 means
    // white space alone.
    using Read        = std::function<std::string_view()>;
    using StretchDone = std::function<void(Translation&&)>;
    void translate_long(const Read& read, const TranslateOptions& options, const StretchDone& done, const std::atomic<bool>* cancel = nullptr);

    // The codes that target_language may have; empty if the model knows none.
    const std::vector<std::string>& languages() const;

    TranslatorStats stats() const;

    // With trace level 4 on a device: a table for each kind of program (encoder, step, ...) of what its kernels
    // took in all runs so far, the costliest first. A program is timed before its runs 1, 2, 4, 8, ..., on a
    // copy of its states, and the average taken for all its runs. Otherwise "".
    std::string times() const;

    // For people: what a folder holds, what will run and what will not, and the plan of one decode step.
    struct Inspection {
        // Of the folder; empty where the folder does not say it, or says it wrongly.
        struct FileLine {
            std::string name, note;        // "used", or why not
        };
        struct StorageLine {
            std::string type;              // as the file names it: "F16", "torch.FloatStorage"
            std::size_t tensors = 0;
        };
        struct TensorLine {
            std::string name, type, shape; // type "f16", or as the file names one that is not read
        };
        struct UnusedLine {
            std::string              reason;
            std::vector<std::string> tensors;
        };
        struct SettingLine {
            std::string name, value;       // of generation; the value as JSON, or "none"
            std::string file;              // that has the word
            std::string overrun;           // what config.json says to no effect; "": nothing else
        };
        std::string              architecture;     // several lines
        std::vector<FileLine>    files;
        std::vector<StorageLine> storage;
        std::vector<TensorLine>  tensors;
        std::string              tables;           // which tensors are the embeddings and the output
        std::vector<UnusedLine>  unused;           // tensors of the file that nothing is computed from
        std::vector<SettingLine> settings;
        std::vector<std::string> will_not_run;     // why translate() will throw; empty: it will not
        bool                     opens = false;    // a Translator can be made of it, on a device that has the memory
        std::uint64_t            parameters = 0;   // in tensors that can be read
        std::size_t              decoder_layers = 0;

        // Of the device and `rows` rows; only from inspect(), and empty on the oracle.
        std::uint64_t device_bytes = 0;    // weights
        std::string   encoder_plan, decoder_plan;
        std::size_t   decoder_dispatches = 0, decoder_barriers = 0;
        std::size_t   dispatches_per_decoder_layer = 0;
        std::uint64_t arena_bytes = 0;
    };
    Inspection inspect(std::uint32_t rows = 1);

    // The part about the folder, without a device, as far as it can be read. What is wrong with the folder is
    // told in will_not_run, never thrown.
    static Inspection inspect_folder(const ModelSource& source);

    class Impl;
    Model& model() noexcept;   // for the library's own use

private:
    explicit Translator(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace attune

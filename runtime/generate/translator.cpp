#include "generate/buckets.h"
#include "generate/line.h"
#include "generate/model.h"

#include <attune/error.hpp>

#include <algorithm>
#include <bit>
#include <chrono>
#include <deque>
#include <utility>

namespace attune {

namespace {

// White space in a row that a long line's translation keeps back until text follows it.
constexpr std::size_t most_space_held = std::size_t{1} << 20;

}  // namespace

class Translator::Impl {
public:
    Impl(const Device* device, const std::filesystem::path& folder, const TranslatorOptions& options)
        : model(device, folder, options), options_(options) {
        if (options.batch_tokens == 0 || options.batch_rows == 0)
            throw Error(Status::usage, "TranslatorOptions", "batch_tokens and batch_rows are at least 1");
        // Query, key and value of a batch lie side by side. A batch of several sentences has to fit one binding of
        // them: beyond that attention adds in another order on GPUs, and a sentence's bits would depend on its company.
        if (!model.device()) return;
        const std::uint64_t row  = 3 * model.config().d_model * sizeof(float);
        const std::uint64_t most = std::max<std::uint64_t>(model.device()->info().max_binding / row, 1);
        options_.batch_tokens =
            static_cast<std::uint32_t>(std::min<std::uint64_t>(options_.batch_tokens, std::bit_floor(most)));
    }

    void translate(const std::vector<std::string>& lines, const TranslateOptions& how, const Done& done,
                   const std::atomic<bool>* cancel) {
        const Timer                 timer(stats.seconds);
        const search::SearchOptions search = model.search_options(how);
        std::vector<Line>           prepared;
        for (const std::string& line : lines)
            prepared.push_back(prepare_line(line, how, model, search.max_length, cancel));
        std::size_t next     = 0;  // first line not yet handed out
        const auto  hand_out = [&] {
            for (; next < prepared.size() && prepared[next].waiting == 0; ++next)
                done(next, finish(std::exchange(prepared[next], {}), how));
        };
        hand_out();
        run(prepared, search, how.alignment, cancel, hand_out);
        stats.lines += lines.size();
    }

    void translate_long(const Read& read, const TranslateOptions& how, const StretchDone& done,
                        const std::atomic<bool>* cancel) {
        const Timer                 timer(stats.seconds);
        const search::SearchOptions search = model.search_options(how);
        LineCutter                  cutter(how, model, search.max_length, cancel);
        std::vector<Line>           stretch(1);  // what is not handed out yet
        std::uint64_t               stretches = 0;
        const auto                  hand_out  = [&] {
            Line& line = stretch.front();
            Line  rest;  // white space behind a stretch is in front of the next one
            if (!line.parts.empty()) rest.leading.swap(line.parts.back().gap);
            run(stretch, search, how.alignment, cancel, [] {});
            const std::size_t parts  = line.parts.size();
            Translation       result = finish(std::exchange(line, std::move(rest)), how);
            result.parts             = static_cast<std::uint32_t>(parts);
            done(std::move(result));
            ++stretches;
        };
        for (std::string_view bytes = read(); !bytes.empty(); bytes = read())
            for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), LineCutter::piece_bytes))) {
                cutter.add(bytes.substr(0, LineCutter::piece_bytes), stretch.front());
                if (!stretch.front().parts.empty() || stretch.front().leading.size() > most_space_held) hand_out();
            }
        cutter.end(stretch.front());
        if (stretch.front().parts.empty()) stretch.front().leading.clear();  // at the line's end
        if (!stretch.front().parts.empty() || stretches == 0) hand_out();
        ++stats.lines;
    }

    Model           model;
    TranslatorStats stats;

    TranslatorStats current_stats() const {
        TranslatorStats result   = stats;
        result.encoder_runs      = counts_.encoder_runs;
        result.decoder_steps     = counts_.decoder_steps;
        result.bytes_read_back   = counts_.bytes_read_back;
        result.encode_seconds    = counts_.encode_seconds;
        result.decode_seconds    = counts_.decode_seconds;
        result.programs_prepared = prepared_before_ + (runner_ ? runner_->prepared() : 0);
        result.submissions       = submissions_before_ + (runner_ ? runner_->submissions() : 0);
        if (model.device()) {
            result.objects_created = model.device()->objects_created();
            result.device_bytes    = model.device()->memory_used();
        }
        return result;
    }

private:
    // Adds the time that it lives.
    class Timer {
    public:
        explicit Timer(double& seconds) : seconds_(seconds) {}
        Timer(const Timer&) = delete;
        ~Timer() { seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

    private:
        double&                               seconds_;
        std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    };

    Translation finish(Line&& line, const TranslateOptions& how) {
        stats.source_tokens += line.source_tokens;
        return finish_line(std::move(line), how, model.tokenizer());
    }

    // A part that waits: which line, which part, and the cache that it needs.
    struct PartPlace {
        std::size_t   line, part;
        std::uint64_t cache_tokens = 0;
    };

    using Queue = std::deque<PartPlace>;

    static const std::vector<std::uint32_t>& tokens_of(const std::vector<Line>& lines, const PartPlace& place) {
        return lines[place.line].parts[place.part].source;
    }

    // Longest first: what does not fit the device's memory shows at once, and batches pad least.
    static Queue parts_by_length(const std::vector<Line>& lines) {
        Queue order;
        for (std::size_t line = 0; line < lines.size(); ++line)
            for (std::size_t part = 0; part < lines[line].parts.size(); ++part) order.push_back({line, part});
        std::stable_sort(order.begin(), order.end(), [&](const PartPlace& a, const PartPlace& b) {
            return tokens_of(lines, a).size() > tokens_of(lines, b).size();
        });
        return order;
    }

    // Runs all parts of the lines, and says so after each batch.
    void run(std::vector<Line>& lines, const search::SearchOptions& search, bool alignment,
             const std::atomic<bool>* cancel, const std::function<void()>& after_batch) {
        Queue order = parts_by_length(lines);
        while (!order.empty()) {
            run_parts(lines, order, batch_size(lines, order, search.beam_size), search, alignment, cancel);
            after_batch();
        }
    }

    BatchLimits limits(std::uint64_t beams) const {
        BatchLimits result;
        result.sentences              = std::max<std::uint64_t>(options_.batch_rows / beams, 1);
        result.capacity.rows          = result.sentences * beams;
        const std::uint64_t most      = std::max<std::uint64_t>(options_.batch_tokens, longest_source(model.config()));
        result.capacity.memory_tokens = buckets::power_of_two(most, 16, UINT64_MAX);
        return result;
    }

    std::size_t batch_size(const std::vector<Line>& lines, const Queue& order, std::uint64_t beams) const {
        const BatchLimits limit  = limits(beams);
        std::uint64_t     tokens = 0;
        std::size_t       count  = 0;
        for (; count < order.size() && count < limit.sentences && order[count].cache_tokens == order[0].cache_tokens;
             ++count) {
            tokens += tokens_of(lines, order[count]).size();
            if (count > 0 && tokens > options_.batch_tokens) break;
        }
        return count;
    }

    // Runs the first `count` parts that wait. What outgrew its cache waits again, with a larger one.
    void run_parts(std::vector<Line>& lines, Queue& order, std::size_t count, const search::SearchOptions& search,
                   bool alignment, const std::atomic<bool>* cancel) {
        std::vector<std::vector<std::uint32_t>> sources;
        for (std::size_t i = 0; i < count; ++i) sources.push_back(tokens_of(lines, order[i]));
        const std::uint64_t longest = sources.front().size();
        const std::uint64_t cache =
            order[0].cache_tokens ? order[0].cache_tokens
                                  : buckets::cache_tokens(std::min<std::uint64_t>(2 * longest + 16, search.max_length),
                                                          search.max_length);
        std::vector<BatchResult> results;
        try {
            if (!runner_ || runner_beams_ != search.beam_size) renew_runner(search.beam_size);
            results = run_batch(*runner_, model.config(), limits(search.beam_size),
                                {.sources      = sources,
                                 .options      = search,
                                 .cache_tokens = cache,
                                 .alignment    = alignment,
                                 .renormalised = model.generation().renormalize_logits,
                                 .cancel       = cancel},
                                counts_);
        } catch (const Error& error) {
            renew_runner(0);  // its states are undefined now
            if (error.status() != Status::out_of_device_memory) throw;
            if (halve_batch(search.beam_size)) return;  // the same parts again, in smaller batches
            throw Error(Status::out_of_device_memory, "translate",
                        "the device does not take even one line at a time beside " +
                            std::to_string(model.device_bytes()) + " bytes of weights: " + error.what(),
                        options_.precision == Precision::f32 ? "use f16, a smaller beam or a smaller max_length"
                                                             : "use a smaller beam or a smaller max_length");
        } catch (...) {
            renew_runner(0);
            throw;
        }
        std::vector<PartPlace> again;
        for (std::size_t i = 0; i < count; ++i) {
            if (results[i].overflowed) {
                again.push_back({order[i].line, order[i].part, buckets::cache_tokens(cache + 1, search.max_length)});
                continue;
            }
            for (const auto& hypothesis : results[i].hypotheses)
                stats.target_tokens += &hypothesis == &results[i].hypotheses.front() ? hypothesis.tokens.size() : 0;
            lines[order[i].line].parts[order[i].part].result = std::move(results[i]);
            --lines[order[i].line].waiting;
        }
        order.erase(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count));
        order.insert(order.begin(), again.begin(), again.end());
    }

    bool halve_batch(std::uint64_t beams) {
        const bool rows = limits(beams).sentences > 1, tokens = options_.batch_tokens > longest_source(model.config());
        if (!rows && !tokens) return false;
        if (rows)
            options_.batch_rows =
                static_cast<std::uint32_t>(std::max<std::uint64_t>(limits(beams).sentences / 2, 1) * beams);
        if (tokens)
            options_.batch_tokens = static_cast<std::uint32_t>(
                std::max<std::uint64_t>(options_.batch_tokens / 2, longest_source(model.config())));
        ++stats.batch_halvings;
        return true;
    }

    // States are made for a number of beams. 0: none for now.
    void renew_runner(std::uint32_t beams) {
        if (runner_) {
            prepared_before_ += runner_->prepared();
            submissions_before_ += runner_->submissions();
        }
        runner_.reset();
        if (beams) runner_ = model.new_runner();
        runner_beams_ = beams;
    }

    TranslatorOptions       options_;
    std::unique_ptr<Runner> runner_;
    std::uint32_t           runner_beams_    = 0;
    std::uint64_t           prepared_before_ = 0, submissions_before_ = 0;
    BatchCounts             counts_;
};

Translator::Translator(const Device& device, const std::filesystem::path& folder, const TranslatorOptions& options)
    : impl_(std::make_unique<Impl>(&device, folder, options)) {}
Translator::Translator(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Translator::Translator(Translator&&) noexcept            = default;
Translator& Translator::operator=(Translator&&) noexcept = default;
Translator::~Translator()                                = default;

Translator Translator::on_oracle(const std::filesystem::path& folder, const TranslatorOptions& options) {
    return Translator(std::make_unique<Impl>(nullptr, folder, options));
}

Translation Translator::translate(const std::string& line, const TranslateOptions& options) {
    return std::move(translate(std::vector<std::string>{line}, options).front());
}

std::vector<Translation> Translator::translate(const std::vector<std::string>& lines, const TranslateOptions& options,
                                               const std::atomic<bool>* cancel) {
    std::vector<Translation> result(lines.size());
    impl_->translate(
        lines, options, [&](std::size_t line, Translation&& translation) { result[line] = std::move(translation); },
        cancel);
    return result;
}

void Translator::translate(const std::vector<std::string>& lines, const TranslateOptions& options, const Done& done,
                           const std::atomic<bool>* cancel) {
    impl_->translate(lines, options, done, cancel);
}

void Translator::translate_long(const Read& read, const TranslateOptions& options, const StretchDone& done,
                                const std::atomic<bool>* cancel) {
    impl_->translate_long(read, options, done, cancel);
}

const std::vector<std::string>& Translator::languages() const { return impl_->model.tokenizer().languages(); }

TranslatorStats Translator::stats() const { return impl_->current_stats(); }

std::string Translator::times() const { return impl_->model.times().text(); }

Translator::Inspection Translator::inspect(std::uint32_t rows) { return inspect_model(impl_->model, rows); }

}  // namespace attune

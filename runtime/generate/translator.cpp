#include "generate/batches.h"

#include <attune/error.hpp>

#include <chrono>
#include <utility>

namespace attune {

namespace {

using Clock = std::chrono::steady_clock;

// White space in a row that a long line's translation keeps back until text follows it.
constexpr std::size_t most_space_held = std::size_t{1} << 20;

}  // namespace

class Translator::Impl {
public:
    Impl(const Device* device, const Folder& folder, const TranslatorOptions& how)
        : model(device, folder, how), batches_(model, how) {}

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
        run(prepared, job_of(search, how, cancel), hand_out);
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
            run(stretch, job_of(search, how, cancel), [] {});
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

    void move_to(const Device& device) {
        if (!model.device()) throw Error(Status::usage, "Translator::move_to", "is of no use on the oracle");
        renew_runner(0);
        model.move_to(device);
    }

    Model           model;
    TranslatorStats stats;

    TranslatorStats current_stats() const {
        TranslatorStats result   = stats;
        result.encoder_runs      = counts_.encoder_runs;
        result.decoder_steps     = counts_.decoder_steps;
        result.host_waits        = counts_.waits;
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
        ~Timer() { seconds_ += std::chrono::duration<double>(Clock::now() - start_).count(); }

    private:
        double&           seconds_;
        Clock::time_point start_ = Clock::now();
    };

    // Where each step is timed, each is waited for.
    SearchJob job_of(const search::SearchOptions& search, const TranslateOptions& how,
                     const std::atomic<bool>* cancel) const {
        const TranslatorOptions& options = model.options();
        return {.search         = search,
                .alignment      = how.alignment,
                .cancel         = cancel,
                .steps_per_wait = options.trace.shows(4) ? 1 : options.steps_per_wait};
    }

    Translation finish(Line&& line, const TranslateOptions& how) {
        stats.source_tokens += line.source_tokens;
        return finish_line(std::move(line), how, model.tokenizer());
    }

    // Runs all parts of the lines, and says so after each batch.
    void run(std::vector<Line>& lines, const SearchJob& job, const std::function<void()>& after_batch) {
        PartQueue queue = parts_by_length(lines);
        while (!queue.empty()) {
            run_batch(lines, queue, job);
            after_batch();
        }
    }

    // Runs the next batch, or makes batches smaller if the device's memory does not suffice for it.
    void run_batch(std::vector<Line>& lines, PartQueue& queue, const SearchJob& job) {
        RunningBatch running;
        try {
            if (!runner_ || runner_beams_ != job.search.beam_size) renew_runner(job.search.beam_size);
            running = batches_.begin(lines, queue, job, *runner_, counts_);
            while (const auto work = running.batch->next()) {
                const auto start = Clock::now();
                if (work->repeats)
                    runner_->run(*work->program, *work->repeats, job.cancel);
                else
                    runner_->run(*work->program, job.cancel);
                work->done(std::chrono::duration<double>(Clock::now() - start).count());
            }
            stats.target_tokens += batches_.settle(running, lines, queue, job);
        } catch (const Error& error) {
            Batches::give_back(running, queue);
            renew_runner(0);  // its states are undefined now
            if (error.status() != Status::out_of_device_memory) throw;
            if (!batches_.halve(job.search.beam_size)) throw too_small(error);
            ++stats.batch_halvings;  // the same parts again, in smaller batches
        } catch (...) {
            renew_runner(0);
            throw;
        }
    }

    Error too_small(const Error& error) const {
        return Error(Status::out_of_device_memory, "translate",
                     "the device does not take even one line at a time beside " + std::to_string(model.device_bytes()) +
                         " bytes of weights: " + error.what(),
                     model.options().precision == Precision::f32 ? "use f16, a smaller beam or a smaller max_length"
                                                                 : "use a smaller beam or a smaller max_length");
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

    Batches                 batches_;
    std::unique_ptr<Runner> runner_;
    std::uint32_t           runner_beams_    = 0;
    std::uint64_t           prepared_before_ = 0, submissions_before_ = 0;
    BatchCounts             counts_;
};

Translator::Translator(const Device& device, const ModelSource& source, const TranslatorOptions& options)
    : impl_(std::make_unique<Impl>(&device, source, options)) {}
Translator::Translator(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Translator::Translator(Translator&&) noexcept            = default;
Translator& Translator::operator=(Translator&&) noexcept = default;
Translator::~Translator()                                = default;

Translator Translator::on_oracle(const ModelSource& source, const TranslatorOptions& options) {
    return Translator(std::make_unique<Impl>(nullptr, source, options));
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

bool Translator::load_next(const FrameTarget& target, std::uint64_t most_bytes) {
    return impl_->model.load_next(target, most_bytes);
}
void                Translator::cancel_load() noexcept { impl_->model.cancel_load(); }
Translator::Loading Translator::loading() const noexcept { return impl_->model.loading(); }
void                Translator::move_to(const Device& device) { impl_->move_to(device); }

const std::vector<std::string>& Translator::languages() const { return impl_->model.tokenizer().languages(); }

Model& Translator::model() noexcept { return impl_->model; }

TranslatorStats Translator::stats() const { return impl_->current_stats(); }

std::string Translator::times() const { return impl_->model.times().text(); }

Translator::Inspection Translator::inspect_folder(const ModelSource& source) { return attune::inspect_folder(source); }

Translator::Inspection Translator::inspect(std::uint32_t rows) { return inspect_model(impl_->model, rows); }

}  // namespace attune

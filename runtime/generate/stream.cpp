#include <attune/stream.hpp>

#include "execute/own_frames.h"
#include "generate/batches.h"

#include <attune/error.hpp>

#include <type_traits>
#include <utility>

namespace attune {

class TranslationStream::Impl {
public:
    Impl(Model& model, const TranslateOptions& how, const StreamOptions& host)
        : model_(model), how_(how), batches_(model, model.options()),
          job_{.search = model.search_options(how), .alignment = how.alignment, .cancel = nullptr},
          frames_(std::make_shared<Frames>(host.slots)), compile_(host.compile),
          moves_(model.moves()) {
        if (!model.device())
            throw Error(Status::usage, "TranslationStream", "needs a translator on a device, not on the oracle");
    }

    ~Impl() { forget_frames(); }
    Impl(const Impl&)            = delete;
    Impl& operator=(const Impl&) = delete;

    void prepare(const Shapes& shapes) {
        settle();
        if (!recorder_) recorder_ = model_.new_recorder(frames_, compile_);
        for (const NamedGraph& program : batches_.programs(shapes.lines, shapes.source_tokens, job_))
            recorder_->prepare(program);
    }

    void push(const std::string& line) {
        settle();
        pushed_.push_back(prepare_line(line, how_, model_, job_.search.max_length, nullptr));
    }

    void push(std::span<const std::uint32_t> tokens) {
        settle();
        pushed_.push_back(line_of_tokens(tokens, model_));
    }

    Progress step(const FrameTarget& target, const Budget& budget) {
        settle();
        return or_give_up([&] {
            if (ready()) record(target, budget);
            return step_.progress;
        });
    }

    Progress submit(const Budget& budget, const SubmitSync& sync) {
        settle();
        return or_give_up([&] {
            if (!ready()) return step_.progress;
            if (!own_) own_.emplace(model_.device()->context(), frames_);
            const auto target = own_->begin();
            if (!target) return step_.progress = Progress::waiting;
            own_->submit(*target, sync, [&] { record(*target, budget); });
            return step_.progress;
        });
    }

    Progress poll() {
        settle();
        if (own_) own_->poll();
        look();
        look_ahead();
        step_ = {};
        if (recorded_whole_)
            step_.progress = Progress::waiting;
        else if (running_ || !queue_.empty() || !pushed_.empty())
            step_.progress = Progress::recorded;
        if (begun_) {
            step_.left         = recorder_->dispatches_left();
            step_.next_seconds = recorder_->next_seconds();
        }
        return step_.progress;
    }

    void finish() {
        if (frames_->hosts_in_flight() || (recorded_whole_ && !frames_->any_in_flight()))
            throw Error(Status::usage, "TranslationStream::finish", "has recorded commands that nobody has said the end of",
                        "call retire() or finished() first");
        while (submit({}, {}) != Progress::idle) {
            own_->wait();
            look();
        }
    }

    std::vector<CommandData> commands(const FrameTarget& target) {
        settle();
        return or_give_up([&] {
            std::vector<CommandData> all;
            if (!ready()) return all;
            if (begun_) throw Error(Status::usage, "TranslationStream::commands", "comes within a pass over the model");
            all             = recorder_->commands(*work_->program, target);
            recorded_whole_ = true;
            recorded(target, all.size());
            return all;
        });
    }

    const Step& last_step() const noexcept { return step_; }

    void retire(std::uint64_t frame) {
        settle();
        frames_->retire(frame);
        look();
        look_ahead();
    }

    void finished() {
        settle();
        frames_->retire_all();
        if (recorder_) recorder_->poll();
        take_results();
    }

    std::optional<Translation> pull() {
        settle();
        if (pulled_ == lines_.size() && !pushed_.empty() && !running_ && queue_.empty()) take_pushed();
        if (pulled_ == lines_.size() || lines_[pulled_].waiting > 0) return std::nullopt;
        return finish_line(std::exchange(lines_[pulled_++], {}), how_, model_.tokenizer());
    }

    std::string so_far() const {
        if (cancelled_ || pulled_ == lines_.size()) return {};
        std::string text;
        for (std::size_t p = 0; p < lines_[pulled_].parts.size(); ++p) {
            const LinePart& part = lines_[pulled_].parts[p];
            if (!part.result.hypotheses.empty())
                text += model_.tokenizer().decode(part.result.hypotheses.front().tokens) + part.gap;
            else
                text += model_.tokenizer().decode(running_tokens(p));
        }
        return text;
    }

    void cancel() noexcept { cancelled_ = true; }

private:
    enum class Runner : std::uint8_t { kept, renewed };

    // What other threads and the model have asked for meanwhile.
    void settle() {
        if (moves_ != model_.moves()) {  // to another device: what the old one was at work on is lost
            give_up(Runner::renewed);
            forget_frames();
            frames_ = std::make_shared<Frames>(frames_->slots());
            moves_  = model_.moves();
        }
        if (!cancelled_.exchange(false)) return;
        give_up(Runner::kept);  // each batch sets all that it reads
        lines_.clear();
        pushed_.clear();
        queue_.clear();
        pulled_ = 0;
    }

    // Takes the results if the frame that they come in is over.
    void look() {
        if (recorder_) recorder_->poll();
        if (last_frame_ != FrameTarget::uncounted && !frames_->in_flight(last_frame_)) take_results();
    }

    // What is kept until frames are over holds these frames itself.
    void forget_frames() {
        own_.reset();  // waits
        frames_->retire_all();
    }

    // Whether there is something to record; if not, step_ says why.
    bool ready() {
        step_ = {};
        if (recorded_whole_) step_.progress = Progress::waiting;
        return !recorded_whole_ && (work_ || next_work());
    }

    void record(const FrameTarget& target, const Budget& budget) {
        if (!begun_) recorder_->begin(*work_->program);
        begun_                     = true;
        const std::uint64_t before = recorder_->dispatches_left();
        recorded_whole_            = recorder_->record_next(target, budget);
        recorded(target, before - recorder_->dispatches_left());
    }

    void recorded(const FrameTarget& target, std::uint64_t dispatches) {
        last_frame_ = target.frame;
        step_       = {.progress     = Progress::recorded,
                       .dispatches   = dispatches,
                       .left         = recorder_->dispatches_left(),
                       .seconds      = recorder_->recorded_seconds(),
                       .next_seconds = recorder_->next_seconds()};
    }

    // The next program; false if there is nothing to translate.
    bool next_work() {
        if (!running_) {
            if (queue_.empty()) take_pushed();
            if (queue_.empty()) return false;
            if (!recorder_) recorder_ = model_.new_recorder(frames_, compile_);
            running_ = batches_.begin(lines_, queue_, job_, *recorder_, counts_);
        }
        work_ = running_->batch->next();  // there is one: take_results() has settled a batch that is done
        return true;
    }

    // The pass over the model that was recorded has run.
    void take_results() {
        if (!recorded_whole_) return;
        recorded_whole_ = begun_ = false;
        try {
            std::exchange(work_, std::nullopt)->done(0);
        } catch (...) {
            give_up(Runner::renewed);
            throw;
        }
        if (running_->batch->finished()) {
            batches_.settle(*running_, lines_, queue_, job_);
            running_.reset();
        }
    }

    // Chooses what comes next, so that a step has only to record it. What a line needs first of all is made by a step.
    void look_ahead() {
        if (recorder_ && !work_ && !recorded_whole_) next_work();
    }

    // Lines that were pushed while others were on their way become the next ones, behind those that wait to be pulled.
    void take_pushed() {
        lines_.erase(lines_.begin(), lines_.begin() + static_cast<std::ptrdiff_t>(pulled_));
        pulled_ = 0;
        if (pushed_.empty()) return;
        queue_ = parts_by_length(pushed_);
        for (PartPlace& place : queue_) place.line += lines_.size();
        lines_.insert(lines_.end(), std::move_iterator(pushed_.begin()), std::move_iterator(pushed_.end()));
        pushed_.clear();
    }

    std::vector<std::uint32_t> running_tokens(std::size_t part) const {
        if (!running_) return {};
        for (std::size_t i = 0; i < running_->parts.size(); ++i)
            if (running_->parts[i].line == pulled_ && running_->parts[i].part == part)
                return running_->batch->so_far(i);
        return {};
    }

    // What `attempt` gives. If it fails the batch is lost, unless nothing has happened, as where something is only not
    // there yet.
    template <class Attempt> std::invoke_result_t<Attempt> or_give_up(Attempt&& attempt) {
        try {
            return attempt();
        } catch (const Error& error) {
            const Status status = error.status();
            if (status != Status::busy && status != Status::not_ready && status != Status::usage)
                give_up(Runner::renewed);
            throw;
        } catch (...) {
            give_up(Runner::renewed);
            throw;
        }
    }

    // The batch on its way is lost; its parts wait again. After an error states are undefined, and so is the session.
    void give_up(Runner runner) {
        if (running_) Batches::give_back(*running_, queue_);
        running_.reset();
        work_.reset();
        recorded_whole_ = begun_ = false;
        if (runner == Runner::kept || !recorder_) return;
        frames_->keep(std::move(recorder_));
        recorder_.reset();
    }

    Model&                      model_;
    TranslateOptions            how_;
    Batches                     batches_;
    SearchJob                   job_;
    BatchCounts                 counts_;
    std::shared_ptr<Frames>     frames_;
    Compile                     compile_;
    std::uint32_t               moves_;
    std::shared_ptr<Recorder>   recorder_;
    std::optional<OwnFrames>    own_;  // once something is submitted
    std::vector<Line>           lines_, pushed_;  // being translated; and those behind them
    std::size_t                 pulled_ = 0;      // of lines_
    PartQueue                   queue_;
    std::optional<RunningBatch> running_;
    std::optional<Work>         work_;  // its program that is being recorded, or runs
    bool                        begun_ = false, recorded_whole_ = false;
    std::uint64_t               last_frame_ = FrameTarget::uncounted;  // that was recorded into
    Step                        step_;
    std::atomic<bool>           cancelled_{false};
};

TranslationStream::TranslationStream(Translator& translator, const TranslateOptions& options, const StreamOptions& host)
    : impl_(std::make_unique<Impl>(translator.model(), options, host)) {}
TranslationStream::TranslationStream(TranslationStream&&) noexcept            = default;
TranslationStream& TranslationStream::operator=(TranslationStream&&) noexcept = default;
TranslationStream::~TranslationStream()                                       = default;

void TranslationStream::prepare(const Shapes& shapes) { impl_->prepare(shapes); }
void TranslationStream::push(const std::string& line) { impl_->push(line); }
void TranslationStream::push(std::span<const std::uint32_t> tokens) { impl_->push(tokens); }
TranslationStream::Progress TranslationStream::step(const FrameTarget& target, const Budget& budget) {
    if (!target.commands) throw Error(Status::usage, "TranslationStream::step", "needs a command buffer");
    return impl_->step(target, budget);
}
TranslationStream::Progress TranslationStream::submit(const Budget& budget, const SubmitSync& sync) {
    return impl_->submit(budget, sync);
}
TranslationStream::Progress TranslationStream::poll() { return impl_->poll(); }
void                     TranslationStream::finish() { impl_->finish(); }
std::vector<CommandData> TranslationStream::commands(const FrameTarget& target) { return impl_->commands(target); }
const TranslationStream::Step& TranslationStream::last_step() const noexcept { return impl_->last_step(); }
void                           TranslationStream::retire(std::uint64_t frame) { impl_->retire(frame); }
void                           TranslationStream::finished() { impl_->finished(); }
std::optional<Translation>     TranslationStream::pull() { return impl_->pull(); }
std::string                    TranslationStream::so_far() const { return impl_->so_far(); }
void                           TranslationStream::cancel() noexcept { impl_->cancel(); }

}  // namespace attune

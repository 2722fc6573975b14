#include <attune/stream.hpp>

#include "generate/batches.h"

#include <attune/error.hpp>

#include <utility>

namespace attune {

class TranslationStream::Impl {
public:
    Impl(Model& model, const TranslateOptions& how)
        : model_(model), how_(how), batches_(model, model.options()), job_{.search    = model.search_options(how),
                                                                   .alignment = how.alignment,
                                                                   .cancel    = nullptr} {
        if (!model.device())
            throw Error(Status::usage, "TranslationStream", "needs a translator on a device, not on the oracle");
    }

    void push(const std::string& line) {
        pushed_.push_back(prepare_line(line, how_, model_, job_.search.max_length, nullptr));
    }

    Progress step(VkCommandBuffer_T* commands, double seconds) try {
        if (recorded_whole_) return Progress::waiting;
        if (!work_ && !next_work()) return Progress::idle;
        recorded_whole_ = runner_->record_next(commands, seconds);
        return Progress::recorded;
    } catch (...) {
        give_up();
        throw;
    }

    void finished() {
        if (!recorded_whole_) return;
        recorded_whole_ = false;
        try {
            std::exchange(work_, std::nullopt)->done(0);
        } catch (...) {
            give_up();
            throw;
        }
        if (!running_->batch->finished()) return;
        batches_.settle(*running_, lines_, queue_, job_);
        running_.reset();
    }

    std::optional<Translation> pull() {
        if (pulled_ == lines_.size() && !pushed_.empty() && !running_ && queue_.empty()) take_pushed();
        if (pulled_ == lines_.size() || lines_[pulled_].waiting > 0) return std::nullopt;
        return finish_line(std::exchange(lines_[pulled_++], {}), how_, model_.tokenizer());
    }

    std::string so_far() const {
        if (pulled_ == lines_.size()) return {};
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

    void cancel() {
        give_up();
        lines_.clear();
        pushed_.clear();
        queue_.clear();
        pulled_ = 0;
    }

private:
    // The next program; false if there is nothing to translate.
    bool next_work() {
        if (!running_) {
            if (queue_.empty()) take_pushed();
            if (queue_.empty()) return false;
            if (!runner_) runner_ = model_.new_runner();
            running_ = batches_.begin(lines_, queue_, job_, *runner_, counts_);
        }
        work_ = running_->batch->next();  // there is one: finished() has settled a batch that is done
        runner_->begin(work_->key, work_->make);
        return true;
    }

    // Lines that were pushed while others were on their way become the next ones.
    void take_pushed() {
        lines_.erase(lines_.begin(), lines_.begin() + static_cast<std::ptrdiff_t>(pulled_));
        pulled_ = 0;
        if (pushed_.empty() || !lines_.empty()) return;
        lines_ = std::exchange(pushed_, {});
        queue_ = parts_by_length(lines_);
    }

    std::vector<std::uint32_t> running_tokens(std::size_t part) const {
        if (!running_) return {};
        for (std::size_t i = 0; i < running_->parts.size(); ++i)
            if (running_->parts[i].line == pulled_ && running_->parts[i].part == part)
                return running_->batch->so_far(i);
        return {};
    }

    // The batch on its way is lost; its parts wait again.
    void give_up() {
        if (running_) Batches::give_back(*running_, queue_);
        running_.reset();
        work_.reset();
        runner_.reset();  // its states are undefined
        recorded_whole_ = false;
    }

    Model&                      model_;
    TranslateOptions            how_;
    Batches                     batches_;
    SearchJob                   job_;
    BatchCounts                 counts_;
    std::unique_ptr<Runner>     runner_;
    std::vector<Line>           lines_, pushed_;  // being translated; and those behind them
    std::size_t                 pulled_ = 0;      // of lines_
    PartQueue                   queue_;
    std::optional<RunningBatch> running_;
    std::optional<Work>         work_;  // its program that is being recorded, or runs
    bool                        recorded_whole_ = false;
};

TranslationStream::TranslationStream(Translator& translator, const TranslateOptions& options)
    : impl_(std::make_unique<Impl>(translator.model(), options)) {}
TranslationStream::TranslationStream(TranslationStream&&) noexcept            = default;
TranslationStream& TranslationStream::operator=(TranslationStream&&) noexcept = default;
TranslationStream::~TranslationStream()                                       = default;

void                        TranslationStream::push(const std::string& line) { impl_->push(line); }
TranslationStream::Progress TranslationStream::step(VkCommandBuffer_T* commands, double seconds) {
    if (!commands) throw Error(Status::usage, "TranslationStream::step", "needs a command buffer");
    return impl_->step(commands, seconds);
}
void                       TranslationStream::finished() { impl_->finished(); }
std::optional<Translation> TranslationStream::pull() { return impl_->pull(); }
std::string                TranslationStream::so_far() const { return impl_->so_far(); }
void                       TranslationStream::cancel() { impl_->cancel(); }

}  // namespace attune

#include "c_api/translation_work.h"

#include "c_api/call.h"
#include "c_api/microseconds.h"

namespace attune::c_api {
namespace {

TranslateOptions search_of(const attune_options& given) {
    TranslateOptions options;
    if (given.target_language) options.target_language = given.target_language;
    if (given.beam_size) options.beam_size = given.beam_size;
    if (given.max_length) options.max_length = given.max_length;
    return options;
}

StreamOptions host_of(const attune_options& given) {
    return {.slots = given.slots, .compile = given.flags & ATTUNE_NEVER_COMPILE ? Compile::elsewhere : Compile::later};
}

attune_state state_of(TranslationStream::Progress progress) {
    switch (progress) {
    case TranslationStream::Progress::idle: return ATTUNE_IDLE;
    case TranslationStream::Progress::recorded: return ATTUNE_RECORDED;
    case TranslationStream::Progress::waiting: break;
    }
    return ATTUNE_WAITING;
}

}  // namespace

TranslationWork::TranslationWork(Translator& translator, const attune_options& options)
    : Work(options.slots), stream_(translator, search_of(options), host_of(options)) {}

const Translation* TranslationWork::next() {
    if (!pulled_) pulled_ = stream_.pull();
    return pulled_ ? &*pulled_ : nullptr;
}

void TranslationWork::prepare(const Call& call, const attune_shapes* shapes) {
    if (!shapes) call.refuse("shapes is null");
    stream_.prepare(
        {.lines         = std::max(1u, shapes->lines),
         .source_tokens = shapes->source_tokens ? shapes->source_tokens : TranslationStream::Shapes{}.source_tokens});
}

attune_progress TranslationWork::progress() const {
    const TranslationStream::Step& step = stream_.last_step();
    attune_progress                result{};
    result.state   = state_of(step.progress);
    result.done    = step.dispatches;
    result.left    = step.left;
    result.gpu_us  = microseconds(step.seconds);
    result.next_us = microseconds(step.next_seconds);
    return result;
}

void TranslationWork::step(const attune_target& target, const Budget& budget, attune_progress& done) {
    if (!target.commands) return submit(budget, {}, done);
    stream_.step(frame_target(target), budget);
    done = progress();
}

void TranslationWork::submit(const Budget& budget, const SubmitSync& sync, attune_progress& done) {
    stream_.submit(budget, sync);
    done = progress();
}

Answer TranslationWork::plan(const attune_target& target, CommandList& into) {
    into.hold(stream_.commands(frame_target(target)));
    if (!into.commands().empty()) return {};
    if (stream_.last_step().progress == TranslationStream::Progress::idle)
        return {ATTUNE_NOTHING, "there is nothing to translate"};
    return {ATTUNE_BUSY, "the next step depends on a frame that has not been retired"};
}

void TranslationWork::finish(const Call& call) {
    stream_.finish();
    if (!cancelled_.exchange(false)) return;
    forget();
    throw Error(Status::cancelled, call.name(), "was cancelled");
}

attune_progress TranslationWork::poll() {
    stream_.poll();
    return progress();
}

void TranslationWork::retire(std::uint64_t frame) { stream_.retire(frame); }

// The model has moved: the stream lets go of what it has on the old device, and begins its lines anew.
void TranslationWork::move() noexcept {
    try {
        stream_.poll();
    } catch (...) {}  // main memory: the next call does it
}

void TranslationWork::cancel() noexcept {
    stream_.cancel();
    Work::cancel();
}

}  // namespace attune::c_api

// Translation within somebody else's frames: lines go in, commands are recorded as far as a budget of time allows, and
// translations come out frames later. Nothing here waits for the device.
//
//     attune::TranslationStream stream(translator, {.beam_size = 1}, {.slots = 3});
//     stream.push("Good morning!");
//     every frame:
//         stream.retire(number of the newest frame whose fence has been signalled);
//         stream.step({command_buffer, frame, frame % 3}, 0.001);   // at most about a millisecond of the device's time
//         while (auto translation = stream.pull()) show(translation->text);
//         ... submit
//
// Translations are bit by bit those of Translator::translate, whatever the budgets.
#pragma once

#include <attune/frames.hpp>
#include <attune/session.hpp>
#include <attune/translator.hpp>

namespace attune {

struct StreamOptions {
    std::uint32_t slots   = 1;                // frames in flight, at most
    Compile       compile = Compile::now;     // of pipelines, by prepare() and by steps that nothing was prepared for
};

// One thread at a time, but for cancel(). The translator must outlive it, may serve several streams and calls of its own,
// one after the other or from their threads, and was made on a device.
class TranslationStream {
public:
    // Throws usage for options that contradict each other, or a translator on the oracle.
    explicit TranslationStream(Translator& translator, const TranslateOptions& options = {}, const StreamOptions& host = {});
    TranslationStream(TranslationStream&&) noexcept;
    TranslationStream& operator=(TranslationStream&&) noexcept;
    ~TranslationStream();   // as ~Session()

    // The largest batches that will come.
    struct Shapes {
        std::uint32_t lines = 1;           // translated together
        std::uint32_t source_tokens = 64;  // of all of them
    };
    // Makes plans, memory and pipelines for all batches up to that size, so that no step has to. Takes the host long.
    void prepare(const Shapes& shapes);

    // Queues a line. What is queued when a batch begins is translated together. Throws bad_input for a target
    // language that the model does not have.
    void push(const std::string& line);
    // The same as token ids of the source vocabulary, as the model wants them, end token included. Throws bad_input for
    // none, more than the model reads at once, or one that the vocabulary does not have.
    void push(std::span<const std::uint32_t> tokens);

    enum class Progress {
        idle,      // nothing to translate
        recorded,  // commands were recorded
        waiting,   // the next commands depend on what those recorded so far give: retire() or finished() first
    };

    // Records what comes next: as many dispatches as the budget allows, at least one, and none beyond the end of a pass
    // over the model. Leaves the compute pipeline, descriptor set 0 and push constants changed. Command buffers must run
    // in the order in which they were recorded, each once. What was not prepared makes its plan and pipelines first,
    // which takes the host long; otherwise, and if retire() or poll() was called behind the last push(), a step calls
    // vkCmd... alone, and takes nothing from the heap and no lock. Throws busy as Frames::claim() and not_ready with Compile::elsewhere, with nothing
    // lost; other errors as Session::record(): the batch is then lost, and begins anew with the next step.
    Progress step(const FrameTarget& target, const Budget& budget);

    // As step(), but into a command buffer of attune's own that is submitted to the device's queue; one for each slot.
    // Never waits: Progress::waiting while all of them are at work. poll() learns, without waiting, which have finished,
    // and retires them, and begins with what was pushed; it says waiting until what comes next can be recorded, then
    // recorded, and idle where nothing is left to do. finish() submits and waits until that is so.
    Progress submit(const Budget& budget, const SubmitSync& sync = {});
    Progress poll();
    void     finish();

    // The whole next pass over the model as data (Session::commands), to be recorded by the host. Empty: idle or waiting.
    std::vector<CommandData> commands(const FrameTarget& target);

    // What the last step() or commands() did, or what the last poll() found.
    struct Step {
        Progress      progress = Progress::idle;
        std::uint64_t dispatches = 0;      // recorded
        std::uint64_t left = 0;            // of the pass over the model
        double        seconds = 0;         // stated cost of those recorded
        double        next_seconds = 0;    // of the one that follows
    };
    const Step& last_step() const noexcept;

    // The device has finished this frame and all before it. Reads what they gave and chooses the next tokens.
    void retire(std::uint64_t frame);
    // All commands recorded so far have finished, whichever frames they belong to.
    void finished();

    // The next translation, in the order of the lines; none if it is not ready.
    std::optional<Translation> pull();

    // What the line that pull() gives next reads so far: the best hypothesis of its part that is being translated, behind
    // those that are done. "" before its first token, and where nothing is queued.
    std::string so_far() const;

    // Forgets all lines, with the next call from the stream's thread: what was pushed after that call is kept. Commands
    // that were recorded may still be submitted, or not. Any thread.
    void cancel() noexcept;

    class Impl;

private:
    std::unique_ptr<Impl> impl_;
};

}  // namespace attune

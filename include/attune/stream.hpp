// Translation within somebody else's frames: lines go in, commands are recorded as far as a budget of time allows, and
// translations come out frames later. Nothing here waits for the device.
//
//     attune::TranslationStream stream(translator, {.beam_size = 1});
//     stream.push("Good morning!");
//     every frame:
//         if (fence of an earlier frame has been signalled) stream.finished();
//         stream.step(command_buffer, 0.001);         // at most about a millisecond of the device's time
//         while (auto translation = stream.pull()) show(translation->text);
//         ... submit
//
// Translations are bit by bit those of Translator::translate, whatever the budgets.
#pragma once

#include <attune/translator.hpp>

namespace attune {

// One thread at a time. The translator must outlive it, may serve several streams and calls of its own, one after the
// other or from their threads, and was made on a device.
class TranslationStream {
public:
    // Throws usage for options that contradict each other, or a translator on the oracle.
    explicit TranslationStream(Translator& translator, const TranslateOptions& options = {});
    TranslationStream(TranslationStream&&) noexcept;
    TranslationStream& operator=(TranslationStream&&) noexcept;
    ~TranslationStream();

    // Queues a line. What is queued when a batch begins is translated together. Throws bad_input for a target
    // language that the model does not have.
    void push(const std::string& line);

    enum class Progress {
        idle,      // nothing to translate
        recorded,  // commands were recorded
        waiting,   // the next commands depend on what those recorded so far give: finished() first
    };

    // Records what comes next into a command buffer of the same device that is recording, outside a render pass: as
    // many dispatches as are estimated to take at most `seconds`, at least one, and none beyond the end of a pass over
    // the model. Leaves the compute pipeline, descriptor set 0 and push constants changed. Command buffers must run in
    // the order in which they were recorded, each once. The first pass of a new size makes its plan and pipelines,
    // which takes the host long. Throws as Session::record(); the batch is then lost, and begins anew with the next step.
    Progress step(VkCommandBuffer_T* commands, double seconds);

    // All commands recorded so far have finished. Reads what they gave and chooses the next tokens; takes host time
    // alone. May be called at any time that it is true.
    void finished();

    // The next translation, in the order of the lines; none if it is not ready.
    std::optional<Translation> pull();

    // What the line that pull() gives next reads so far: the best hypothesis of its part that is being translated, behind
    // those that are done. "" before its first token, and where nothing is queued.
    std::string so_far() const;

    // Forgets all lines. Commands that were recorded may still be submitted, or not.
    void cancel();

    class Impl;

private:
    std::unique_ptr<Impl> impl_;
};

}  // namespace attune

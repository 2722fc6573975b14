#include "run.h"

#include "street.h"

#include <chrono>
#include <stdexcept>

namespace host {
namespace {

using Clock = std::chrono::steady_clock;

class Runner {
public:
    Runner(const Stage& stage, Guest* guest, PlanRecorder& plans)
        : stage_(stage), guest_(guest), plans_(plans), size_{stage.options.width, stage.options.height},
          scale_(static_cast<float>(size_.height) / Scene::height), scene_(static_cast<float>(size_.width) / scale_),
          canvas_(stage.fonts, scale_),
          painter_(stage.engine, size_, stage.options.guest.frames_in_flight, stage.fonts),
          frames_(stage.engine, size_, stage.options.guest.frames_in_flight, !stage.options.pictures.empty()) {}

    Run run(const SeeFrame& see) {
        const Options& options = stage_.options;
        warm_up();
        for (std::uint64_t number = 0; number < options.frames && !closed(); ++number) {
            const Clock::time_point start = Clock::now();
            const Frame             frame = draw(number);
            if (!options.pictures.empty()) frames_.wait(frame);
            run_.milliseconds.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
            run_.frames = number + 1;
            if (see) see(number, frames_.pixels(frame));
        }
        if (guest_) drain();
        frames_.wait_for_all();
        return std::move(run_);
    }

private:
    bool closed() const { return stage_.window && stage_.window->closed(); }

    // The driver makes the last of its pipeline with the first frames: they are of no run.
    void warm_up() {
        for (std::uint64_t number = 0; number < stage_.options.guest.frames_in_flight; ++number) {
            const Frame frame = frames_.begin(number);
            paint(canvas_, scene_, 0, run_.lines);
            painter_.record(frame.commands, frame.slot, canvas_);
            frames_.submit(frame);
            frames_.wait(frame);
        }
    }

    Frame draw(std::uint64_t number) {
        const Frame frame = frames_.begin(number);
        plans_.begin(frame.slot);
        if (guest_) {
            if (frame.retired && number >= stage_.options.guest.frames_in_flight) guest_->retire(*frame.retired);
            if (number < stage_.options.frames)
                for (const LineId id : scene_.begin_at(number)) run_.lines.want(id);
            run_.lines.exchange(*guest_, number);
            guest_->frame(frame.commands, number, frame.slot);
        }
        paint(canvas_, scene_, number, run_.lines);
        painter_.record(frame.commands, frame.slot, canvas_);
        if (!stage_.options.pictures.empty()) frames_.copy(frame, painter_.picture(frame.slot));
        if (stage_.window)
            stage_.window->show(frames_, frame, painter_.picture(frame.slot));
        else
            frames_.submit(frame);
        return frame;
    }

    void drain() {
        constexpr std::uint64_t patience = 100'000;  // frames: with the smallest budgets a line takes hundreds
        for (std::uint64_t number = run_.frames; !run_.lines.idle(); ++number) {
            if (number == run_.frames + patience) throw std::runtime_error("a translation did not end");
            draw(number);
        }
    }

    const Stage&  stage_;
    Guest*        guest_;
    PlanRecorder& plans_;
    VkExtent2D    size_;
    float         scale_;
    Scene         scene_;
    Canvas        canvas_;
    Painter       painter_;
    Frames        frames_;
    Run           run_;
};

}  // namespace

Run run(const Stage& stage, Guest* guest, PlanRecorder& plans, const SeeFrame& see) {
    return Runner(stage, guest, plans).run(see);
}

}  // namespace host

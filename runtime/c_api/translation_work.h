// A session that translates: a TranslationStream and what the C ABI adds to it.
#pragma once

#include "c_api/work.h"

#include <attune/stream.hpp>

namespace attune::c_api {

class TranslationWork final : public Work {
public:
    TranslationWork(Translator& translator, const attune_options& options);

    TranslationWork& translation(const Call&) override { return *this; }

    void               push(const std::string& line) { stream_.push(line); }
    void               push(std::span<const std::uint32_t> tokens) { stream_.push(tokens); }
    const Translation* next();  // that is ready and not dropped
    void               drop() { pulled_.reset(); }
    std::string        so_far() const { return pulled_ ? pulled_->text : stream_.so_far(); }

    void            prepare(const Call& call, const attune_shapes* shapes) override;
    void            step(const attune_target& target, const Budget& budget, attune_progress& progress) override;
    void            submit(const Budget& budget, const SubmitSync& sync, attune_progress& progress) override;
    Answer          plan(const attune_target& target, CommandList& into) override;
    void            finish(const Call& call) override;
    attune_progress poll() override;
    void            retire(std::uint64_t frame) override;
    void            prepare_move(const Device&) override {}
    void            move() noexcept override;
    void            stay() noexcept override {}
    void            cancel() noexcept override;

private:
    void            forget() override { pulled_.reset(); }
    attune_progress progress() const;

    TranslationStream          stream_;
    std::optional<Translation> pulled_;
};

}  // namespace attune::c_api

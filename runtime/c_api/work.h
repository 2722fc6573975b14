// What a session does: it translates, or runs a graph.
#pragma once

#include <attune/attune_vulkan.h>
#include <attune/session.hpp>

#include <algorithm>
#include <atomic>
#include <deque>
#include <string>
#include <vector>

namespace attune::c_api {

class Call;
class TranslationWork;
class GraphWork;

// What a call returns that went as it should, though not to its end: without the cost of an exception.
struct Answer {
    attune_status status = ATTUNE_OK;
    const char*   what   = "";
};

inline constexpr std::uint32_t default_slots = 3, most_slots = 8;
inline constexpr std::uint64_t most_frame    = UINT64_MAX >> 1;

inline FrameTarget frame_target(const attune_target& from) { return {from.commands, from.frame, from.slot}; }
Budget             budget_of(const attune_budget& from);

// Commands of a run in the form of the C ABI, and what they point at.
class CommandList {
public:
    void                            hold(std::vector<CommandData>&& data);
    std::span<const attune_command> commands() const { return commands_; }

private:
    std::vector<CommandData>                data_;
    std::vector<attune_command>             commands_;
    std::deque<std::vector<attune_binding>> bindings_;
    std::deque<std::string>                 names_;
};

class Work {
public:
    explicit Work(std::uint32_t slots) : slots_(slots) {}
    virtual ~Work()              = default;
    Work(const Work&)            = delete;
    Work& operator=(const Work&) = delete;

    // These refuse a session of the other kind.
    virtual TranslationWork& translation(const Call& call);
    virtual GraphWork&       graph(const Call& call);

    virtual void prepare(const Call& call, const attune_shapes* shapes) = 0;
    // Into the target's commands; without any, by a submission of attune's own.
    virtual void            step(const attune_target& target, const Budget& budget, attune_progress& progress) = 0;
    virtual void            submit(const Budget& budget, const SubmitSync& sync, attune_progress& progress)    = 0;
    virtual Answer          plan(const attune_target& target, CommandList& into)                               = 0;
    virtual void            finish(const Call& call)                                                           = 0;
    virtual attune_progress poll()                                                                             = 0;
    virtual void            retire(std::uint64_t frame)                                                        = 0;

    // To another device, in two parts: what may fail, while the work stays as it is; then one of the others. Afterwards
    // nothing here uses the old device.
    virtual void prepare_move(const Device& to) = 0;
    virtual void move() noexcept                = 0;
    virtual void stay() noexcept                = 0;

    virtual void cancel() noexcept { cancelled_ = true; }  // any thread
    bool         forget_if_cancelled() {
                const bool asked = cancelled_.exchange(false);
                if (asked) forget();
        return asked;
    }

    std::uint32_t slots() const noexcept { return slots_; }

protected:
    virtual void forget() = 0;

    std::atomic<bool> cancelled_ = false;

private:
    std::uint32_t slots_;
};

}  // namespace attune::c_api

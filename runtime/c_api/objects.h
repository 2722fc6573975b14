// What handles point at.
#pragma once

#include "c_api/structs.h"
#include "c_api/work.h"

#include <attune/device.hpp>
#include <attune/graph.hpp>
#include <attune/translator.hpp>
#include <attune/weights.hpp>

#include <memory>
#include <mutex>
#include <vector>

namespace attune::c_api {

// Stands where a handle's own word stood.
inline constexpr std::uint64_t destroyed_word = 0x64656164'68616e64;

// The word by which handles of one kind are told from other memory comes first. An object lives as long as its handle
// and everything that was made of it: by `hold()`.
template <class Object> class Handle {
public:
    Handle(const Handle&)            = delete;
    Handle& operator=(const Handle&) = delete;

    template <class... Arguments> static Object* make(Arguments&&... arguments) {
        auto object   = std::make_shared<Object>(std::forward<Arguments>(arguments)...);
        object->self_ = object;
        return object.get();
    }
    std::shared_ptr<Object> hold() const noexcept { return self_; }
    void                    end() noexcept {
                           const_cast<volatile std::uint64_t&>(word_) = destroyed_word;  // seen by whoever still has the handle
                           const auto last                            = std::move(self_);  // may end this
    }

protected:
    Handle() : word_(Object::word) {}
    ~Handle() = default;

private:
    alignas(8) std::uint64_t word_;
    std::shared_ptr<Object> self_;
};

}  // namespace attune::c_api

struct attune_model_t;
struct attune_session_t;

struct attune_device_t : attune::c_api::Handle<attune_device_t> {
    static constexpr std::uint64_t word = 0x61747475'00000001;
    static constexpr const char*   kind = "device";

    explicit attune_device_t(attune::Device made) : device_(std::move(made)) {}

    const attune::Device* device() const noexcept { return &device_; }

    // Its models and sessions, so that they follow it to another device. Gives what it is given; if it fails, that has
    // ended.
    attune_model_t*   add(attune_model_t* model);
    attune_session_t* add(attune_session_t* session);
    // All of them, or none.
    void rebuild(attune::Device made);

private:
    void move_models(const attune::Device& to);

    attune::Device                               device_;
    std::mutex                                   mutex_;
    std::vector<std::weak_ptr<attune_model_t>>   models_;
    std::vector<std::weak_ptr<attune_session_t>> sessions_;
};

struct attune_model_t : attune::c_api::Handle<attune_model_t> {
    static constexpr std::uint64_t word = 0x61747475'00000002;
    static constexpr const char*   kind = "model";

    attune_model_t(std::shared_ptr<attune_device_t> on, attune::Translator made)
        : translator(std::move(made)), on_(std::move(on)) {}

    const attune::Device*                   device() const noexcept { return on_->device(); }
    const std::shared_ptr<attune_device_t>& on() const noexcept { return on_; }

    attune::Translator translator;

private:
    std::shared_ptr<attune_device_t> on_;
};

struct attune_session_t : attune::c_api::Handle<attune_session_t> {
    static constexpr std::uint64_t word = 0x61747475'00000003;
    static constexpr const char*   kind = "session";

    // It stands on a device, and on a model if it translates.
    attune_session_t(std::shared_ptr<attune_device_t> on, std::shared_ptr<attune_model_t> of,
                     std::unique_ptr<attune::c_api::Work> made)
        : on_(std::move(on)), of_(std::move(of)), work_(std::move(made)) {}

    const attune::Device* device() const noexcept { return on_->device(); }
    void                  cancel() noexcept { work_->cancel(); }
    // A run that was planned, and whether its commands are still to be handed out.
    attune::c_api::CommandList planned;
    bool                       to_hand_out = false;

    // What the session does, after what attune_cancel() asked for has been done.
    attune::c_api::Work& work() {
        if (work_->forget_if_cancelled()) to_hand_out = false;
        return *work_;
    }
    void prepare_move(const attune::Device& to) { work_->prepare_move(to); }
    void stay() noexcept { work_->stay(); }
    void move() noexcept {
        to_hand_out = false;
        work_->move();
    }

private:
    std::shared_ptr<attune_device_t>     on_;
    std::shared_ptr<attune_model_t>      of_;
    std::unique_ptr<attune::c_api::Work> work_;
};

struct attune_graph_t : attune::c_api::Handle<attune_graph_t> {
    static constexpr std::uint64_t word = 0x61747475'00000004;
    static constexpr const char*   kind = "graph";

    const attune::Device* device() const noexcept { return nullptr; }

    attune::Graph                      graph;
    std::shared_ptr<attune::WeightMap> weights = std::make_shared<attune::WeightMap>();  // its sessions' too
};

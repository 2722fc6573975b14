// A session that runs a graph: Session and Program, and what the C ABI adds to them.
#pragma once

#include "c_api/work.h"

#include <attune/session.hpp>

#include <map>

namespace attune::c_api {

class GraphWork final : public Work {
public:
    // Graph and weights stay, for another device.
    GraphWork(const Device& device, const Graph& graph, std::shared_ptr<WeightMap> weights, const RunOptions& how,
              const attune_options& options);

    GraphWork& graph(const Call&) override { return *this; }

    void   set(const Call& call, const std::string& name, const void* data, std::size_t bytes);
    void   bind(const Call& call, const attune_span& span);
    Tensor get(const Call& call, const std::string& name);

    void            prepare(const Call& call, const attune_shapes* shapes) override;
    void            step(const attune_target& target, const Budget& budget, attune_progress& progress) override;
    void            submit(const Budget& budget, const SubmitSync& sync, attune_progress& progress) override;
    Answer          plan(const attune_target& target, CommandList& into) override;
    void            finish(const Call& call) override;
    attune_progress poll() override;
    void            retire(std::uint64_t frame) override;
    void            prepare_move(const Device& to) override;
    void            move() noexcept override;
    void            stay() noexcept override { moved_.reset(); }
    bool            at_work() const { return running_->frames->any_in_flight(); }

private:
    struct Running {
        std::shared_ptr<Frames> frames;
        Session                 session;
        Program                 program = {};
        bool                    begun   = false;  // a run is recorded in part
    };
    std::unique_ptr<Running> on(const Device& device);

    void              forget() override { running_->begun = false; }
    Session&          session() { return running_->session; }
    const TensorDesc& known(const Call& call, const std::string& name, bool results) const;
    const Program&    program();
    void              begin();
    attune_progress   progress(std::uint64_t left_before, bool ended);

    Graph                            graph_;
    std::shared_ptr<WeightMap>       weights_;
    RunOptions                       how_;
    Compile                          compile_;
    std::map<std::string, ValueInfo> settable_;  // inputs, states and controls
    std::unique_ptr<Running>         running_, moved_;
};

}  // namespace attune::c_api

// A plan: everything about running a graph on a device that can be known without the device.
// Dispatches in order, where every value lies, where barriers and submissions go. Plain data:
// printable, comparable, tested without a driver.
#pragma once

#include "ops/dispatch.h"
#include "tensor/weight_layout.h"
#include "tuning/device_traits.h"

#include <attune/graph.hpp>

#include <map>
#include <string>
#include <vector>

namespace attune {

// Layouts of weights by name, fixed before any plan and shared by all plans of a model.
using WeightLayouts = std::map<std::string, WeightLayout>;

// Adds the weights of some graphs. Graphs that share a weight must be given in one call: a weight
// that any op multiplies with lies in panels for all of them. Throws bad_input for a name with two shapes.
void add_weight_layouts(WeightLayouts& layouts, std::span<const Graph* const> graphs, const DeviceTraits& traits);

enum class Region : std::uint8_t {
    weight,   // index: weight name in Plan::weights; chunk: which part
    arena,    // offset: bytes into the arena
    state,    // index: name in Plan::states
    input,    // index: name in Plan::inputs
    control,  // index: name in Plan::controls; offset: bytes into a slot of the control ring
    output,   // index: name in Plan::outputs
    counter,  // offset 0: every dispatch leaves the words at 0 for the next
};

// Memory that a binding sees.
struct Location {
    Region        region = Region::arena;
    std::uint32_t index  = 0;
    std::uint32_t chunk  = 0;
    std::uint64_t offset = 0;
    std::uint64_t bytes  = 0;
    Access        access = Access::read;
};

struct PlannedDispatch {
    Dispatch              dispatch;
    std::vector<Location> locations;        // one per binding
    std::uint32_t         node    = 0;      // of Plan::graph
    bool                  barrier = false;  // everything before must be visible to this one
    bool                  submit  = false;  // a new submission begins here
    double                seconds = 0;      // estimate
};

struct NamedTensor {
    std::string   name;
    TensorDesc    desc;
    std::uint64_t offset = 0;  // controls: bytes into a slot
};

struct Plan {
    Graph                        graph;
    std::vector<PlannedDispatch> dispatches;
    std::uint64_t                arena_bytes   = 0;
    std::uint64_t                control_bytes = 0;
    std::uint64_t                counter_bytes = 0;
    std::vector<std::string>     weights;
    std::vector<NamedTensor>     states, inputs, controls;
    std::vector<NamedTensor>     outputs;  // those that are states are not here: they are read as states

    std::size_t barriers() const noexcept;

    // Dispatches [first, end) of each submission that a run is cut into; one without any for a plan that has none.
    struct Submission {
        std::size_t first = 0, end = 0;
    };
    std::vector<Submission> submissions() const;

    // For people:
    std::string text() const;     // one line per dispatch
    std::string listing() const;  // the same, with what each of them binds, barriers, submissions and sizes
    std::string kernels() const;  // one line per kernel and specialization constants, with its number of dispatches
};

// Throws bad_input if a value cannot be bound on such a device, naming it.
Plan make_plan(Graph graph, const DeviceTraits& traits, const WeightLayouts& layouts);

}  // namespace attune

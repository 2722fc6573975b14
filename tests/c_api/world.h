// A host with everything that the C ABI hands out: made through it alone, on a device of the host's.
#pragma once

#include "c_api/guest.h"
#include "support/host_memory.h"
#include "support/timeline_device.h"

#include <string>
#include <vector>

namespace attune::test {

// The attention that `graph` below computes.
inline constexpr std::uint32_t queries = 3, keys = 5, heads = 2, width = 8;

class World {
public:
    explicit World(bool timeline = false);
    ~World();
    World(const World&)            = delete;
    World& operator=(const World&) = delete;

    attune_import import() const { return given_.import; }  // of the host's device; what it points at lives here
    attune_target target(VkCommandBuffer to, std::uint64_t number, std::uint32_t slot = 0) const {
        return target_of(to, number, slot);
    }

    attune_session new_session(std::uint32_t beams = 0) const;
    // What a session makes of a line, by recording into the host's commands, frame after frame. `budget_us`: of each.
    std::string translate(attune_session with, const std::string& line, std::uint64_t budget_us);
    // The same by attune_finish(), on a session of its own: the frames of one that submits are numbered by attune.
    std::string finish(const std::string& line, std::uint32_t beams = 0) const;
    // The graph's output for the numbers of this world, by attune_finish().
    std::vector<float> attention() const;

    TemporaryFolder folder;
    TimelineDevice  own;
    HostCommands    commands;
    HostMemory      memory;
    std::string     path;
    std::uint64_t   frame = 0;  // the last one that was recorded

    attune_device  device  = nullptr;
    attune_model   model   = nullptr;
    attune_session session = nullptr;  // translates
    attune_graph   graph   = nullptr;
    attune_session running = nullptr;  // runs the graph

private:
    void make_graph();

    HostImport given_;
};

// The query, and other inputs, of a graph of this world's.
std::vector<float> graph_numbers(std::size_t count, float from);

}  // namespace attune::test

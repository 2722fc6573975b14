// attune on a host's device, by the C ABI alone.
#pragma once

#include "support/host_commands.h"
#include "support/own_device.h"
#include "support/temporary_folder.h"

#include <attune/attune_vulkan.h>

#include <functional>
#include <string>
#include <vector>

namespace attune::test {

// A struct with its head, all else zero.
template <class Struct> Struct with_head(std::uint32_t type) {
    Struct result{};
    ATTUNE_INIT(result, type);
    return result;
}

inline attune_error new_error() { return with_head<attune_error>(ATTUNE_TYPE_ERROR); }

// Fails the test, with the message, if it is not ATTUNE_OK.
void require_ok(attune_status status, const attune_error& error);

attune_target target_of(VkCommandBuffer commands, std::uint64_t frame, std::uint32_t slot = 0);
attune_budget budget_of(std::uint64_t dispatches);

void                       push(attune_session to, const std::string& line);
std::string                pull(attune_session from);
std::vector<std::uint32_t> pull_tokens(attune_session from);
std::string                so_far(attune_session of);
std::string                report(attune_device of);

// Frames of a host's, each of so much and retired at once, until the session has nothing left to do. `after` each.
void run_frames(
    HostCommands& commands, attune_session session, std::uint64_t& frame, std::uint64_t budget_us,
    const std::function<void()>& after = [] {});

// What attune is told of a host's device: all that the host enabled, at the limits of the profile.
struct HostImport {
    explicit HostImport(const OwnDevice& own);
    HostImport(const HostImport&)            = delete;
    HostImport& operator=(const HostImport&) = delete;

    attune_queue     queue;
    attune_overrides overrides;
    attune_import    import;

private:
    std::vector<const char*> extensions_;
};

// A device, and what is made on it.
class Guest {
public:
    explicit Guest(const attune_import& import);
    Guest();  // on a device of attune's own
    ~Guest();
    Guest(const Guest&)            = delete;
    Guest& operator=(const Guest&) = delete;

    attune_model   open(const TemporaryFolder& folder, std::uint32_t flags = 0);
    attune_model   open(const attune_source& source, std::uint32_t flags = 0);
    attune_session session(attune_model of, std::uint32_t beams = 0, std::uint32_t flags = 0,
                           std::uint32_t max_length = 0);
    attune_session session(attune_graph graph);
    // On a session of its own.
    std::string translate(attune_model with, const std::string& line);

    attune_device device = nullptr;

private:
    std::vector<attune_model>   models_;
    std::vector<attune_session> sessions_;
};

}  // namespace attune::test

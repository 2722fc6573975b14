#include "c_api/guest.h"

#include "support/test_devices.h"

#include <doctest/doctest.h>

namespace attune::test {

void require_ok(attune_status status, const attune_error& error) {
    CAPTURE(error.message);
    REQUIRE(std::string(attune_status_string(status)) == "ATTUNE_OK");
}

attune_target target_of(VkCommandBuffer commands, std::uint64_t frame, std::uint32_t slot) {
    auto target     = with_head<attune_target>(ATTUNE_TYPE_TARGET);
    target.commands = commands;
    target.frame    = frame;
    target.slot     = slot;
    return target;
}

attune_budget budget_of(std::uint64_t dispatches) {
    auto budget       = with_head<attune_budget>(ATTUNE_TYPE_BUDGET);
    budget.dispatches = dispatches;
    return budget;
}

void push(attune_session to, const std::string& line) {
    attune_error error = new_error();
    require_ok(attune_push(to, line.data(), line.size(), &error), error);
}

std::string pull(attune_session from) {
    attune_error error = new_error();
    std::size_t  count = 0;
    require_ok(attune_pull(from, nullptr, &count, &error), error);
    std::string text(count, '\0');
    require_ok(attune_pull(from, text.data(), &count, &error), error);
    return text;
}

std::vector<std::uint32_t> pull_tokens(attune_session from) {
    attune_error error = new_error();
    std::size_t  count = 0;
    require_ok(attune_pull_tokens(from, nullptr, &count, &error), error);
    std::vector<std::uint32_t> tokens(count);
    require_ok(attune_pull_tokens(from, tokens.data(), &count, &error), error);
    return tokens;
}

std::string so_far(attune_session of) {
    attune_error error = new_error();
    std::size_t  count = 0;
    require_ok(attune_so_far(of, nullptr, &count, &error), error);
    std::string text(count, '\0');
    require_ok(attune_so_far(of, text.data(), &count, &error), error);
    return text;
}

std::string report(attune_device of) {
    attune_error error = new_error();
    std::size_t  count = 0;
    require_ok(attune_device_report(of, nullptr, &count, &error), error);
    std::string text(count, '\0');
    require_ok(attune_device_report(of, text.data(), &count, &error), error);
    return text;
}

void run_frames(HostCommands& commands, attune_session session, std::uint64_t& frame, std::uint64_t budget_us,
                const std::function<void()>& after) {
    attune_error error    = new_error();
    auto         progress = with_head<attune_progress>(ATTUNE_TYPE_PROGRESS);
    auto         budget   = with_head<attune_budget>(ATTUNE_TYPE_BUDGET);
    budget.gpu_us         = budget_us;
    do {
        ++frame;
        commands.run([&](VkCommandBuffer recording) {
            const attune_target to = target_of(recording, frame, static_cast<std::uint32_t>(frame % 3));
            require_ok(attune_step(session, &to, &budget, &progress, &error), error);
        });
        require_ok(attune_retire(session, frame, &error), error);
        after();
    } while (progress.state != ATTUNE_IDLE);
}

HostImport::HostImport(const OwnDevice& own) {
    const Device::Import host  = own.import();
    const DeviceCaps     caps  = profile_caps();
    extensions_                = host.extensions;
    queue                      = with_head<attune_queue>(ATTUNE_TYPE_QUEUE);
    queue.queue                = host.queues.front().handle;
    queue.family               = host.queues.front().family;
    overrides                  = with_head<attune_overrides>(ATTUNE_TYPE_OVERRIDES);
    overrides.max_invocations  = caps.max_invocations;
    overrides.max_groups       = caps.max_groups;
    overrides.shared_memory    = caps.shared_memory;
    overrides.max_binding      = caps.max_binding;
    overrides.offset_alignment = caps.offset_alignment;
    overrides.treat            = static_cast<std::uint32_t>(caps.treat);
    import                     = with_head<attune_import>(ATTUNE_TYPE_IMPORT);
    import.get_instance_proc   = host.get_instance_proc;
    import.instance            = host.instance;
    import.physical            = host.physical_device;
    import.device              = host.device;
    import.api_version         = host.api_version;
    import.extensions          = extensions_.data();
    import.extension_count     = static_cast<std::uint32_t>(extensions_.size());
    import.features            = host.features;
    import.queues              = &queue;
    import.queue_count         = 1;
    import.overrides           = &overrides;
}

Guest::Guest(const attune_import& import) {
    attune_error error = new_error();
    require_ok(attune_device_import(&import, &device, &error), error);
}

Guest::Guest() {
    attune_error error = new_error();
    require_ok(attune_device_open(nullptr, &device, &error), error);
}

Guest::~Guest() {
    attune_device_destroy(device);  // in the order that is hardest
    for (const attune_model model : models_) attune_model_destroy(model);
    for (const attune_session session : sessions_) attune_session_destroy(session);
}

attune_model Guest::open(const TemporaryFolder& folder, std::uint32_t flags) {
    const std::string path   = folder.path().string();
    auto              source = with_head<attune_source>(ATTUNE_TYPE_SOURCE);
    source.folder            = path.c_str();
    return open(source, flags);
}

attune_model Guest::open(const attune_source& source, std::uint32_t flags) {
    auto options       = with_head<attune_model_options>(ATTUNE_TYPE_MODEL_OPTIONS);
    options.flags      = flags;
    attune_error error = new_error();
    attune_model made  = nullptr;
    require_ok(attune_model_open(device, &source, &options, &made, &error), error);
    return models_.emplace_back(made);
}

attune_session Guest::session(attune_model of, std::uint32_t beams, std::uint32_t flags, std::uint32_t max_length) {
    auto options         = with_head<attune_options>(ATTUNE_TYPE_OPTIONS);
    options.beam_size    = beams;
    options.flags        = flags;
    options.max_length   = max_length;
    attune_error   error = new_error();
    attune_session made  = nullptr;
    require_ok(attune_session_create(of, &options, &made, &error), error);
    return sessions_.emplace_back(made);
}

attune_session Guest::session(attune_graph graph) {
    attune_error   error = new_error();
    attune_session made  = nullptr;
    require_ok(attune_graph_session(device, graph, nullptr, &made, &error), error);
    return sessions_.emplace_back(made);
}

std::string Guest::translate(attune_model with, const std::string& line) {
    attune_error         error = new_error();
    const attune_session own   = session(with);
    push(own, line);
    require_ok(attune_finish(own, &error), error);
    return pull(own);
}

}  // namespace attune::test

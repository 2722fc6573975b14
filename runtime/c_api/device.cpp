// Devices: opened, imported, described.
#include "c_api/buffers.h"

using namespace attune;
using namespace attune::c_api;

namespace {

std::vector<Device::Queue> queues_of(const Call& call, const attune_import& import) {
    if (import.queue_count == 0) call.refuse("queue_count is 0", "name a queue that computes");
    call.need(import.queues, "queues");
    std::vector<Device::Queue> queues;
    for (const attune_queue& one : read_array(import.queues, import.queue_count)) {
        if (one.roles & ~static_cast<std::uint32_t>(ATTUNE_ROLE_COMPUTE))
            call.refuse("a queue has a role that there is not");
        if (!one.queue) call.refuse("a queue is null");
        queues.push_back({.handle = one.queue, .family = one.family, .index = one.index});
    }
    return queues;
}

// `into` and not `import`, which clang-format 14 takes for a module's.
void set_hooks(const Call& call, Device::Import& into, const attune_hooks& hooks) {
    if ((hooks.lock == nullptr) != (hooks.unlock == nullptr)) call.refuse("one of lock and unlock is null");
    if (hooks.lock) {
        into.lock   = [hooks](std::uint32_t family, std::uint32_t index) { hooks.lock(hooks.user, family, index); };
        into.unlock = [hooks](std::uint32_t family, std::uint32_t index) { hooks.unlock(hooks.user, family, index); };
    }
    if (hooks.submit)
        into.submit = [hooks](const Device::Queue& queue, const VkSubmitInfo& info, VkFence_T* fence) {
            return hooks.submit(hooks.user, queue.handle, &info, fence);
        };
    if (hooks.log)
        into.log = [hooks](Device::LogLevel level, std::string_view text) {
            hooks.log(hooks.user, static_cast<std::uint32_t>(level) + 1, std::string(text).c_str());
        };
}

// A host's allocator; one that gives nothing where all has to be given beforehand.
HostAllocator allocator_of(const Call& call, const attune_host_memory& host) {
    call.need_zero(host.reserved, "reserved");
    if (host.given_only) return {.allocate = [](const HostMemoryRequest&) { return HostBlock{}; }};
    if (!host.allocate || !host.free) call.refuse("the host's memory has no allocate or no free");
    return {.allocate =
                [host](const HostMemoryRequest& request) {
                    const attune_memory_request asked{static_cast<std::uint32_t>(request.memory_class),
                                                      request.needs.memory_type_bits,
                                                      request.needs.bytes,
                                                      request.needs.alignment,
                                                      request.needs.mapped,
                                                      0};
                    attune_memory_block         block = {};
                    if (host.allocate(host.user, &asked, &block) != 0) return HostBlock{};
                    return HostBlock{
                        .memory = block.memory, .offset = block.offset, .mapped = block.mapped, .user = block.user};
                },
            .free =
                [host](const HostBlock& block) {
                    const attune_memory_block given{block.memory, block.offset, block.mapped, block.user};
                    host.free(host.user, &given);
                }};
}

DeviceCaps caps_of(const Call& call, const attune_overrides* from) {
    const auto o = read_or_zero(from);
    if (o.treat > ATTUNE_AS_GPU) call.refuse("treat is none of attune_treat");
    return {.max_invocations  = o.max_invocations,
            .max_groups       = o.max_groups,
            .shared_memory    = o.shared_memory,
            .max_binding      = o.max_binding,
            .max_allocation   = o.max_allocation,
            .offset_alignment = o.offset_alignment,
            .device_memory    = o.device_memory,
            .no_subgroups     = o.no_subgroups != 0,
            .treat            = static_cast<DeviceCaps::Treat>(o.treat)};
}

Device imported(const Call& call, const attune_import* from) {
    const auto given = read(from);
    call.need_zero(given.reserved, "reserved");
    if (given.extension_count > 0) call.need(given.extensions, "extensions");
    Device::Import import;
    import.get_instance_proc = given.get_instance_proc;
    import.instance          = given.instance;
    import.physical_device   = given.physical;
    import.device            = given.device;
    import.api_version       = given.api_version;
    import.extensions.assign(given.extensions, given.extensions + given.extension_count);
    import.features = given.features;
    import.queues   = queues_of(call, given);
    set_hooks(call, import, read_or_zero(given.hooks));
    import.pipeline_cache = given.cache;
    import.caps           = caps_of(call, given.overrides);
    HostAllocator allocator;
    if (given.memory) allocator = allocator_of(call, read(given.memory));
    if (given.memory) import.memory = &allocator;
    return Device::import(import);
}

template <class Object> Object* note(std::vector<std::weak_ptr<Object>>& all, Object* one) try {
    std::erase_if(all, [](const auto& old) { return old.expired(); });
    all.push_back(one->hold());
    return one;
} catch (...) {
    one->end();
    throw;
}

template <class Object>
void for_each(const std::vector<std::weak_ptr<Object>>& all, const std::function<void(Object&)>& what) {
    for (const auto& weak : all)
        if (const auto one = weak.lock()) what(*one);
}

}  // namespace

attune_model_t* attune_device_t::add(attune_model_t* model) {
    const std::lock_guard guard(mutex_);
    return note(models_, model);
}

attune_session_t* attune_device_t::add(attune_session_t* session) {
    const std::lock_guard guard(mutex_);
    return note(sessions_, session);
}

// One that cannot move leads all back to the device that is lost: nothing may stay on one that the host gives up.
void attune_device_t::move_models(const Device& to) try {
    for_each<attune_model_t>(models_, [&](auto& one) { one.translator.move_to(to); });
} catch (...) {
    for_each<attune_model_t>(models_, [&](auto& one) {
        try {
            one.translator.move_to(device_);
        } catch (const Error&) {}  // it is lost
    });
    throw;
}

void attune_device_t::rebuild(Device made) {
    const std::lock_guard guard(mutex_);
    try {
        for_each<attune_session_t>(sessions_, [&](auto& one) { one.prepare_move(made); });
        move_models(made);
    } catch (...) {
        for_each<attune_session_t>(sessions_, [](auto& one) { one.stay(); });
        throw;
    }
    for_each<attune_session_t>(sessions_, [](auto& one) { one.move(); });
    device_ = std::move(made);
}

attune_status attune_device_open(const attune_open* open, attune_device* device, attune_error* error) {
    return guard(error, "attune_device_open", [&](Call& call) {
        call.need(device, "the result");
        *device          = nullptr;
        const auto given = read_or_zero(open);
        Device     made  = Device::open({.select = given.select ? given.select : "", .caps = {}});
        *device          = attune_device_t::make(std::move(made));
    });
}

attune_status attune_device_import(const attune_import* import, attune_device* device, attune_error* error) {
    return guard(error, "attune_device_import", [&](Call& call) {
        call.need(device, "the result");
        *device = nullptr;
        *device = attune_device_t::make(imported(call, import));
    });
}

attune_status attune_device_rebuild(attune_device device, const attune_import* import, attune_error* error) {
    return guard(error, "attune_device_rebuild", [&](Call& call) {
        attune_device_t& of = call.use(device);
        of.rebuild(imported(call, import));
    });
}

void attune_device_destroy(attune_device device) { destroy(device); }

attune_status attune_device_report(attune_device device, char* json, size_t* count, attune_error* error) {
    return guard(error, "attune_device_report", [&](Call& call) {
        const std::string text = call.use(device).device()->report();
        return fill(call, json, count, std::span<const char>(text));
    });
}

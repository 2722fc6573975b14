// Pipelines: made one at a time, and what the driver made of them.
#include "c_api/buffers.h"

using namespace attune::c_api;

attune_status attune_compile_next(attune_device device, uint32_t* left, attune_error* error) {
    return guard(error, "attune_compile_next", [&](Call& call) -> Answer {
        attune_device_t& of = call.use(device);
        call.need(left, "left");
        *left             = 0;
        attune::Device on = of.device()->share();
        if (on.pipelines_left() == 0) return {ATTUNE_NOTHING, "no pipeline is left to make"};
        *left = static_cast<std::uint32_t>(on.compile_next());
        return {};
    });
}

attune_status attune_cache_export(attune_device device, void* bytes, size_t* count, attune_error* error) {
    return guard(error, "attune_cache_export", [&](Call& call) {
        attune_device_t& of = call.use(device);
        call.need(count, "the count");
        const std::vector<std::byte> cache = of.device()->export_cache();
        return fill(call, static_cast<std::byte*>(bytes), count, std::span<const std::byte>(cache));
    });
}

attune_status attune_cache_import(attune_device device, const void* bytes, size_t count, attune_error* error) {
    return guard(error, "attune_cache_import", [&](Call& call) {
        attune::Device on = call.use(device).device()->share();
        if (count > 0) call.need(bytes, "the cache");
        on.import_cache({static_cast<const std::byte*>(bytes), count});
    });
}

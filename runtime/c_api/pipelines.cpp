// Pipelines: made one at a time, and what is known of them the next time.
#include "c_api/buffers.h"

#include <attune/qualification.hpp>
#include <attune/tuning.hpp>

using namespace attune;
using namespace attune::c_api;

namespace {

// What a device knows, in a caller's buffer, and back again.
template <class Export>
attune_status export_from(const char* function, attune_device device, void* bytes, size_t* count, attune_error* error,
                          const Export& known) {
    return guard(error, function, [&](Call& call) {
        attune_device_t& of = call.use(device);
        call.need(count, "the count");
        const std::vector<std::byte> all = known(*of.device());
        return fill(call, static_cast<std::byte*>(bytes), count, std::span<const std::byte>(all));
    });
}

template <class Import>
attune_status import_into(const char* function, attune_device device, const void* bytes, size_t count,
                          attune_error* error, const Import& take) {
    return guard(error, function, [&](Call& call) {
        Device on = call.use(device).device()->share();
        if (count > 0) call.need(bytes, "what is to be imported");
        take(on, std::span(static_cast<const std::byte*>(bytes), count));
    });
}

}  // namespace

attune_status attune_compile_next(attune_device device, uint32_t* left, attune_error* error) {
    return guard(error, "attune_compile_next", [&](Call& call) -> Answer {
        attune_device_t& of = call.use(device);
        call.need(left, "left");
        *left     = 0;
        Device on = of.device()->share();
        if (on.pipelines_left() == 0) return {ATTUNE_NOTHING, "no pipeline is left to make"};
        *left = static_cast<std::uint32_t>(on.compile_next());
        return {};
    });
}

attune_status attune_cache_export(attune_device device, void* bytes, size_t* count, attune_error* error) {
    return export_from("attune_cache_export", device, bytes, count, error,
                       [](const Device& of) { return of.export_cache(); });
}

attune_status attune_cache_import(attune_device device, const void* bytes, size_t count, attune_error* error) {
    return import_into("attune_cache_import", device, bytes, count, error,
                       [](Device& on, std::span<const std::byte> given) { on.import_cache(given); });
}

attune_status attune_verdicts_export(attune_device device, void* bytes, size_t* count, attune_error* error) {
    return export_from("attune_verdicts_export", device, bytes, count, error, export_verdicts);
}

attune_status attune_verdicts_import(attune_device device, const void* bytes, size_t count, attune_error* error) {
    return import_into("attune_verdicts_import", device, bytes, count, error, import_verdicts);
}

attune_status attune_tuning_export(attune_device device, void* bytes, size_t* count, attune_error* error) {
    return export_from("attune_tuning_export", device, bytes, count, error, export_tuning);
}

attune_status attune_tuning_import(attune_device device, const void* bytes, size_t count, attune_error* error) {
    return import_into("attune_tuning_import", device, bytes, count, error, import_tuning);
}

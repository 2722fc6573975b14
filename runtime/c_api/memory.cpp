// Memory: what is used, what the host gives.
#include "c_api/buffers.h"

using namespace attune::c_api;

namespace {

attune::MemoryClass class_of(const Call& call, std::uint32_t memory_class) {
    if (memory_class > ATTUNE_MEMORY_READBACK)
        call.refuse(std::to_string(memory_class) + " is none of attune_memory_class");
    return static_cast<attune::MemoryClass>(memory_class);
}

}  // namespace

attune_status attune_trim(attune_device device, uint64_t cap, attune_error* error) {
    return guard(error, "attune_trim", [&](Call& call) { call.use(device).device()->share().trim(cap); });
}

attune_status attune_memory_used(attune_device device, uint32_t memory_class, attune_memory_use* use,
                                 attune_error* error) {
    return guard(error, "attune_memory_used", [&](Call& call) {
        attune_device_t&        of = call.use(device);
        const Out               out(use);
        const attune::MemoryUse found  = of.device()->memory(class_of(call, memory_class));
        attune_memory_use       result = {};
        result.used                    = found.used;
        result.peak                    = found.peak;
        out.write(result);
    });
}

attune_status attune_memory_query(attune_device device, uint32_t memory_class, uint64_t bytes,
                                  attune_memory_needs* needs, attune_error* error) {
    return guard(error, "attune_memory_query", [&](Call& call) {
        attune_device_t&          of = call.use(device);
        const Out                 out(needs);
        const attune::MemoryNeeds found  = of.device()->memory_needs(class_of(call, memory_class), bytes);
        attune_memory_needs       result = {};
        result.bytes                     = found.bytes;
        result.alignment                 = found.alignment;
        result.type_bits                 = found.memory_type_bits;
        result.mapped                    = found.mapped;
        out.write(result);
    });
}

attune_status attune_memory_give(attune_device device, uint32_t memory_class, const attune_block* block,
                                 attune_error* error) {
    return guard(error, "attune_memory_give", [&](Call& call) {
        attune_device_t& of    = call.use(device);
        const auto       kind  = class_of(call, memory_class);
        const auto       given = read(block);
        call.need(given.buffer, "the buffer");
        attune::HostRange range;
        range.memory_class = kind;
        range.buffer       = given.buffer;
        range.offset       = given.offset;
        range.bytes        = given.bytes;
        range.mapped       = given.mapped;
        of.device()->share().give(range);
    });
}

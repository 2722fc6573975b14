// Memory that the host allocates, gives beforehand, or limits.
#include "c_api/guest.h"
#include "support/host_heap.h"
#include "support/test_devices.h"
#include "support/tiny_model.h"

#include <attune/translator.hpp>

#include <doctest/doctest.h>

using namespace attune;
using namespace attune::test;

namespace {

// A host's allocator in C over a heap that watches its canaries.
struct Callbacks {
    explicit Callbacks(HostHeap& from) : heap(from), allocator(from.allocator()) {
        memory          = with_head<attune_host_memory>(ATTUNE_TYPE_HOST_MEMORY);
        memory.user     = this;
        memory.allocate = allocate;
        memory.free     = free;
    }

    HostHeap&          heap;
    HostAllocator      allocator;
    attune_host_memory memory;
    std::size_t        room = ~std::size_t{0};  // blocks

private:
    static std::int32_t allocate(void* user, const attune_memory_request* request, attune_memory_block* block) {
        auto& self = *static_cast<Callbacks*>(user);
        if (self.heap.live() >= self.room || request->reserved != 0) return -1;
        HostMemoryRequest asked;
        asked.memory_class                = static_cast<MemoryClass>(request->memory_class);
        asked.needs.bytes                 = request->bytes;
        asked.needs.alignment             = request->alignment;
        asked.needs.memory_type_bits      = request->type_bits;
        asked.needs.preferred_memory_type = 0;  // the one that the heap has
        asked.needs.mapped                = request->mapped != 0;
        asked.buffer                      = reinterpret_cast<VkBuffer>(&self);  // the C ABI does not tell
        const HostBlock given             = self.allocator.allocate(asked);
        *block                            = {given.memory, given.offset, given.mapped, given.user};
        return 0;
    }
    static void free(void* user, const attune_memory_block* block) {
        static_cast<Callbacks*>(user)->allocator.free(
            {.memory = block->memory, .offset = block->offset, .mapped = block->mapped, .user = block->user});
    }
};

attune_memory_use used(attune_device device, std::uint32_t memory_class) {
    auto         use   = with_head<attune_memory_use>(ATTUNE_TYPE_MEMORY_USE);
    attune_error error = new_error();
    require_ok(attune_memory_used(device, memory_class, &use, &error), error);
    return use;
}

std::uint64_t used_on_device(attune_device device) {
    return used(device, ATTUNE_MEMORY_WEIGHTS).used + used(device, ATTUNE_MEMORY_STATE).used +
           used(device, ATTUNE_MEMORY_SCRATCH).used;
}

struct Setup {
    Setup() : given(own) {
        write_tiny_model(folder);
        expected = Translator(main_device(), folder.path()).translate(line).text;
    }
    TemporaryFolder folder;
    OwnDevice       own;
    HostImport      given;
    std::string     line = tiny_text(6, 3), expected;
};

}  // namespace

TEST_CASE("a host allocates all memory by callbacks: no byte beside it changes, and one that has none is told") {
    Setup setup;
    for (const bool visible : {false, true}) {
        CAPTURE(visible);
        HostHeap  heap(setup.own, visible);
        Callbacks callbacks(heap);
        setup.given.import.memory = &callbacks.memory;
        {
            Guest              guest(setup.given.import);
            const attune_model model = guest.open(setup.folder);
            CHECK(guest.translate(model, setup.line) == setup.expected);
            CHECK(heap.live() > 2);
            CHECK(heap.damage() == "");
            for (std::uint32_t i = 0; i <= ATTUNE_MEMORY_READBACK; ++i) {
                CHECK(used(guest.device, i).used > 0);
                CHECK(used(guest.device, i).peak >= used(guest.device, i).used);
            }
        }
        CHECK(heap.live() == 0);
        CHECK(heap.damage() == "");
    }
}

TEST_CASE("a host's allocator that has no more is told of, and what it refused goes on when it has") {
    Setup     setup;
    HostHeap  heap(setup.own, false);
    Callbacks callbacks(heap);
    setup.given.import.memory = &callbacks.memory;
    const std::string path    = setup.folder.path().string();
    auto              source  = with_head<attune_source>(ATTUNE_TYPE_SOURCE);
    source.folder             = path.c_str();
    for (const std::size_t room : {0u, 1u, 3u, 4u}) {
        CAPTURE(room);
        Guest          guest(setup.given.import);
        attune_error   error   = new_error();
        attune_model   model   = nullptr;
        attune_session session = nullptr;
        callbacks.room         = room;
        attune_status status   = attune_model_open(guest.device, &source, nullptr, &model, &error);
        if (status == ATTUNE_OK) {
            require_ok(attune_session_create(model, nullptr, &session, &error), error);
            push(session, setup.line);
            status = attune_finish(session, &error);
        }
        CAPTURE(error.message);
        CHECK(status == ATTUNE_OUT_OF_DEVICE_MEMORY);
        CHECK((model != nullptr) == (room > 2));
        callbacks.room = ~std::size_t{0};
        if (session) {
            require_ok(attune_finish(session, &error), error);
            CHECK(pull(session) == setup.expected);
        } else {
            CHECK(guest.translate(guest.open(setup.folder), setup.line) == setup.expected);
        }
        attune_session_destroy(session);
        attune_model_destroy(model);
    }
    CHECK(heap.live() == 0);
    CHECK(heap.damage() == "");
}

TEST_CASE("what a host gives beforehand is all that is used") {
    Setup setup;
    auto  memory              = with_head<attune_host_memory>(ATTUNE_TYPE_HOST_MEMORY);
    memory.given_only         = 1;
    setup.given.import.memory = &memory;
    HostHeap     heap(setup.own, false);
    attune_error error = new_error();
    {
        Guest        guest(setup.given.import);
        auto         source = with_head<attune_source>(ATTUNE_TYPE_SOURCE);
        const auto   path   = setup.folder.path().string();
        attune_model model  = nullptr;
        source.folder       = path.c_str();
        CHECK(attune_model_open(guest.device, &source, nullptr, &model, &error) == ATTUNE_OUT_OF_DEVICE_MEMORY);
        CHECK(model == nullptr);
        for (std::uint32_t i = 0; i <= ATTUNE_MEMORY_READBACK; ++i) {
            auto needs = with_head<attune_memory_needs>(ATTUNE_TYPE_MEMORY_NEEDS);
            require_ok(attune_memory_query(guest.device, i, (2u << 20) + 1, &needs, &error), error);
            CHECK(needs.bytes >= (2u << 20) + 1);
            CHECK(needs.alignment > 0);
            CHECK((needs.alignment & (needs.alignment - 1)) == 0);
            CHECK(needs.type_bits != 0);
            CHECK((needs.mapped == 1) == (i == ATTUNE_MEMORY_UPLOAD || i == ATTUNE_MEMORY_READBACK));
            const HostRange range =
                heap.range(HostHeap::Of::buffer, static_cast<MemoryClass>(i), needs.bytes, needs.alignment, 12);
            auto block   = with_head<attune_block>(ATTUNE_TYPE_BLOCK);
            block.buffer = range.buffer;
            block.offset = range.offset;
            block.bytes  = range.bytes;
            if (needs.mapped) {
                CHECK(attune_memory_give(guest.device, i, &block, &error) == ATTUNE_USAGE);
                CHECK(std::string(error.message).find("map") != std::string::npos);
            }
            block.mapped = range.mapped;
            require_ok(attune_memory_give(guest.device, i, &block, &error), error);
            CHECK(attune_memory_give(guest.device, i, &block, &error) == ATTUNE_USAGE);
        }
        const attune_model opened = guest.open(setup.folder);
        CHECK(guest.translate(opened, setup.line) == setup.expected);
        for (std::uint32_t i = 0; i <= ATTUNE_MEMORY_READBACK; ++i) {
            CHECK(used(guest.device, i).used > 0);
            CHECK(used(guest.device, i).used <= (3u << 20));
        }
        // More than there is: said, and nothing is lost.
        std::vector<attune_model> more;
        attune_status             status = ATTUNE_OK;
        while (status == ATTUNE_OK && more.size() < 1000) {
            model  = nullptr;
            status = attune_model_open(guest.device, &source, nullptr, &model, &error);
            if (model) more.push_back(model);
        }
        CHECK(status == ATTUNE_OUT_OF_DEVICE_MEMORY);
        CHECK(std::string(error.message).find("weights") != std::string::npos);
        CHECK(guest.translate(opened, setup.line) == setup.expected);
        for (const attune_model one : more) attune_model_destroy(one);
        CHECK(heap.damage() == "");
    }
    CHECK(heap.damage() == "");
}

TEST_CASE("a cap that is set later holds, and what is there goes on") {
    Setup              setup;
    Guest              guest(setup.given.import);
    const attune_model model = guest.open(setup.folder);
    attune_error       error = new_error();
    CHECK(guest.translate(model, setup.line) == setup.expected);
    const std::uint64_t now = used_on_device(guest.device);
    CHECK(now > 0);
    CHECK(attune_trim(guest.device, now - 1, &error) == ATTUNE_OUT_OF_DEVICE_MEMORY);
    CHECK(std::string(error.message).find(std::to_string(now)) != std::string::npos);
    CHECK(used_on_device(guest.device) == now);
    require_ok(attune_trim(guest.device, now, &error), error);
    std::vector<attune_model> more;
    attune_status             status = ATTUNE_OK;
    const std::string         path   = setup.folder.path().string();
    auto                      source = with_head<attune_source>(ATTUNE_TYPE_SOURCE);
    source.folder                    = path.c_str();
    while (status == ATTUNE_OK && more.size() < 1000) {
        attune_model one = nullptr;
        status           = attune_model_open(guest.device, &source, nullptr, &one, &error);
        if (one) more.push_back(one);
    }
    CHECK(status == ATTUNE_OUT_OF_DEVICE_MEMORY);
    CHECK(used_on_device(guest.device) <= now);
    for (const attune_model one : more) attune_model_destroy(one);
    require_ok(attune_trim(guest.device, 2 * now, &error), error);
    CHECK(guest.translate(guest.open(setup.folder), setup.line) == setup.expected);
}

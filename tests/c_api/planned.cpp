#include "c_api/planned.h"

#include "support/host_plan.h"

#include <doctest/doctest.h>

#include <cstring>

namespace attune::test {
namespace {

CommandData data_of(const attune_command& one) {
    CommandData data;
    data.kind      = static_cast<CommandData::Kind>(one.kind);
    data.op        = one.name;
    data.spirv     = {one.spirv, one.spirv_words};
    data.constants = {one.constants, one.constant_count};
    data.data      = {static_cast<const std::byte*>(one.data), one.data_bytes};
    data.barrier   = one.barrier != 0;
    std::copy(std::begin(one.groups), std::end(one.groups), data.groups.begin());
    for (std::uint32_t i = 0; i < one.binding_count; ++i)
        data.bindings.push_back({.buffer = one.bindings[i].buffer,
                                 .offset = one.bindings[i].offset,
                                 .bytes  = one.bindings[i].bytes,
                                 .access = static_cast<CommandData::Access>(one.bindings[i].access)});
    return data;
}

// What HostPlan takes for granted.
void check_sound(const attune_command& one) {
    CAPTURE(one.name);
    for (std::uint32_t i = 0; i < one.binding_count; ++i) {
        CHECK(one.bindings[i].buffer != nullptr);
        CHECK(one.bindings[i].bytes > 0);
        CHECK(one.bindings[i].access >= ATTUNE_READ);
        CHECK(one.bindings[i].access <= ATTUNE_READ_WRITE);
    }
    const std::uint32_t first = one.binding_count > 0 ? one.bindings[0].access : 0;
    switch (one.kind) {
    case ATTUNE_DISPATCH:
        REQUIRE(one.spirv_words > 5);
        CHECK(one.spirv[0] == 0x07230203);
        CHECK(one.data_bytes <= 128);
        CHECK(one.groups[0] * one.groups[1] * one.groups[2] > 0);
        break;
    case ATTUNE_UPDATE:
        REQUIRE(one.binding_count == 1);
        CHECK(first == ATTUNE_WRITE);
        CHECK(one.data_bytes == one.bindings[0].bytes);
        break;
    case ATTUNE_FILL:
        REQUIRE(one.binding_count == 1);
        CHECK(first == ATTUNE_WRITE);
        CHECK(one.value == 0);
        break;
    case ATTUNE_COPY:
        REQUIRE(one.binding_count == 2);
        CHECK(first == ATTUNE_READ);
        CHECK(one.bindings[1].access == ATTUNE_WRITE);
        CHECK(one.bindings[0].bytes == one.bindings[1].bytes);
        break;
    default: FAIL("a kind that there is not");
    }
}

}  // namespace

attune_status plan_step(attune_session session, std::uint64_t frame, std::vector<CommandData>& into) {
    attune_error        error = new_error();
    const attune_target to    = target_of(nullptr, frame);
    std::uint32_t       count = 0;
    into.clear();
    const attune_status status = attune_plan_dispatches(session, &to, nullptr, &count, &error);
    if (status != ATTUNE_OK) return status;
    REQUIRE(count > 0);
    std::vector<attune_command> list(count, with_head<attune_command>(ATTUNE_TYPE_COMMAND));
    std::uint32_t               room = count - 1;
    CHECK(attune_plan_dispatches(session, &to, list.data(), &room, &error) == ATTUNE_TOO_SMALL);
    CHECK(room == count);
    CHECK(list[0].binding_count == 0);
    require_ok(attune_plan_dispatches(session, &to, list.data(), &count, &error), error);
    for (const attune_command& one : list) {
        check_sound(one);
        into.push_back(data_of(one));
    }
    return status;
}

void run_planned(const OwnDevice& own, attune_session session, std::uint64_t& frame,
                 const std::function<void(const std::vector<CommandData>&)>& each) {
    HostCommands             commands(own);
    std::vector<CommandData> list;
    attune_error             error = new_error();
    while (plan_step(session, ++frame, list) == ATTUNE_OK) {
        each(list);
        const HostPlan plan(own, list);
        commands.run([&](VkCommandBuffer recording) { plan.record(recording); });
        CHECK(plan_step(session, frame + 1, list) == ATTUNE_BUSY);  // the next one depends on this
        require_ok(attune_retire(session, frame, &error), error);
    }
    CHECK(plan_step(session, frame, list) == ATTUNE_NOTHING);
}

}  // namespace attune::test

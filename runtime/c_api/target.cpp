// Work recorded into a host's commands, handed out as data, or submitted.
#include "c_api/buffers.h"
#include "c_api/graph_work.h"

using namespace attune;
using namespace attune::c_api;

namespace {

attune_target read_target(const Call& call, const attune_target* from, const Work& work) {
    const auto target = read(from);
    call.need_zero(target.reserved, "reserved");
    if (target.slot >= work.slots())
        call.refuse("the slot is " + std::to_string(target.slot) + " of " + std::to_string(work.slots()),
                    "attune_options.slots says how many there are");
    if (target.frame > most_frame) call.refuse("the frame is not below 2^63");
    return target;
}

std::vector<SubmitSync::Semaphore> semaphores(const Call& call, const attune_wait* from, std::uint32_t count,
                                              const char* name) {
    if (count > 0) call.need(from, name);
    std::vector<SubmitSync::Semaphore> result;
    for (std::uint32_t i = 0; i < count; ++i) {
        call.need(from[i].semaphore, "a semaphore");
        result.push_back({.semaphore = from[i].semaphore, .value = from[i].value, .stages = from[i].stage});
    }
    return result;
}

}  // namespace

attune_status attune_step(attune_session session, const attune_target* target, const attune_budget* budget,
                          attune_progress* progress, attune_error* error) {
    return guard(error, "attune_step", [&](Call& call) {
        Work&           work = work_on_device(call, session);
        const Out       out(progress, Out<attune_progress>::Null::allowed);
        const auto      where = read_target(call, target, work);
        attune_progress done  = {};
        work.step(where, budget_of(read_or_zero(budget)), done);
        out.write(done);
    });
}

attune_status attune_record(attune_session session, const attune_target* target, attune_error* error) {
    return guard(error, "attune_record", [&](Call& call) -> Answer {
        Work&           work = work_on_device(call, session);
        attune_progress done = {};
        work.step(read_target(call, target, work), {}, done);
        if (done.state == ATTUNE_IDLE) return {ATTUNE_NOTHING, "there is nothing to translate"};
        if (done.state == ATTUNE_WAITING)
            return {ATTUNE_BUSY, "the next step depends on a frame that has not been retired"};
        return {};
    });
}

attune_status attune_plan_dispatches(attune_session session, const attune_target* target, attune_command* list,
                                     uint32_t* count, attune_error* error) {
    return guard(error, "attune_plan_dispatches", [&](Call& call) -> Answer {
        Work&             work  = work_on_device(call, session);
        attune_session_t& of    = *session;
        const auto        where = read_target(call, target, work);
        call.need(count, "the count");
        if (list && *count > 0) check_head(list, FactsOf<attune_command>::value);
        if (where.commands) call.refuse("the target has commands, and nothing is recorded here");
        if (!of.to_hand_out)
            if (const Answer answer = work.plan(where, of.planned); answer.status != ATTUNE_OK) {
                *count = 0;
                return answer;
            }
        const Answer answer = fill_list(call, list, count, of.planned.commands());
        of.to_hand_out      = !list || answer.status != ATTUNE_OK;
        return answer;
    });
}

attune_status attune_submit(attune_session session, const attune_batch* batch, attune_progress* progress,
                            attune_error* error) {
    return guard(error, "attune_submit", [&](Call& call) {
        Work&           work = work_on_device(call, session);
        const Out       out(progress, Out<attune_progress>::Null::allowed);
        const auto      given   = read_or_zero(batch);
        const auto      waits   = semaphores(call, given.waits, given.wait_count, "waits");
        const auto      signals = semaphores(call, given.signals, given.signal_count, "signals");
        attune_progress done    = {};
        work.submit(budget_of(read_or_zero(given.budget)), {.waits = waits, .signals = signals, .fence = given.fence},
                    done);
        out.write(done);
    });
}

attune_status attune_bind(attune_session session, const attune_span* span, attune_error* error) {
    return guard(error, "attune_bind", [&](Call& call) {
        GraphWork& work  = call.use(session).work().graph(call);
        const auto given = read(span);
        call.need(given.name, "the name");
        if (given.offset + given.bytes < given.offset) call.refuse(std::string(given.name) + " ends beyond 2^64 bytes");
        if (!given.buffer && given.bytes > 0) call.refuse(std::string(given.name) + " has bytes and no buffer");
        work.bind(call, given);
    });
}

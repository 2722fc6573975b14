// Sessions: made, fed, asked.
#include "c_api/buffers.h"
#include "c_api/graph_work.h"
#include "c_api/session_options.h"
#include "c_api/translation_work.h"

using namespace attune;
using namespace attune::c_api;

attune_status attune_session_create(attune_model model, const attune_options* options, attune_session* session,
                                    attune_error* error) {
    return guard(error, "attune_session_create", [&](Call& call) {
        call.need(session, "the result");
        *session              = nullptr;
        attune_model_t& of    = call.use(model);
        const auto      given = checked(call, read_or_zero(options));
        auto            work  = std::make_unique<TranslationWork>(of.translator, given);
        *session              = of.on()->add(attune_session_t::make(of.on(), of.hold(), std::move(work)));
    });
}

void attune_session_destroy(attune_session session) { destroy(session); }

void attune_cancel(attune_session session) {
    guard(nullptr, "attune_cancel", [&](Call& call) { call.use(session).cancel(); });
}

attune_status attune_prepare(attune_session session, const attune_shapes* shapes, attune_error* error) {
    return guard(error, "attune_prepare", [&](Call& call) {
        Work& work = work_on_device(call, session);
        if (!shapes) return work.prepare(call, nullptr);
        const auto given = read(shapes);
        work.prepare(call, &given);
    });
}

attune_status attune_push(attune_session session, const char* text, size_t count, attune_error* error) {
    return guard(error, "attune_push", [&](Call& call) {
        TranslationWork& work = call.use(session).work().translation(call);
        if (count > 0) call.need(text, "the text");
        work.push(std::string(count > 0 ? text : "", count));
    });
}

attune_status attune_push_tokens(attune_session session, const uint32_t* tokens, size_t count, attune_error* error) {
    return guard(error, "attune_push_tokens", [&](Call& call) {
        TranslationWork& work = call.use(session).work().translation(call);
        if (count > 0) call.need(tokens, "the tokens");
        work.push(std::span(tokens, count));
    });
}

namespace {

// Hands out the next translation in one of its two forms, and drops it once it has been copied.
template <class Element, class Get>
Answer pull(Call& call, attune_session session, Element* to, size_t* count, const Get& get) {
    TranslationWork& work = call.use(session).work().translation(call);
    call.need(count, "the count");
    const Translation* next = work.next();
    if (!next) {
        *count = 0;
        return {ATTUNE_NOTHING, "no translation is ready"};
    }
    const Answer answer = fill(call, to, count, std::span<const Element>(get(*next)));
    if (to && answer.status == ATTUNE_OK) work.drop();
    return answer;
}

}  // namespace

attune_status attune_pull(attune_session session, char* text, size_t* count, attune_error* error) {
    return guard(error, "attune_pull", [&](Call& call) {
        return pull(call, session, text, count, [](const Translation& one) -> const std::string& { return one.text; });
    });
}

attune_status attune_pull_tokens(attune_session session, uint32_t* tokens, size_t* count, attune_error* error) {
    return guard(error, "attune_pull_tokens", [&](Call& call) {
        return pull(
            call, session, tokens, count,
            [](const Translation& one) -> const auto& { return one.hypotheses.at(0).tokens; });
    });
}

attune_status attune_so_far(attune_session session, char* text, size_t* count, attune_error* error) {
    return guard(error, "attune_so_far", [&](Call& call) {
        const std::string now = call.use(session).work().translation(call).so_far();
        return fill(call, text, count, std::span<const char>(now));
    });
}

attune_status attune_finish(attune_session session, attune_error* error) {
    return guard(error, "attune_finish", [&](Call& call) { work_on_device(call, session).finish(call); });
}

attune_status attune_poll(attune_session session, attune_progress* progress, attune_error* error) {
    return guard(error, "attune_poll", [&](Call& call) {
        Work&     work = work_on_device(call, session);
        const Out out(progress, Out<attune_progress>::Null::allowed);
        out.write(work.poll());
    });
}

attune_status attune_retire(attune_session session, uint64_t frame, attune_error* error) {
    return guard(error, "attune_retire", [&](Call& call) {
        if (frame > most_frame) call.refuse("the frame is not below 2^63");
        call.use(session).work().retire(frame);
    });
}

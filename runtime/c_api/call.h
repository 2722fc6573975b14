// The frame of every function of the C ABI: what it throws becomes a status and a message.
//
//     return guard(error, "attune_push", [&](Call& call) { call.use(session).translation(call).push(...); });
#pragma once

#include "c_api/objects.h"

#include <attune/error.hpp>

#include <type_traits>

namespace attune::c_api {

attune_status status_of(Status status) noexcept;

class Call {
public:
    explicit Call(const char* name) noexcept : name_(name) {}

    const char* name() const noexcept { return name_; }

    // The object behind a handle. Throws usage if there is none. The device of the last one decides what the call's
    // failing means: whether it is lost.
    template <class Object> Object& use(Object* handle) {
        check_handle(handle, Object::word, Object::kind);
        device_ = handle->device();
        return *handle;
    }

    [[noreturn]] void refuse(const std::string& what, const std::string& hint = {}) const {
        throw Error(Status::usage, name_, what, hint);
    }
    // A pointer that the call cannot do without.
    void need(const void* pointer, const char* name) const {
        if (!pointer) refuse(std::string(name) + " is null");
    }
    void need_zero(std::uint32_t value, const char* name) const {
        if (value != 0) refuse(std::string(name) + " is not 0");
    }

    // Whether a caller's error can be written; null can.
    static bool is_sound(const attune_error* error) noexcept;
    // Writes the caller's error, and returns the status.
    attune_status tell(attune_error* error, attune_status status, const char* message) const noexcept;
    attune_status tell(attune_error* error, const Answer& answer) const noexcept;
    // The same for the exception on its way.
    attune_status tell_exception(attune_error* error) const noexcept;

private:
    void check_handle(const void* handle, std::uint64_t word, const char* kind) const;

    const char*   name_;
    const Device* device_ = nullptr;
};

// The work of a session, for what needs its device.
inline Work& work_on_device(Call& call, attune_session_t* session) {
    attune_session_t& of = call.use(session);
    if (of.device()->lost())
        throw Error(Status::device_failed, of.device()->info().name, "is lost",
                    "attune_device_rebuild() goes on with another one; attune_device_report() says where it was lost");
    return of.work();
}

// Runs a function's body: a lambda that takes the Call, and returns nothing or an Answer.
template <class Body> attune_status guard(attune_error* error, const char* name, Body&& body) noexcept {
    Call call(name);
    if (!Call::is_sound(error)) return ATTUNE_USAGE;
    try {
        if constexpr (std::is_same_v<decltype(body(call)), Answer>) {
            return call.tell(error, body(call));
        } else {
            body(call);
            return call.tell(error, Answer{});
        }
    } catch (...) { return call.tell_exception(error); }
}

// Destroying: tells nobody.
template <class Object> void destroy(Object* handle) noexcept {
    try {
        if (!handle) return;
        Call call("destroy");
        call.use(handle).end();
    } catch (...) {  // not a handle, or no longer
    }
}

}  // namespace attune::c_api

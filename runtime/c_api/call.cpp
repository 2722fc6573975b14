#include "c_api/call.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace attune::c_api {
namespace {

constexpr std::size_t message_offset = offsetof(attune_error, message);
// What no allocator returns: small numbers and odd ones.
constexpr std::uintptr_t first_page = 4096;

// At most `room` bytes of a text, cut where a character begins.
std::size_t cut(std::string_view text, std::size_t room) {
    if (text.size() <= room) return text.size();
    while (room > 0 && (static_cast<unsigned char>(text[room]) & 0xC0u) == 0x80u) --room;
    return room;
}

}  // namespace

attune_status status_of(Status status) noexcept {
    switch (status) {
    case Status::ok: return ATTUNE_OK;
    case Status::bad_input: return ATTUNE_BAD_INPUT;
    case Status::usage: return ATTUNE_USAGE;
    case Status::no_device: return ATTUNE_NO_DEVICE;
    case Status::device_failed: return ATTUNE_DEVICE_FAILED;
    case Status::out_of_host_memory: return ATTUNE_OUT_OF_HOST_MEMORY;
    case Status::out_of_device_memory: return ATTUNE_OUT_OF_DEVICE_MEMORY;
    case Status::cancelled: return ATTUNE_CANCELLED;
    case Status::busy: return ATTUNE_BUSY;
    case Status::not_ready: return ATTUNE_NOT_READY;
    }
    return ATTUNE_DEVICE_FAILED;
}

void Call::check_handle(const void* handle, std::uint64_t word, const char* kind) const {
    const std::string name = std::string("the ") + kind;
    if (!handle) refuse(name + " is null");
    const auto address = reinterpret_cast<std::uintptr_t>(handle);
    if (address < first_page || address % alignof(std::uint64_t) != 0) refuse(name + " is not a handle");
    std::uint64_t found = 0;
    std::memcpy(&found, handle, sizeof(found));
    if (found == destroyed_word) refuse(name + " has been destroyed");
    if (found != word) refuse(name + " is a handle of another kind, or none");
}

bool Call::is_sound(const attune_error* error) noexcept {
    if (!error) return true;
    Head head;
    std::memcpy(&head, error, sizeof(head));
    return head.type == ATTUNE_TYPE_ERROR && head.next == nullptr &&
           head.size >= message_offset + sizeof(std::uint32_t) && head.size <= sizeof(attune_error) + 4096 &&
           head.size % alignof(attune_error) == 0;
}

attune_status Call::tell(attune_error* error, attune_status status, const char* message) const noexcept {
    if (!error) return status;
    const std::size_t room   = std::min<std::size_t>(error->size, sizeof(attune_error)) - message_offset;
    const std::size_t length = cut(message, room - 1);
    auto*             bytes  = reinterpret_cast<char*>(error);
    std::memcpy(bytes + offsetof(attune_error, status), &status, sizeof(status));
    std::memcpy(bytes + message_offset, message, length);
    std::memset(bytes + message_offset + length, 0, error->size - message_offset - length);
    return status;
}

attune_status Call::tell(attune_error* error, const Answer& answer) const noexcept {
    if (!error || answer.status == ATTUNE_OK) return tell(error, answer.status, "");
    char        message[256] = "[";
    std::size_t used         = 1;
    for (const char* part : {name_, "] ", answer.what})
        for (; *part && used + 1 < sizeof(message); ++part) message[used++] = *part;
    return tell(error, answer.status, message);
}

attune_status Call::tell_exception(attune_error* error) const noexcept {
    try {
        throw;
    } catch (const Error& thrown) {
        const bool lost = thrown.status() == Status::device_failed && device_ && device_->lost();
        return tell(error, lost ? ATTUNE_DEVICE_LOST : status_of(thrown.status()), thrown.what());
    } catch (const std::bad_alloc&) {
        return tell(error, Answer{ATTUNE_OUT_OF_HOST_MEMORY, "there is no main memory left for it"});
    } catch (const std::exception& thrown) {
        return tell(error, Answer{ATTUNE_BAD_INPUT, thrown.what()});
    } catch (...) { return tell(error, Answer{ATTUNE_BAD_INPUT, "something was thrown that says nothing"}); }
}

}  // namespace attune::c_api

#include <attune/error.hpp>

namespace attune {
namespace {

std::string message(const std::string& where, const std::string& what, const std::string& hint) {
    std::string text = "[" + where + "] " + what;
    if (!hint.empty()) text += "; " + hint;
    return text;
}

}  // namespace

const char* status_name(Status status) noexcept {
    switch (status) {
    case Status::ok: return "ok";
    case Status::bad_input: return "bad_input";
    case Status::usage: return "usage";
    case Status::no_device: return "no_device";
    case Status::device_failed: return "device_failed";
    case Status::out_of_host_memory: return "out_of_host_memory";
    case Status::out_of_device_memory: return "out_of_device_memory";
    case Status::cancelled: return "cancelled";
    case Status::busy: return "busy";
    case Status::not_ready: return "not_ready";
    }
    return "unknown";
}

Error::Error(Status status, const std::string& where, const std::string& what, const std::string& hint)
    : std::runtime_error(message(where, what, hint)), status_(status) {}

}  // namespace attune

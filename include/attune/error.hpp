// Errors of the library: one exception type, `[where] what; hint`.
//
// The library throws attune::Error for what lies outside the program's control (files, devices,
// memory, what a caller passed) and uses assertions for its own mistakes. It never prints and
// never aborts. An object whose call threw stays usable unless the call's comment says otherwise.
#pragma once

#include <stdexcept>
#include <string>

namespace attune {

enum class Status {
    ok,                    // no error
    bad_input,             // a file, a text or an argument is not what it has to be
    usage,                 // calls in an order, or options in a combination, that make no sense
    no_device,             // no Vulkan device here that can run this
    device_failed,         // a Vulkan call failed, or the device was lost
    out_of_host_memory,    // an allocation in main memory failed
    out_of_device_memory,  // an allocation on the device failed, or a configured cap was reached
    cancelled,             // the caller asked to stop
};

// A short name of a status, such as "bad_input". Static storage.
const char* status_name(Status status) noexcept;

// Thrown by every function of the library that fails.
// `where` names the file, tensor, op or call; `hint` says what can be done about it (may be empty).
class Error : public std::runtime_error {
public:
    Error(Status status, const std::string& where, const std::string& what, const std::string& hint = {});

    Status status() const noexcept { return status_; }

private:
    Status status_;
};

}  // namespace attune

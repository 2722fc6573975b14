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
    ok,         // no error; no exception has it
    bad_input,  // a file, a text, a graph, a number is not what it has to be, or is beyond what model or device
                // can take. The same call again fails again.
    usage,      // calls in an order, options in a combination, or objects together that make no sense: an input
                // that was not set, a value of another graph, a get_instance_proc that lacks an entry point.
                // A mistake of the calling program.
    no_device,  // no Vulkan loader, driver or device here that can run this, or none of that name
    device_failed,         // a Vulkan call failed, the device was lost (Device::lost()), or gave numbers that cannot
                           // be. Try once more; after a loss, with a device opened anew.
    out_of_host_memory,    // a Vulkan driver had no main memory left. Where attune itself has none, std::bad_alloc
                           // passes through.
    out_of_device_memory,  // an allocation on the device failed, would fail, or would exceed DeviceCaps. Less at
                           // once, f16, or another device.
    cancelled,             // the caller asked to stop
    busy,                  // what the call needs is in use by commands that have not finished: a frame that was not
                           // retired. Nothing was done; the same call works once it has been.
    not_ready,             // pipelines or weights are missing, and the caller said not to make them now
};

// A short name of a status, such as "bad_input". Static storage.
const char* status_name(Status status) noexcept;

// Thrown by every function of the library that fails, std::bad_alloc aside.
// `where` names the file, tensor, op or call; `hint` says what can be done about it (may be empty).
class Error : public std::runtime_error {
public:
    Error(Status status, const std::string& where, const std::string& what, const std::string& hint = {});

    Status status() const noexcept { return status_; }

private:
    Status status_;
};

}  // namespace attune

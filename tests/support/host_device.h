// A device that a host has made and attune imported, one for all cases of a program: a driver that compiles for long does
// so once.
#pragma once

#include "support/own_device.h"
#include "support/test_devices.h"

namespace attune::test {

struct HostDevice {
    OwnDevice own;
    Device    device = Device::import(own.import(profile_caps()));
};

inline HostDevice& shared_host() {
    static HostDevice host;
    return host;
}

}  // namespace attune::test

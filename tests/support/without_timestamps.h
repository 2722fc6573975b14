// A driver whose queues have no timestamps.
#pragma once

#include <attune/device.hpp>

namespace attune::test {

// The same import through a get_instance_proc that says so. The last one counts for the whole program.
Device::Import without_timestamps(Device::Import import);

}  // namespace attune::test

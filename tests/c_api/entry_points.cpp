// Each Vulkan function missing in turn: a status that names it, or a device that works without it.
#include "c_api/world.h"
#include "support/vulkan_shim.h"

#include <doctest/doctest.h>

using namespace attune::test;

TEST_CASE("each entry point missing in turn gives a status") {
    World         world;
    VulkanShim    shim;
    attune_import import     = world.import();
    import.get_instance_proc = shim.get_instance_proc();
    auto source              = with_head<attune_source>(ATTUNE_TYPE_SOURCE);
    source.folder            = world.path.c_str();
    std::size_t refused      = 0;
    for (std::size_t i = 0; i <= entry_count; ++i) {  // the last time all are there
        const char* const name = i < entry_count ? name_of(static_cast<Entry>(i)) : "none";
        CAPTURE(name);
        if (i < entry_count) shim.hide(static_cast<Entry>(i));
        attune_error        error  = new_error();
        attune_device       device = nullptr;
        const attune_status status = attune_device_import(&import, &device, &error);
        CAPTURE(error.message);
        if (status == ATTUNE_OK) {
            attune_model model = nullptr;
            require_ok(attune_model_open(device, &source, nullptr, &model, &error), error);
            attune_model_destroy(model);
        } else {
            CHECK(std::string(attune_status_string(status)) == "ATTUNE_USAGE");
            CHECK(std::string(error.message).find(name) != std::string::npos);
            CHECK(device == nullptr);
            ++refused;
        }
        attune_device_destroy(device);
        shim.show_all();
        if (i == entry_count) CHECK(status == ATTUNE_OK);
    }
    CHECK(refused > 30);
    CHECK(shim.alive().empty());
}

// What a device has to have, before it is made.
#include "c_api/buffers.h"

#include <attune/requirements.hpp>

using namespace attune;
using namespace attune::c_api;

namespace {

RequirementTarget read_needs(const Call& call, const attune_needs* from) {
    const auto needs = read(from);
    call.need(reinterpret_cast<const void*>(needs.get_instance_proc), "get_instance_proc");
    call.need(needs.instance, "the instance");
    call.need(needs.physical, "the physical device");
    if (needs.profile > ATTUNE_PROFILE_BASELINE) call.refuse("profile is none of attune_profile");
    return {.get_instance_proc = needs.get_instance_proc,
            .instance          = needs.instance,
            .physical_device   = needs.physical,
            .api_version       = needs.api_version,
            .profile           = needs.profile == ATTUNE_PROFILE_BASELINE ? RequirementTarget::Profile::baseline
                                                                          : RequirementTarget::Profile::useful};
}

}  // namespace

attune_status attune_requirements(const attune_needs* needs, attune_need* list, uint32_t* count, attune_error* error) {
    return guard(error, "attune_requirements", [&](Call& call) {
        const RequirementTarget target = read_needs(call, needs);
        call.need(count, "the count");
        if (list && *count > 0) check_head(list, FactsOf<attune_need>::value);
        std::vector<attune_need> found;
        for (const Requirement& one : requirements(target)) {
            attune_need need = {};
            need.kind        = static_cast<std::uint32_t>(one.kind);
            need.required    = one.required;
            need.supported   = one.met;
            need.name        = one.name;
            if (*one.feature_struct) need.feature_struct = one.feature_struct;
            need.gain = one.gain;
            found.push_back(need);
        }
        return fill_list(call, list, count, std::span<const attune_need>(found));
    });
}

attune_status attune_requirements_merge(const attune_needs* needs, struct VkPhysicalDeviceFeatures2* features,
                                        attune_added* added, attune_error* error) {
    return guard(error, "attune_requirements_merge", [&](Call& call) {
        const RequirementTarget target = read_needs(call, needs);
        call.need(features, "features");
        auto given = read(added);
        if (given.owned) call.refuse("holds what an earlier merge added", "attune_requirements_release() first");
        if (given.enabled_count > 0) call.need(given.enabled, "enabled");
        if (added->size < sizeof(attune_added)) call.refuse("attune_added has no room for what it owns");
        const std::span enabled(given.enabled, given.enabled_count);
        auto            merged = std::make_unique<MergedRequirements>(target, *features, enabled);
        given.extensions = merged->extensions().data() + (merged->extensions().size() - merged->added_extensions());
        given.extension_count = static_cast<std::uint32_t>(merged->added_extensions());
        given.owned           = merged.release();
        copy_out(&given, added, FactsOf<attune_added>::value);
    });
}

void attune_requirements_release(attune_added* added) {
    guard(nullptr, "attune_requirements_release", [&](Call&) {
        auto given = read(added);
        delete static_cast<MergedRequirements*>(given.owned);
        given.owned           = nullptr;
        given.extensions      = nullptr;
        given.extension_count = 0;
        copy_out(&given, added, FactsOf<attune_added>::value);
    });
}

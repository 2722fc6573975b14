// Every kernel that lowering chooses on AMD's GPUs, compiled for them: registers, shared memory, occupancy; no spills,
// and no more of anything than the baseline says.
//
// The baseline is of one version of Mesa and written anew by
//     VK_ICD_FILENAMES=/usr/share/vulkan/icd.d/radeon_icd.x86_64.json test_vendor_compile --no-skip -tc="write the baseline"
#include "vendor_compile/baseline.h"

#include "checks/case.h"
#include "plan/plan.h"
#include "plan/rewrite.h"
#include "support/test_devices.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <set>

namespace attune::test {
namespace {

const std::string baseline_path = ATTUNE_SOURCE_DIR "/tests/vendor_compile/baseline.tsv";

// GCN, and three generations of RDNA. Every run of the tests compiles all for the first, and for the others each kernel
// as it takes most registers.
const std::vector<std::string> families = {"navi21", "vega10", "navi10", "gfx1100"};

struct Compilation {
    const Kernel*              kernel = nullptr;
    std::vector<std::uint32_t> constants;
    std::uint32_t              bindings = 0;
};

Plan plan_of(const Case& row, const DeviceTraits& traits) {
    const Graph        graph = rewrite(row.graph, row.options);
    const Graph* const one   = &graph;
    WeightLayouts      layouts;
    add_weight_layouts(layouts, {&one, 1}, traits);
    return make_plan(graph, traits, layouts);
}

using Pipeline = std::pair<std::string_view, std::vector<std::uint32_t>>;   // a kernel's name, its constants

// A GPU, and what all rows of the op tables need there, each once, by name and constants.
struct Family {
    std::string              name;
    AmdCompiler              compiler;
    std::vector<Compilation> wanted = {};
};

// Rows are made once for all: their numbers take longer than compiling.
std::vector<Family> all_families() {
    std::vector<Family>             all;
    std::vector<std::set<Pipeline>> seen(families.size());
    for (const std::string& name : families) all.push_back({name, AmdCompiler(name)});
    for (const OpTable& table : op_tables()) {
        Rows rows;
        table.fill(rows);
        for (const Rows::Row& row : rows.all()) {
            const Case made = row.made();
            for (std::size_t f = 0; f < all.size(); ++f)
                for (const PlannedDispatch& planned : plan_of(made, all[f].compiler.traits()).dispatches) {
                    const Dispatch& d = planned.dispatch;
                    if (!seen[f].emplace(d.kernel->name, d.constants).second) continue;
                    all[f].wanted.push_back({d.kernel, d.constants, static_cast<std::uint32_t>(d.bindings.size())});
                }
        }
    }
    return all;
}

// Of each kernel, what took most registers when the baseline was written, and what is not in it.
std::vector<Compilation> largest(const Family& family, const Baseline& baseline) {
    using Taken = std::pair<const CompiledKernel*, const Compilation*>;
    std::vector<Compilation>          chosen;
    std::map<std::string_view, Taken> most;
    for (const Compilation& one : family.wanted) {
        const auto found = baseline.kernels.find(key_of(family.name, *one.kernel, one.constants));
        if (found == baseline.kernels.end()) {
            chosen.push_back(one);
            continue;
        }
        const CompiledKernel& c    = found->second;
        auto&                 last = most[one.kernel->name];
        if (!last.first || std::pair(c.vgprs, c.code) > std::pair(last.first->vgprs, last.first->code)) last = {&c, &one};
    }
    for (const auto& [name, one] : most) chosen.push_back(*one.second);
    return chosen;
}

// The worst of a kernel's compilations in each respect.
struct Worst : CompiledKernel {
    std::size_t variants = 0;

    void add(const CompiledKernel& c) {
        waves = variants++ ? std::min(waves, c.waves) : c.waves;
        for (const auto member : {&CompiledKernel::sgprs, &CompiledKernel::vgprs, &CompiledKernel::spilled_sgprs,
                                  &CompiledKernel::spilled_vgprs, &CompiledKernel::scratch, &CompiledKernel::lds, &CompiledKernel::code})
            this->*member = std::max(this->*member, c.*member);
    }
};

void print(const std::string& family, const std::string& driver, const std::map<std::string_view, Worst>& kernels) {
    std::printf("%s, %s: the most of any of a kernel's variants, and the fewest subgroups that a SIMD holds\n", family.c_str(), driver.c_str());
    std::printf("%-32s %8s %6s %6s %7s %7s %7s %6s %6s %5s\n", "kernel", "variants", "SGPRs", "VGPRs", "spilled", "scratch", "LDS", "code", "waves", "");
    for (const auto& [name, w] : kernels)
        std::printf("%-32s %8zu %6llu %6llu %3llu/%-3llu %7llu %7llu %6llu %6llu\n", std::string(name).c_str(), w.variants, static_cast<unsigned long long>(w.sgprs),
                    static_cast<unsigned long long>(w.vgprs), static_cast<unsigned long long>(w.spilled_sgprs), static_cast<unsigned long long>(w.spilled_vgprs),
                    static_cast<unsigned long long>(w.scratch), static_cast<unsigned long long>(w.lds), static_cast<unsigned long long>(w.code),
                    static_cast<unsigned long long>(w.waves));
}

// Compiles for a family, calls `look` for each pipeline, prints the table.
template <class Look> void compile_all(const Family& family, const std::vector<Compilation>& what, const Look& look) {
    std::map<std::string_view, Worst> kernels;
    for (const Compilation& one : what) {
        const CompiledKernel compiled = family.compiler.compile(*one.kernel, one.constants, one.bindings);
        kernels[one.kernel->name].add(compiled);
        look(one, compiled);
    }
    print(family.name, family.compiler.driver(), kernels);
}

}  // namespace

TEST_CASE("kernels compile for AMD's GPUs without spilling, and no larger than before") {
    const Baseline            baseline = Baseline::read(baseline_path);
    const std::vector<Family> all      = all_families();
    for (const Family& family : all) {
        const bool  everything = row_share() == 1 || &family == &all.front();
        std::size_t compiled = 0, compared = 0;
        compile_all(family, everything ? family.wanted : largest(family, baseline), [&](const Compilation& one, const CompiledKernel& now) {
            const std::string key = key_of(family.name, *one.kernel, one.constants);
            CAPTURE(key);
            ++compiled;
            CHECK(now.vgprs > 0);
            CHECK(now.code > 0);
            CHECK_MESSAGE(!now.spills(), "spilled " << now.spilled_sgprs << " SGPRs, " << now.spilled_vgprs << " VGPRs, scratch " << now.scratch);
            if (family.compiler.driver() != baseline.driver) return;
            const auto before = baseline.kernels.find(key);
            CHECK_MESSAGE(before != baseline.kernels.end(), "is not in the baseline");
            if (before == baseline.kernels.end()) return;
            ++compared;
            for (const std::string& line : growth(before->second, now)) FAIL_CHECK(line);
        });
        CHECK(family.wanted.size() > 100);
        CHECK(compiled > 30);
        MESSAGE(family.name << ": " << compiled << " pipelines, " << compared << " compared with those of " << baseline.driver);
    }
}

TEST_CASE("growth by more than a tenth is told") {
    const CompiledKernel before{.sgprs = 40, .vgprs = 40, .lds = 0, .code = 1000, .waves = 10};
    CompiledKernel       now = before;
    CHECK(growth(before, now).empty());
    now.vgprs = 44, now.code = 1100, now.sgprs = 100;
    CHECK(growth(before, now).empty());
    now.vgprs = 48;
    CHECK(growth(before, now).size() == 1);
    now.code = 1101, now.lds = 4;
    CHECK(growth(before, now).size() == 3);
    now.spilled_vgprs = 1;
    CHECK(growth(before, now).size() == 4);
}

TEST_CASE("write the baseline" * doctest::skip()) {
    Baseline baseline;
    for (const Family& family : all_families())
        compile_all(family, family.wanted, [&](const Compilation& one, const CompiledKernel& now) {
            baseline.driver = family.compiler.driver();
            baseline.kernels.emplace(key_of(family.name, *one.kernel, one.constants), now);
        });
    baseline.write(baseline_path);
}

}  // namespace attune::test

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

// GCN, and three generations of RDNA; the first is what every run of the tests compiles for.
const std::vector<std::string> families = {"navi21", "vega10", "navi10", "gfx1100"};

// Kernels that spill all the same: as much as this, and why. Where there is a baseline, not more than it says either.
struct Known {
    const char*   kernel;
    std::uint64_t sgprs, vgprs, scratch;   // the last in bytes for a subgroup of 64 lanes
    const char*   why;
};
constexpr Known known[] = {{"ssru_64", 0, 0, 32768, "the cells of up to 64 beams, indexed by a beam's parent; up to 8 are in registers"},
                           {"top_k_strips_64", 183, 1773, 7168, "sorted lists of up to 64 logits and ids, which the compiler keeps in registers; "
                            "one list, which it would keep in memory, takes lavapipe sixteen times as long"}};

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

// What all rows of the op tables need, each once, by name and constants.
std::vector<Compilation> wanted(const DeviceTraits& traits) {
    std::map<std::pair<std::string_view, std::vector<std::uint32_t>>, Compilation> found;
    for (const OpTable& table : op_tables()) {
        Rows rows;
        table.fill(rows);
        for (const Rows::Row& row : rows.all())
            for (const PlannedDispatch& planned : plan_of(row.made(), traits).dispatches) {
                const Dispatch& d = planned.dispatch;
                found.try_emplace({d.kernel->name, d.constants},
                                  Compilation{d.kernel, d.constants, static_cast<std::uint32_t>(d.bindings.size())});
            }
    }
    std::vector<Compilation> all;
    for (auto& [key, one] : found) all.push_back(std::move(one));
    return all;
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
template <class Look> void compile_all(const std::string& family, const Look& look) {
    const AmdCompiler                  compiler(family);
    std::map<std::string_view, Worst> kernels;
    for (const Compilation& one : wanted(compiler.traits())) {
        const CompiledKernel compiled = compiler.compile(*one.kernel, one.constants, one.bindings);
        kernels[one.kernel->name].add(compiled);
        look(compiler, one, compiled);
    }
    print(family, compiler.driver(), kernels);
}

bool is_known(const Kernel& kernel, const CompiledKernel& c) {
    return std::ranges::any_of(known, [&](const Known& one) {
        return kernel.name == one.kernel && c.spilled_sgprs <= one.sgprs && c.spilled_vgprs <= one.vgprs && c.scratch <= one.scratch;
    });
}

}  // namespace

TEST_CASE("kernels compile for AMD's GPUs without spilling, and no larger than before") {
    const Baseline    baseline = Baseline::read(baseline_path);
    const std::size_t count    = row_share() == 1 ? families.size() : 1;
    for (std::size_t f = 0; f < count; ++f) {
        const std::string& family   = families[f];
        std::size_t        compiled = 0, compared = 0;
        compile_all(family, [&](const AmdCompiler& compiler, const Compilation& one, const CompiledKernel& now) {
            const std::string key = key_of(family, *one.kernel, one.constants);
            CAPTURE(key);
            ++compiled;
            CHECK(now.vgprs > 0);
            CHECK(now.code > 0);
            CHECK_MESSAGE((!now.spills() || is_known(*one.kernel, now)), "spilled " << now.spilled_sgprs << " SGPRs, " << now.spilled_vgprs << " VGPRs, scratch " << now.scratch);
            if (compiler.driver() != baseline.driver) return;
            const auto before = baseline.kernels.find(key);
            CHECK_MESSAGE(before != baseline.kernels.end(), "is not in the baseline");
            if (before == baseline.kernels.end()) return;
            ++compared;
            for (const std::string& line : growth(before->second, now)) FAIL_CHECK(line);
        });
        CHECK(compiled > 100);
        MESSAGE(family << ": " << compiled << " pipelines, " << compared << " compared with those of " << baseline.driver);
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
    for (const std::string& family : families)
        compile_all(family, [&](const AmdCompiler& compiler, const Compilation& one, const CompiledKernel& now) {
            baseline.driver = compiler.driver();
            baseline.kernels.emplace(key_of(family, *one.kernel, one.constants), now);
        });
    baseline.write(baseline_path);
}

}  // namespace attune::test

#include <attune/roofs.hpp>

#include "execute/roof_work.h"
#include "execute/timed_commands.h"

#include <algorithm>
#include <chrono>
#include <iterator>

namespace attune {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double        shortest_sample = 1e-3;
constexpr std::uint64_t least_bytes     = 64u << 10;

struct Name {
    const char *name, *unit;
};
constexpr Name names[] = {{"copy_buffer", "B/s"},
                          {"copy_shader", "B/s"},
                          {"read", "B/s"},
                          {"fma_f32", "FLOP/s"},
                          {"fma_f16", "FLOP/s"},
                          {"exp2", "exp2/s"},
                          {"dispatch", "dispatches/s"},
                          {"dispatch_barrier", "dispatches/s"},
                          {"submit", "submissions/s"}};
static_assert(std::size(names) == roof_count);

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

double median(std::vector<double> numbers) {
    std::ranges::sort(numbers);
    const std::size_t half = numbers.size() / 2;
    return numbers.size() % 2 ? numbers[half] : (numbers[half - 1] + numbers[half]) / 2;
}

std::uint64_t usual_bytes(const Device::Context& context) {
    if (context.traits().is_cpu) return 128u << 20;
    return context.info().kind == DeviceInfo::Kind::discrete ? 1u << 30 : 256u << 20;
}

std::uint64_t bytes_of(Device::Context& context, const RoofOptions& options) {
    if (options.bytes != 0 && options.bytes < least_bytes)
        throw Error(Status::usage, "RoofOptions::bytes", "is less than 64 KiB");
    const DeviceTraits& traits = context.traits();
    const std::uint64_t most   = std::min(traits.max_binding, traits.max_allocation);
    if (options.bytes != 0) return std::min(options.bytes, most);
    const std::uint64_t free = context.memory().available(MemoryClass::scratch) / 4;
    return std::max(std::min({usual_bytes(context), most, free}), least_bytes);
}

RoofWorks make_works(Commands& commands, RoofKind kind, const RoofOptions& options) {
    RoofWorks works;
    switch (kind) {
    case RoofKind::copy_buffer:
    case RoofKind::copy_shader: works.push_back(make_copy(commands, kind, bytes_of(commands.context(), options))); break;
    case RoofKind::read: works.push_back(make_read(commands, bytes_of(commands.context(), options))); break;
    case RoofKind::fma_f32:
    case RoofKind::fma_f16: return make_fma(commands, kind);
    case RoofKind::exp2: works.push_back(make_exp2(commands)); break;
    case RoofKind::dispatch:
    case RoofKind::dispatch_barrier: works.push_back(make_dispatches(commands, kind)); break;
    case RoofKind::submit: break;
    }
    return works;
}

// Until five runs in a row are within 2 percent of each other, or so much time has passed.
void warm_up(TimedCommands& timed, double seconds) {
    std::vector<double> last;
    for (const auto start = Clock::now(); seconds_since(start) < seconds;) {
        last.push_back(timed.run());
        if (last.size() > 5) last.erase(last.begin());
        const auto [least, most] = std::ranges::minmax(last);
        if (last.size() == 5 && most <= 1.02 * least) return;
    }
}

// Records the amount of work that takes about so long. The first run, in which drivers compile, says nothing.
std::uint32_t record_about(TimedCommands& timed, RoofWork& work, double seconds) {
    std::uint32_t amount = work.least();
    for (;;) {
        timed.record([&](VkCommandBuffer commands) { work.record(commands, amount); });
        timed.run();
        const double took = timed.run(), missing = took > 0 ? seconds / took : 16;
        if (missing < 1.3 || amount >= work.most()) return amount;
        amount =
            static_cast<std::uint32_t>(std::min<double>(work.most(), amount * std::clamp(missing, 1.3, 16.0)) + 0.5);
    }
}

void measure_work(Commands& commands, RoofWork& work, const RoofOptions& options, Roof& roof) {
    TimedCommands       timed(commands);
    const double        sample = std::max(options.seconds / options.samples, shortest_sample);
    const std::uint32_t amount = record_about(timed, work, sample);
    warm_up(timed, options.seconds);
    roof.clock = timed.clock();
    std::vector<double> samples;
    for (std::uint32_t i = 0; i < options.samples; ++i) samples.push_back(timed.run() / (amount * work.units()));
    if (roof.samples.empty() || median(samples) < median(roof.samples)) roof.samples = std::move(samples);
    if (roof.why_not.empty()) roof.why_not = work.wrong(commands, amount);
}

// Round trips of one submission each, several to a sample.
void measure_submissions(Commands& commands, const RoofOptions& options, Roof& roof) {
    const VkCommandBuffer nothing = commands.allocate();
    commands.begin(nothing);
    commands.end(nothing);
    const auto seconds_of = [&](std::uint32_t count) {
        const auto start = Clock::now();
        for (std::uint32_t i = 0; i < count; ++i) commands.run(nothing);
        return seconds_since(start);
    };
    seconds_of(4);
    const double  sample = std::max(options.seconds / options.samples, shortest_sample);
    std::uint32_t count  = 1;
    while (count < 4096 && seconds_of(count) < sample) count *= 2;
    roof.clock = ProgramTimes::Clock::host;
    for (std::uint32_t i = 0; i < options.samples; ++i) roof.samples.push_back(seconds_of(count) / count);
}

}  // namespace

const char* name_of(RoofKind kind) noexcept { return names[static_cast<std::size_t>(kind)].name; }
const char* unit_of(RoofKind kind) noexcept { return names[static_cast<std::size_t>(kind)].unit; }

Roof measure_roof(const Device& device, RoofKind kind, const RoofOptions& options) {
    if (options.samples == 0) throw Error(Status::usage, "RoofOptions::samples", "is 0");
    Device::Context& context = *device.context();
    Roof             roof;
    roof.kind      = kind;
    roof.available = kind != RoofKind::fma_f16 || context.enabled().shader_float16;
    if (!roof.available) {
        roof.why_not = context.enabled().float16_why;
        return roof;
    }
    Commands commands(device.context());
    if (kind == RoofKind::submit)
        measure_submissions(commands, options, roof);
    else
        for (const auto& work : make_works(commands, kind, options)) measure_work(commands, *work, options, roof);
    roof.ok = roof.why_not.empty();
    if (roof.ok) roof.per_second = 1 / median(roof.samples);
    return roof;
}

}  // namespace attune

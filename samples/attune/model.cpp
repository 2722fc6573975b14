#include "model.h"

#include <cstdio>

namespace attune::cli {

Option device_option(ModelChoice& choice) {
    return {{"--device"}, "DEVICE", "index or part of a name from 'attune devices'; 'oracle': the slow reference in double "
                                    "precision, without Vulkan; default: the best GPU there is, else a CPU", to_text(choice.device)};
}

Option precision_option(ModelChoice& choice) {
    return {{"--precision"}, "PRECISION", "f32, f16, int8 or auto: of weights and of values between ops; sums are always "
                                          "f32; int8 is of weights alone; auto is f16 on GPUs and f32 on CPUs",
            to_choice(choice.precision, {"f32", "f16", "int8", "auto"})};
}

Option cache_option(ModelChoice& choice) {
    return {{"--cache"}, "TYPE", "f32, f16 or auto: of the keys and values of earlier tokens; auto is f16 if the precision is",
            to_choice(choice.cache, {"f32", "f16", "auto"})};
}

Option verbose_option(ModelChoice& choice, unsigned most) {
    static constexpr const char* shown[] = {"the device", "the model, its weights and the kernels of each program",
                                            "the plan of each program", "the time of each kernel, which takes longer"};
    Option option{{}, "[=N]", "on standard error: ", to_level(choice.verbose, most)};
    for (unsigned level = 1; level <= most; ++level) {
        option.names.push_back("-" + std::string(level, 'v'));
        option.help += (level > 1 ? "; " : "") + std::to_string(level) + " " + shown[level - 1];
    }
    option.names.emplace_back("--verbose");
    return option;
}

namespace {

// `name` below share/attune, seen from the place of this program, or else in the tree it was built from.
std::filesystem::path shipped(const char* installed, const char* build_tree, const std::string& name, const char* hint) {
    std::error_code ignored;
    const auto      program = std::filesystem::read_symlink("/proc/self/exe", ignored);
    for (const std::filesystem::path& folder :
         {program.parent_path() / "../share/attune" / installed, std::filesystem::path(build_tree)})
        if (std::filesystem::exists(folder / name, ignored)) return (folder / name).lexically_normal();
    throw Error(Status::bad_input, name, "ships with attune, but is neither installed nor in the source tree", hint);
}

}  // namespace

std::filesystem::path shipped_model() {
    return shipped("models", ATTUNE_BUILD_TREE_MODELS, "tatoeba-en-de-fr-es", "name the folder of a model");
}

std::filesystem::path shipped_goldens() {
    return shipped("goldens", ATTUNE_BUILD_TREE_GOLDENS, "tatoeba-en-de-fr-es.json", "install attune with cmake --install");
}

std::filesystem::path model_folder(const ModelChoice& choice) {
    return choice.folder.empty() ? shipped_model() : std::filesystem::path(choice.folder);
}

OpenModel open_model(const ModelChoice& choice) {
    const std::filesystem::path folder = model_folder(choice);

    TranslatorOptions options;
    options.batch_tokens = choice.batch_tokens;
    options.batch_rows   = choice.batch_rows;
    options.steps_per_wait = choice.steps_per_wait;
    options.shortlist    = choice.shortlist;
    options.trace        = {.level = choice.verbose, .line = [](const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); }};
    options.precision    = choice.precision == "f16"    ? Precision::f16
                           : choice.precision == "int8" ? Precision::int8
                                                        : Precision::f32;
    if (choice.cache != "auto") options.cache = choice.cache == "f16" ? Type::f16 : Type::f32;
    if (choice.device == "oracle") return {{}, {}, Translator::on_oracle(folder, options), options.precision};

    Device device = Device::open({.select = choice.device == "auto" ? std::string() : choice.device, .caps = {}});
    if (choice.precision == "auto" && device.info().kind != DeviceInfo::Kind::cpu) options.precision = Precision::f16;
    DeviceCache    known(choice.cache_file, device, options.trace.shows(1) ? options.trace.line : nullptr);
    Translator     translator(device, folder, options);
    return {std::move(device), std::move(known), std::move(translator), options.precision};
}

const char* name_of(Precision precision) {
    switch (precision) {
    case Precision::f32: return "f32";
    case Precision::f16: return "f16";
    case Precision::int8: break;
    }
    return "int8";
}

std::string device_name(const OpenModel& model) { return model.device ? model.device->info().name : "oracle"; }

}  // namespace attune::cli

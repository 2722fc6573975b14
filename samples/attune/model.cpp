#include "model.h"

namespace attune::cli {

Option device_option(ModelChoice& choice) {
    return {{"--device"}, "DEVICE", "index or part of a name from 'attune devices'; 'oracle': the slow reference in double "
                                    "precision, without Vulkan; default: the best GPU there is, else a CPU", to_text(choice.device)};
}

Option precision_option(ModelChoice& choice) {
    return {{"--precision"}, "PRECISION", "f32, f16 or auto: of weights and of values between ops; sums are always f32; "
                                          "auto is f16 on GPUs and f32 on CPUs", to_choice(choice.precision, {"f32", "f16", "auto"})};
}

std::filesystem::path shipped_model() {
    constexpr const char* name = "tatoeba-en-de-fr-es";
    std::error_code       ignored;
    const auto            program = std::filesystem::read_symlink("/proc/self/exe", ignored);
    for (const std::filesystem::path& models :
         {program.parent_path() / "../share/attune/models", std::filesystem::path(ATTUNE_BUILD_TREE_MODELS)})
        if (std::filesystem::is_directory(models / name, ignored)) return (models / name).lexically_normal();
    throw Error(Status::bad_input, name, "the model that ships with attune is neither installed nor in the source tree",
                "name the folder of a model");
}

OpenModel open_model(const ModelChoice& choice) {
    const std::filesystem::path folder = choice.folder.empty() ? shipped_model() : std::filesystem::path(choice.folder);

    TranslatorOptions options;
    options.batch_tokens = choice.batch_tokens;
    options.batch_rows   = choice.batch_rows;
    options.precision    = choice.precision == "f16" ? Precision::f16 : Precision::f32;
    if (choice.device == "oracle") return {{}, Translator::on_oracle(folder, options), options.precision};

    Device device = Device::open({.select = choice.device == "auto" ? std::string() : choice.device, .caps = {}});
    if (choice.precision == "auto" && device.info().kind != DeviceInfo::Kind::cpu) options.precision = Precision::f16;
    Translator translator(device, folder, options);
    return {std::move(device), std::move(translator), options.precision};
}

std::string device_name(const OpenModel& model) { return model.device ? model.device->info().name : "oracle"; }

}  // namespace attune::cli

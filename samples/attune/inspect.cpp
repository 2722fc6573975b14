// attune inspect: what a model is, what it holds, and the plan of one decode step.
#include "command.h"
#include "model.h"

#include <nlohmann/json.hpp>

#include <cstdio>

namespace attune::cli {
namespace {

struct InspectChoice {
    ModelChoice   model;
    std::uint32_t rows    = 1;
    bool          encoder = false;
    bool          json    = false;
};

Syntax syntax(InspectChoice& c) {
    return {.usage    = "attune inspect [MODEL] [options]",
            .about    = "Shows the architecture of a model, its tensors and sizes, and the plan of one decode step on a\n"
                        "device: each dispatch with its kernel, shape and cost, barriers and working memory. MODEL is a\n"
                        "folder of a Hugging Face MarianMT model; without one, the model that ships with attune.\n",
            .operands = 1,
            .options  = {
                device_option(c.model),
                precision_option(c.model),
                {{"--rows"}, "N", "plan a step of N rows, which are sentences times beams; default 1", to_number(c.rows, 1, 4096)},
                {{"--encoder"}, "", "the encoder's plan too", to_flag(c.encoder)},
                {{"--json"}, "", "all of it as one object", to_flag(c.json)},
            }};
}

void print_json(const Translator::Inspection& i, const OpenModel& model) {
    nlohmann::ordered_json tensors = nlohmann::ordered_json::array();
    for (const auto& tensor : i.tensors) tensors.push_back({{"name", tensor.name}, {"type", tensor.type}, {"shape", tensor.shape}});
    const nlohmann::ordered_json json = {{"device", device_name(model)},
                                         {"precision", model.precision == Precision::f16 ? "f16" : "f32"},
                                         {"architecture", i.architecture},
                                         {"parameters", i.parameters},
                                         {"device_bytes", i.device_bytes},
                                         {"arena_bytes", i.arena_bytes},
                                         {"decoder_layers", i.decoder_layers},
                                         {"decoder_dispatches", i.decoder_dispatches},
                                         {"dispatches_per_decoder_layer", i.dispatches_per_decoder_layer},
                                         {"decoder_barriers", i.decoder_barriers},
                                         {"tensors", std::move(tensors)},
                                         {"encoder_plan", i.encoder_plan},
                                         {"decoder_plan", i.decoder_plan}};
    std::puts(json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace).c_str());
}

void print_block(const char* title, const std::string& lines) {
    std::printf("\n%s\n%s%s", title, lines.c_str(), lines.empty() || lines.ends_with('\n') ? "" : "\n");
}

void print(const Translator::Inspection& i, const OpenModel& model, const InspectChoice& choice) {
    std::printf("%s%s", i.architecture.c_str(), i.architecture.ends_with('\n') ? "" : "\n");
    std::printf("device: %s\n", device_name(model).c_str());
    std::printf("precision: %s\n", model.precision == Precision::f16 ? "f16" : "f32");
    std::printf("parameters: %llu\n", static_cast<unsigned long long>(i.parameters));
    std::printf("device_bytes: %llu\n", static_cast<unsigned long long>(i.device_bytes));
    std::printf("arena_bytes: %llu\n", static_cast<unsigned long long>(i.arena_bytes));
    std::printf("decoder_layers: %zu\n", i.decoder_layers);
    std::printf("decoder_dispatches: %zu\n", i.decoder_dispatches);
    std::printf("dispatches_per_decoder_layer: %zu\n", i.dispatches_per_decoder_layer);
    std::printf("decoder_barriers: %zu\n", i.decoder_barriers);

    std::string tensors;
    for (const auto& tensor : i.tensors) tensors += tensor.type + ' ' + tensor.shape + "  " + tensor.name + '\n';
    print_block("tensors", tensors);
    if (choice.encoder) print_block("encoder plan", i.encoder_plan);
    print_block(("plan of one decode step, rows: " + std::to_string(choice.rows)).c_str(), i.decoder_plan);
}

}  // namespace

std::string inspect_help() {
    InspectChoice choice;
    return help_text(syntax(choice));
}

int inspect(const Words& words) {
    InspectChoice choice;
    const Words   operands = read_arguments(syntax(choice), words);
    if (!operands.empty()) choice.model.folder = operands[0];
    OpenModel                    model      = open_model(choice.model);
    const Translator::Inspection inspection = model.translator.inspect(choice.rows);
    if (choice.json) print_json(inspection, model);
    else print(inspection, model, choice);
    return Exit::done;
}

}  // namespace attune::cli

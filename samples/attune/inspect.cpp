// attune inspect: what a model is, what it holds, and the plan of one decode step.
#include "command.h"
#include "model.h"

#include <nlohmann/json.hpp>

#include <algorithm>
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
            .about    = "Shows what a model is and what of it will run: its files, settings and where they come from,\n"
                        "tensors used and not used; and the plan of one decode step on a device: each dispatch with\n"
                        "its kernel, shape and cost, barriers and working memory. MODEL is a folder of a Hugging Face\n"
                        "MarianMT model; without one, the model that ships with attune. Lines 'will not run: ...' say\n"
                        "why a folder cannot be used; the exit status is then 1.\n",
            .operands = 1,
            .options  = {
                device_option(c.model),
                cache_file_option(c.model.cache_file),
                no_cache_option(c.model.cache_file),
                precision_option(c.model),
                cache_option(c.model),
                {{"--rows"}, "N", "plan a step of N rows, which are sentences times beams; default 1", to_number(c.rows, 1, 4096)},
                {{"--encoder"}, "", "the encoder's plan too", to_flag(c.encoder)},
                {{"--json"}, "", "all of it as one object", to_flag(c.json)},
                verbose_option(c.model, 3),
            }};
}

using Json = nlohmann::ordered_json;

Json folder_json(const Translator::Inspection& i) {
    Json tensors = Json::array(), files = Json::array(), unused = Json::array(), settings = Json::array();
    Json storage = Json::object();
    for (const auto& tensor : i.tensors)
        tensors.push_back({{"name", tensor.name}, {"type", tensor.type}, {"shape", tensor.shape}});
    for (const auto& file : i.files) files.push_back({{"name", file.name}, {"note", file.note}});
    for (const auto& line : i.storage) storage[line.type] = line.tensors;
    for (const auto& line : i.unused) unused.push_back({{"reason", line.reason}, {"tensors", line.tensors}});
    for (const auto& s : i.settings) {
        settings.push_back({{"name", s.name}, {"value", s.value}, {"file", s.file}});
        if (!s.overrun.empty()) settings.back()["overrun"] = s.overrun;
    }
    return {{"architecture", i.architecture}, {"will_not_run", i.will_not_run}, {"files", files},
            {"settings", settings},           {"storage", storage},             {"tables", i.tables},
            {"unused", unused},               {"parameters", i.parameters},     {"decoder_layers", i.decoder_layers},
            {"tensors", tensors}};
}

void add_device_json(Json& json, const Translator::Inspection& i, const OpenModel& model) {
    json.update({{"device", device_name(model)},
                 {"precision", name_of(model.precision)},
                 {"device_bytes", i.device_bytes},
                 {"arena_bytes", i.arena_bytes},
                 {"decoder_dispatches", i.decoder_dispatches},
                 {"dispatches_per_decoder_layer", i.dispatches_per_decoder_layer},
                 {"decoder_barriers", i.decoder_barriers},
                 {"encoder_plan", i.encoder_plan},
                 {"decoder_plan", i.decoder_plan}});
}

void print_block(const char* title, const std::string& lines) {
    if (lines.empty()) return;
    std::printf("\n%s\n%s%s", title, lines.c_str(), lines.ends_with('\n') ? "" : "\n");
}

// The first names of a list, and how many more there are.
std::string some_of(const std::vector<std::string>& names) {
    constexpr std::size_t shown = 3;
    std::string           text;
    for (std::size_t i = 0; i < std::min(names.size(), shown); ++i) text += (i ? ", " : "") + names[i];
    return names.size() > shown ? text + ", ..." : text;
}

void print_folder(const Translator::Inspection& i) {
    std::printf("%s%s", i.architecture.c_str(), i.architecture.empty() || i.architecture.ends_with('\n') ? "" : "\n");
    for (const std::string& reason : i.will_not_run) std::printf("will not run: %s\n", reason.c_str());
    std::string text;
    for (const auto& file : i.files) text += file.name + ": " + file.note + '\n';
    print_block("files", text);
    text.clear();
    for (const auto& s : i.settings)
        text += s.name + ' ' + s.value + "  (" + s.file +
                (s.overrun.empty() ? ")\n" : "; config.json says " + s.overrun + ", to no effect)\n");
    print_block("settings of generation", text);
    text = i.tables.empty() ? "" : "tables: " + i.tables + '\n';
    for (const auto& line : i.storage) text += line.type + ": " + std::to_string(line.tensors) + " tensors\n";
    for (const auto& line : i.unused)
        text += "not used: " + std::to_string(line.tensors.size()) + " tensors, " + line.reason + ": " +
                some_of(line.tensors) + '\n';
    print_block("weights", text);
}

void print_device(const Translator::Inspection& i, const OpenModel& model) {
    std::printf("\ndevice: %s\n", device_name(model).c_str());
    std::printf("precision: %s\n", name_of(model.precision));
    std::printf("parameters: %llu\n", static_cast<unsigned long long>(i.parameters));
    std::printf("device_bytes: %llu\n", static_cast<unsigned long long>(i.device_bytes));
    std::printf("arena_bytes: %llu\n", static_cast<unsigned long long>(i.arena_bytes));
    std::printf("decoder_layers: %zu\n", i.decoder_layers);
    std::printf("decoder_dispatches: %zu\n", i.decoder_dispatches);
    std::printf("dispatches_per_decoder_layer: %zu\n", i.dispatches_per_decoder_layer);
    std::printf("decoder_barriers: %zu\n", i.decoder_barriers);
}

void print_tensors(const Translator::Inspection& i) {
    std::string tensors;
    for (const auto& tensor : i.tensors) tensors += tensor.type + ' ' + tensor.shape + "  " + tensor.name + '\n';
    print_block("tensors", tensors);
}

void print_plans(const Translator::Inspection& i, const InspectChoice& choice) {
    if (choice.encoder) print_block("encoder plan", i.encoder_plan);
    print_block(("plan of one decode step, rows: " + std::to_string(choice.rows)).c_str(), i.decoder_plan);
}

void print_json(const Json& json) {
    std::puts(json.dump(2, ' ', false, Json::error_handler_t::replace).c_str());
}

// All there is to say of a folder that no translator can be made of.
void show_folder(const Translator::Inspection& i, const InspectChoice& choice) {
    if (choice.json) return print_json(folder_json(i));
    print_folder(i);
    print_tensors(i);
}

void show_model(const InspectChoice& choice) {
    OpenModel                    model = open_model(choice.model);
    const Translator::Inspection i     = model.translator.inspect(choice.rows);
    if (choice.json) {
        Json json = folder_json(i);
        add_device_json(json, i, model);
        return print_json(json);
    }
    print_folder(i);
    print_device(i, model);
    print_tensors(i);
    print_plans(i, choice);
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
    const Translator::Inspection folder = Translator::inspect_folder(model_folder(choice.model));
    if (folder.opens)
        show_model(choice);
    else
        show_folder(folder, choice);
    return folder.will_not_run.empty() ? Exit::done : Exit::bad_input;
}

}  // namespace attune::cli

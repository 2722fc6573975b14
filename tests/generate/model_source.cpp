// A model from a host's files, in memory or through a callback, is the model of the folder with these files.
#include <attune/model_source.hpp>

#include "support/host_folder.h"
#include "support/marian_writer.h"
#include "support/same_translations.h"
#include "support/test_devices.h"
#include "support/tiny_model.h"
#include "support/tiny_student.h"

#include <attune/translator.hpp>
#include <doctest/doctest.h>

using namespace attune;
using namespace attune::test;

namespace {

void write_tiny(const TemporaryFolder& folder) { write_tiny_model(folder); }

void write_student(const TemporaryFolder& folder) {
    write_tiny_student(folder, {.seed = 4}, StudentFile::int8_alphas_zstd, "beam-size: 2\nnormalize: 0.5\n");
    folder.write("lex.tiny.s2t.bin", shortlist_bytes(3, std::vector<std::vector<std::uint32_t>>(12, {5, 7})));
}

// A vocabulary for each side, in files of their own.
void write_separate_student(const TemporaryFolder& folder) {
    write_tiny_student(folder, {.source_words = 14, .target_words = 11, .tied = TinyStudent::Tables::none, .seed = 5});
}

const struct Row {
    const char* name;
    void (*write)(const TemporaryFolder&);
    std::string (*text)(std::size_t words, std::uint32_t seed);
    bool shortlist;
} rows[] = {
    {"tiny model", write_tiny, [](std::size_t words, std::uint32_t seed) { return tiny_text(words, seed); }, false},
    {"student", write_student, [](std::size_t words, std::uint32_t seed) { return tiny_student_text(words, seed); },
     true},
    {"two vocabularies", write_separate_student,
     [](std::size_t words, std::uint32_t seed) { return tiny_student_text(words, seed); }, false},
};

// All that people are told, as one text.
std::string told(const Translator::Inspection& i) {
    std::string text = i.architecture + i.tables + (i.opens ? "\nopens\n" : "\ndoes not open\n");
    for (const auto& file : i.files) text += file.name + ": " + file.note + "\n";
    for (const auto& line : i.storage) text += line.type + ": " + std::to_string(line.tensors) + "\n";
    for (const auto& tensor : i.tensors) text += tensor.name + " " + tensor.type + " " + tensor.shape + "\n";
    for (const auto& unused : i.unused) text += unused.reason + ": " + std::to_string(unused.tensors.size()) + "\n";
    for (const auto& line : i.settings)
        text += line.name + " " + line.value + " " + line.file + " " + line.overrun + "\n";
    for (const std::string& reason : i.will_not_run) text += reason + "\n";
    return text;
}

}  // namespace

TEST_CASE("a model translates to the same bits from a folder, from memory and through callbacks") {
    if (profile() != "lavapipe") return;  // what differs is not the device
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const TemporaryFolder disk;
        row.write(disk);
        const HostFolder         host(disk.path());
        std::vector<std::string> lines;
        for (std::uint32_t i = 0; i < 6; ++i) lines.push_back(row.text(1 + 2 * i, i));
        const TranslateOptions  options{.alignment = true};
        const TranslatorOptions how{.shortlist = row.shortlist};
        const auto              on_device = Translator(main_device(), disk.path(), how).translate(lines, options);
        const auto              on_oracle = Translator::on_oracle(disk.path(), how).translate(lines, options);
        for (const auto& files : {host.in_memory(), host.by_callback()}) {
            check_same(Translator(main_device(), files, how).translate(lines, options), on_device);
            check_same(Translator::on_oracle(files, how).translate(lines, options), on_oracle);
        }
        CHECK(on_device[5].source_tokens.size() > on_device[0].source_tokens.size());
    }
}

TEST_CASE("what is told about a model does not depend on who has its files") {
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const TemporaryFolder disk;
        row.write(disk);
        disk.write("README", "x");
        const HostFolder  host(disk.path());
        const std::string of_folder = told(Translator::inspect_folder(disk.path()));
        CHECK(of_folder.find("\nopens\n") != std::string::npos);
        CHECK(told(Translator::inspect_folder(host.in_memory())) == of_folder);
        CHECK(told(Translator::inspect_folder(host.by_callback())) == of_folder);
        // Files are read once more.
        CHECK(told(Translator::on_oracle(host.by_callback()).inspect()) == of_folder);
    }
    const auto nothing = Translator::inspect_folder(std::vector<ModelFile>{{.name = "README"}});
    CHECK_FALSE(nothing.opens);
    REQUIRE_FALSE(nothing.will_not_run.empty());
    CHECK(nothing.will_not_run[0].starts_with("[config.json] is missing"));
}

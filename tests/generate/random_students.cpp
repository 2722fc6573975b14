// Random tiny models in Marian's own files, in each format and with each kind of decoder: device and oracle search the
// same translations, and what a file is packed in changes no bit.
#include "support/expect_error.h"
#include "support/marian_writer.h"
#include "support/same_translations.h"
#include "support/test_devices.h"
#include "support/tiny_student.h"

#include <attune/translator.hpp>

#include <cmath>

using namespace attune;
using namespace attune::test;

namespace {

const std::size_t every = takes_few_rows() ? 5 : 1;

struct Row {
    const char* name;
    TinyStudent student;
    StudentFile file        = StudentFile::bin;
    std::string translation = {};
};

std::vector<Row> rows() {
    using Tables = TinyStudent::Tables;
    return {
        {"recurrent", {}},
        {"self-attention", {.recurrent = false}},
        {"swish, two heads", {.heads = 2, .ffn = 20, .activation = "swish", .seed = 2}},
        {"an odd number of words", {.source_words = 13, .target_words = 13, .seed = 3}},
        {"target and output tied", {.target_words = 17, .tied = Tables::target_and_output, .seed = 4}},
        {"nothing tied", {.source_words = 9, .target_words = 15, .tied = Tables::none, .seed = 5}},
        {"tied layers", {.decoder_layers = 4, .tied_layers = {1, 1, 3, 1}, .seed = 6}},
        {"no output bias", {.output_bias = false, .seed = 7}},
        {"8 bits", {.seed = 8}, StudentFile::int8},
        {"8 bits with alphas", {.seed = 9}, StudentFile::int8_alphas},
        {"8 bits, nothing tied, self-attention", {.target_words = 14, .recurrent = false, .tied = Tables::none, .seed = 10}, StudentFile::int8_alphas_zstd},
        {"8 bits, odd widths", {.width = 10, .heads = 2, .ffn = 7, .seed = 11}, StudentFile::int8},
        {"beams", {.seed = 12}, StudentFile::bin, "beam-size: 4\nnormalize: 0.6\nword-penalty: 0.1\nmax-length-factor: 2.5\n"},
        {"beams of self-attention", {.recurrent = false, .seed = 13}, StudentFile::bin, "beam-size: 3\nallow-unk: true\n"},
        {"beams of 8 bits", {.seed = 14}, StudentFile::int8_alphas, "beam-size: 6\n"},
    };
}

std::vector<std::string> some_lines(const TinyStudent& student) {
    std::vector<std::string> lines;
    for (std::uint32_t i = 0; i < 12; ++i) lines.push_back(tiny_student_text(1 + i * 2 % 17, i, student.source_words));
    return lines;
}

}   // namespace

TEST_CASE("random students: device and oracle agree, whatever the neighbours") {
    std::size_t compared = 0, distinct = 0;
    const auto  all      = rows();
    for (std::size_t r = 0; r < all.size(); r += every) {
        const Row& row = all[r];
        CAPTURE(row.name);
        const TemporaryFolder folder;
        write_tiny_student(folder, row.student, row.file, row.translation);
        Translator translator(main_device(), folder.path(), {.batch_rows = 16}), oracle = Translator::on_oracle(folder.path());
        const TranslateOptions options{.alignment = true};
        const auto lines = some_lines(row.student);
        const auto found = translator.translate(lines, options), expected = oracle.translate(lines, options);
        for (std::size_t i = 0; i < lines.size(); ++i, ++compared) {
            const Hypothesis &a = found[i].hypotheses[0], &b = expected[i].hypotheses[0];
            CHECK(found[i].source_tokens.size() == 2 + i * 2 % 17);
            CHECK(a.tokens == b.tokens);
            CHECK(a.alignment == b.alignment);
            CHECK(std::abs(a.score - b.score) < 1e-4 * (1 + std::abs(b.score)));
            CHECK(a.tokens.size() <= 3 * found[i].source_tokens.size());
            distinct += i > 0 && a.tokens != found[i - 1].hypotheses[0].tokens;
            const Translation alone = translator.translate(lines[i], options);
            CHECK(alone.hypotheses[0].tokens == a.tokens);
            CHECK(alone.hypotheses[0].score == a.score);
        }
    }
    CHECK(compared >= 180 / every);
    CHECK(distinct > compared / 2);   // the models do say something
}

TEST_CASE("what a student's files are packed in changes no bit") {
    if (every > 1) return;   // what differs is not the device
    const auto translations = [](StudentFile file) {
        const TemporaryFolder folder;
        write_tiny_student(folder, {.seed = 20}, file);
        return Translator(main_device(), folder.path()).translate(some_lines({}));
    };
    const auto floats = translations(StudentFile::bin), bytes = translations(StudentFile::int8);
    for (const StudentFile file : {StudentFile::bin_gzip, StudentFile::bin_zstd, StudentFile::npz, StudentFile::npz_deflated, StudentFile::npz_gzip})
        check_same(translations(file), floats);
    for (const StudentFile file : {StudentFile::int8_alphas, StudentFile::int8_alphas_zstd}) check_same(translations(file), bytes);
}

TEST_CASE("a shortlist of all words is no shortlist, and one of few leaves only those") {
    const TemporaryFolder folder;
    const TinyStudent     student{.seed = 21};
    write_tiny_student(folder, student);
    const auto lines = some_lines(student);
    expect_error(Status::bad_input, {"lex*.bin"}, [&] { Translator(main_device(), folder.path(), {.shortlist = true}); });
    const auto whole = Translator(main_device(), folder.path()).translate(lines);

    folder.write("lex.tiny.s2t.bin", shortlist_bytes(student.target_words, std::vector<std::vector<std::uint32_t>>(student.source_words)));
    const auto all = Translator(main_device(), folder.path(), {.shortlist = true}).translate(lines);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        CHECK(all[i].hypotheses[0].tokens == whole[i].hypotheses[0].tokens);
        CHECK(std::abs(all[i].hypotheses[0].score - whole[i].hypotheses[0].score) < 1e-4);
    }

    // The end, the sentence's own words, and word 5 for each of them.
    folder.write("lex.tiny.s2t.bin", shortlist_bytes(0, std::vector<std::vector<std::uint32_t>>(student.source_words, {5})));
    for (const std::uint32_t beams : {1u, 3u}) {
        Translator translator(main_device(), folder.path(), {.shortlist = true}), oracle = Translator::on_oracle(folder.path(), {.shortlist = true});
        const auto few = translator.translate(lines, {.beam_size = beams}), expected = oracle.translate(lines, {.beam_size = beams});
        for (std::size_t i = 0; i < lines.size(); ++i) {
            std::vector<std::uint32_t> allowed = few[i].source_tokens;
            allowed.push_back(5);
            for (const std::uint32_t token : few[i].hypotheses[0].tokens)
                CHECK(std::find(allowed.begin(), allowed.end(), token) != allowed.end());
            CHECK(few[i].hypotheses[0].tokens == expected[i].hypotheses[0].tokens);
        }
    }
}

TEST_CASE("inspect tells what is in a folder of Marian's files, and why one will not run") {
    const TemporaryFolder folder;
    write_tiny_student(folder, {}, StudentFile::int8_alphas);
    folder.write("README", "x");
    const auto good = Translator::inspect_folder(folder.path());
    CHECK(good.opens);
    CHECK(good.will_not_run.empty());
    CHECK(good.architecture.find("SSRU") != std::string::npos);
    REQUIRE(good.unused.size() == 1);
    CHECK(good.unused[0].reason.find("integer arithmetic") != std::string::npos);
    CHECK(good.files.size() == 3);

    TinyStudent other;
    other.activation = "gelu";
    write_tiny_student(folder, other, StudentFile::int8_alphas);
    const auto bad = Translator::inspect_folder(folder.path());
    CHECK_FALSE(bad.opens);
    REQUIRE_FALSE(bad.will_not_run.empty());
    CHECK(bad.will_not_run[0].find("transformer-ffn-activation") != std::string::npos);
}

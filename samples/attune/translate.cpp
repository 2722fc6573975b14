// attune translate: lines in, their translations out, in order.
#include "command.h"
#include "format.h"
#include "interrupt.h"
#include "lines.h"
#include "model.h"
#include "progress.h"

#include <chrono>
#include <cstdio>
#include <unistd.h>

namespace attune::cli {
namespace {

struct TranslateChoice {
    ModelChoice      model;
    TranslateOptions search;
    Format           format;
    std::string      source, result;   // "": standard input and output
    bool             stats = false;
};

// Lines read at a time: enough batches that each holds lines of about one length. Of these the long ones are
// translated first, so that more would also mean a longer wait for the first line of them.
constexpr std::size_t batches_of_a_chunk = 8;

// What the translator does not count.
struct Seen {
    std::uint64_t lines = 0, split_lines = 0, repairs = 0, repaired_lines = 0;
};

Syntax syntax(TranslateChoice& c) {
    return {.usage    = "attune translate [MODEL] [options] < lines > lines",
            .about    = "Translates UTF-8 text, one translation per line and in the order of the lines; empty lines stay\n"
                        "empty. MODEL is a folder of a MarianMT model as Hugging Face stores it; without one, the model\n"
                        "that ships with attune. What is not said here is as the model's own files say. A line that is too\n"
                        "long for the model is cut at sentence ends, bytes that are not UTF-8 become U+FFFD, and both are\n"
                        "said on standard error. A line may have any length: the translation of one of over a megabyte is\n"
                        "written as it comes. With scores, alignments, hypotheses or JSON it has to be held, and one of over\n"
                        "64 MiB is refused. On a terminal, type a line and read its translation.\n",
            .operands = 1,
            .options  = {
                {{"--target-lang", "--to"}, "LANGUAGE", "language to translate into, such as de, for models of several", to_text(c.search.target_language)},
                {{"--src"}, "FILE", "read this file instead of standard input", to_text(c.source)},
                {{"--out"}, "FILE", "write this file instead of standard output; until all is done it is FILE.partial", to_text(c.result)},
                {{"--beam-size"}, "N", "sentences that the search follows at a time, 1 to 32; 1 is greedy", to_number(c.search.beam_size, 1, 32)},
                {{"--num-hypotheses"}, "N", "the N best translations, N lines for each line; at most the beam size", to_number(c.search.num_hypotheses, 1, 32)},
                {{"--length-penalty"}, "X", "scores are divided by length^X: more favours longer ones", to_real(c.search.length_penalty, -100, 100)},
                {{"--max-length"}, "N", "tokens of a translation at most, its end included", to_number(c.search.max_length, 1, 65536)},
                {{"--min-length"}, "N", "tokens of a translation at least, its end included", to_number(c.search.min_length, 0, 65536)},
                {{"--shortlist"}, "", "words that the model's lexical shortlist has for those of the line, and no others", to_flag(c.model.shortlist)},
                {{"--no-repeat-ngram"}, "N", "no N tokens in a row come twice; 0: they may", to_number(c.search.no_repeat_ngram, 0, 65536)},
                {{"--scores"}, "", "score ||| text", to_flag(c.format.scores)},
                {{"--alignment"}, "", "text ||| s-t s-t ..: for each target token t the source token s it looks at most, from 0", to_flag(c.format.alignment)},
                {{"--json"}, "", "one object per line: text, score, ids, alignment if asked for, source_ids, parts, repairs, hypotheses", to_flag(c.format.json)},
                {{"--batch-tokens"}, "N", "source tokens translated together, at most; default " + std::to_string(c.model.batch_tokens), to_number(c.model.batch_tokens, 1, 1u << 20)},
                {{"--steps-per-wait"}, "N", "tokens that the device chooses before the host looks; default " + std::to_string(c.model.steps_per_wait), to_number(c.model.steps_per_wait, 1, 64)},
                {{"--batch-rows"}, "N", "sentences times beams decoded together, at most; default " + std::to_string(c.model.batch_rows), to_number(c.model.batch_rows, 1, 65536)},
                precision_option(c.model),
                cache_option(c.model),
                device_option(c.model),
                cache_file_option(c.model.cache_file),
                no_cache_option(c.model.cache_file),
                {{"--stats"}, "", "rates, counts and times on standard error at the end, as 'name: value'", to_flag(c.stats)},
                verbose_option(c.model, 4),
            }};
}

TranslateChoice read_choice(const Words& words) {
    TranslateChoice choice;
    const Words     operands = read_arguments(syntax(choice), words);
    if (!operands.empty()) choice.model.folder = operands[0];
    choice.search.alignment  = choice.format.alignment;
    choice.format.hypotheses = choice.search.num_hypotheses;
    if (choice.search.beam_size && choice.search.num_hypotheses > *choice.search.beam_size)
        throw Error(Status::usage, "--num-hypotheses", "asks for more than the beam size of " + std::to_string(*choice.search.beam_size));
    return choice;
}

void count(Seen& seen, std::uint64_t parts, std::uint64_t repairs) {
    seen.lines += 1;
    seen.split_lines += parts > 1 ? 1 : 0;
    seen.repairs += repairs;
    seen.repaired_lines += repairs > 0 ? 1 : 0;
}

void translate_lines(Translator& translator, const TranslateOptions& search, const Format& format, const LineReader::Chunk& chunk, LineWriter& output, Progress& progress, Seen& seen) {
    translator.translate(chunk.lines, search, [&](std::size_t i, Translation&& translation) {
        output.write(formatted(translation, format));
        progress.update(chunk.first + i + 1, chunk.ends[i]);
        count(seen, translation.parts, translation.repairs);
    }, &interrupted());
}

// Plain text, written as it comes.
void translate_long_line(Translator& translator, const TranslateOptions& search, LineReader& input, LineWriter& output, Progress& progress, Seen& seen) {
    std::uint64_t parts = 0, repairs = 0;
    translator.translate_long([&] { return input.next_piece(); }, search, [&](Translation&& stretch) {
        output.write(stretch.text);
        progress.update(seen.lines, input.bytes());
        parts += stretch.parts;
        repairs += stretch.repairs;
    }, &interrupted());
    output.write("\n");
    count(seen, parts, repairs);
}

Seen translate_all(Translator& translator, const TranslateChoice& choice, LineReader& input, LineWriter& output) {
    const bool talks = input.is_terminal();
    if (talks) std::fputs("Type a line and press Enter; Ctrl-D ends.\n", stderr);
    const bool alone = !talks && choice.model.verbose == 0 && ::isatty(STDERR_FILENO) && (!::isatty(STDOUT_FILENO) || !choice.result.empty());
    Progress   progress(alone ? Progress::Shown::yes : Progress::Shown::no, input.size());
    Seen       seen;
    for (;;) {
        const LineReader::Chunk chunk = input.next();
        if (chunk.is_long_line) translate_long_line(translator, choice.search, input, output, progress, seen);
        else if (chunk.lines.empty()) return seen;
        else translate_lines(translator, choice.search, choice.format, chunk, output, progress, seen);
        output.flush();
    }
}

void say_notes(const Seen& seen, const TranslatorStats& stats) {
    const auto note = [](std::uint64_t count, const char* what) {
        if (count > 0) std::fprintf(stderr, "attune: %s: %llu\n", what, static_cast<unsigned long long>(count));
    };
    note(seen.split_lines, "lines longer than the model takes, cut at sentence ends");
    note(seen.repaired_lines, "lines with bytes that are not UTF-8, read as U+FFFD");
    note(stats.batch_halvings, "batches halved because the device's memory did not suffice");
}

void print(const char* name, std::uint64_t value) {
    std::fprintf(stderr, "%s: %llu\n", name, static_cast<unsigned long long>(value));
}

void print(const char* name, double value) { std::fprintf(stderr, "%s: %.3f\n", name, value); }

void say_stats(const OpenModel& model, const Seen& seen, double load_seconds, double total_seconds) {
    const TranslatorStats s    = model.translator.stats();
    const auto            rate = [&](std::uint64_t count) { return s.seconds > 0 ? static_cast<double>(count) / s.seconds : 0.0; };
    std::fprintf(stderr, "device: %s\n", device_name(model).c_str());
    std::fprintf(stderr, "precision: %s\n", name_of(model.precision));
    print("lines", seen.lines);
    print("split_lines", seen.split_lines);
    print("repairs", seen.repairs);
    print("source_tokens", s.source_tokens);
    print("target_tokens", s.target_tokens);
    print("target_tokens_per_second", rate(s.target_tokens));
    print("lines_per_second", rate(seen.lines));
    print("seconds", s.seconds);
    print("encode_seconds", s.encode_seconds);
    print("decode_seconds", s.decode_seconds);
    print("load_seconds", load_seconds);
    print("total_seconds", total_seconds);
    print("encoder_runs", s.encoder_runs);
    print("decoder_steps", s.decoder_steps);
    print("submissions", s.submissions);
    print("host_waits", s.host_waits);
    print("bytes_read_back", s.bytes_read_back);
    print("batch_halvings", s.batch_halvings);
    print("programs_prepared", s.programs_prepared);
    print("objects_created", s.objects_created);
    print("device_bytes", s.device_bytes);
    if (model.device) print("device_bytes_peak", model.device->memory_peak());
}

}  // namespace

std::string translate_help() {
    TranslateChoice choice;
    return help_text(syntax(choice));
}

int translate(const Words& words) {
    using Clock        = std::chrono::steady_clock;
    const auto seconds = [start = Clock::now()] { return std::chrono::duration<double>(Clock::now() - start).count(); };

    const TranslateChoice choice = read_choice(words);
    LineReader            input(choice.source, batches_of_a_chunk * choice.model.batch_rows,
                                is_plain(choice.format) ? LineReader::LongLines::in_pieces : LineReader::LongLines::whole);
    OpenModel             model        = open_model(choice.model);
    const double          load_seconds = seconds();
    LineWriter            output(choice.result);
    catch_interrupts();

    const Seen seen = translate_all(model.translator, choice, input, output);
    output.finish();
    say_notes(seen, model.translator.stats());
    std::fputs(model.translator.times().c_str(), stderr);
    if (choice.stats) say_stats(model, seen, load_seconds, seconds());
    return Exit::done;
}

}  // namespace attune::cli

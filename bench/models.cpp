#include "bench/models.h"

#include <algorithm>
#include <cmath>

namespace attune::bench {
namespace {

constexpr std::uint32_t most_batch = 64, most_beam = 32;
// Of greedy searches: where the best two tokens are nearer, rounding may decide, of f16 above all.
constexpr double        least_margin     = 0.05;
constexpr std::uint32_t steps            = 16;                      // of a pass that measures a step
constexpr std::uint32_t generated_length = 32, checked_length = 6;  // of generated models

std::uint32_t beam_of(const BenchCase& which) {
    return which.family->use == ModelUse::encode ? 1 : static_cast<std::uint32_t>(number_of(which.parameters, "beam"));
}

bool is_generated(const BenchCase& which) { return word_of(which.parameters, "model") == "base"; }

// A generated model does not know where a sentence ends.
TranslateOptions options_of(const BenchCase& which) {
    TranslateOptions options{.beam_size = beam_of(which)};
    if (which.family->use == ModelUse::encode) options.max_length = 1;
    if (which.family->use == ModelUse::decode_step) options.min_length = options.max_length = steps;
    if (which.family->use == ModelUse::translate && is_generated(which))
        options.min_length = options.max_length = generated_length;
    return options;
}

TranslateOptions checked_options_of(const BenchCase& which) {
    TranslateOptions options{.beam_size = beam_of(which)};
    if (is_generated(which)) options.max_length = checked_length;
    return options;
}

std::vector<std::string> sources(const std::vector<test::Golden>& lines) {
    std::vector<std::string> texts;
    for (const test::Golden& line : lines) texts.push_back(line.source);
    return texts;
}

Verdict of_count(const test::GoldenCount& count, bool enough) {
    Verdict verdict{.right = enough};
    if (!enough) verdict.note = count.different.empty() ? "no line was compared" : count.different.front();
    return verdict;
}

Precision precision_of(Type type) {
    return type == Type::f16 ? Precision::f16 : type == Type::i8 ? Precision::int8 : Precision::f32;
}

// Of the score of a sentence. The oracle has the model's own weights, which i8 rounds to 8 bits: another model, whose
// scores are up to a hundredth off, where arithmetic alone accounts for a thousandth of that.
double largest_score_nmse(Type type) { return type == Type::i8 ? 1e-4 : largest_nmse(type); }

// Of numbers that are stored as f16 or i8, at most one line of a hundred may differ, as for `attune check`.
bool enough_of_rounded(const test::GoldenCount& count) {
    return count.lines > 0 && (count.lines - count.equal) * 100 <= std::max<std::size_t>(count.lines, 100);
}

}  // namespace

// Lines of all languages, those that rounding does not decide, the same ones for the same count.
std::vector<test::Golden> Models::lines(std::uint64_t count) {
    if (goldens_.empty()) {
        goldens_ = test::read_goldens(place_.goldens);
        std::erase_if(goldens_, [](const test::Golden& line) { return line.margin <= least_margin; });
    }
    std::vector<test::Golden> chosen;
    for (std::size_t i = 0; i < count; ++i)
        chosen.push_back(goldens_[i * goldens_.size() / most_batch % goldens_.size()]);
    return chosen;
}

ModelSource Models::source(const BenchCase& which) {
    if (!is_generated(which)) return place_.folder;
    if (!generated_) generated_.emplace(place_.folder);
    return generated_->source();
}

// All lines of a case are one batch, and nothing is kept for more of them.
Translator& Models::translator(const BenchCase& which) {
    const std::uint64_t rows = number_of(which.parameters, "batch") * beam_of(which);
    const Type          type = type_of(which.parameters);
    const std::string   key  = word_of(which.parameters, "model") + " " + name_of(type) + " " + std::to_string(rows);
    if (translator_ && made_for_ == key) return *translator_;
    TranslatorOptions options;
    options.precision  = precision_of(type);
    options.batch_rows = static_cast<std::uint32_t>(rows);
    translator_.reset();  // before there is a second one
    translator_.emplace(device_, source(which), options);
    made_for_ = key;
    return *translator_;
}

const Translation& Models::oracles(const BenchCase& which) {
    const std::string key = word_of(which.parameters, "model") + " " + std::to_string(beam_of(which));
    if (const auto found = oracles_.find(key); found != oracles_.end()) return found->second;
    Translator oracle = Translator::on_oracle(source(which));
    return oracles_.emplace(key, oracle.translate(lines(1)[0].source, checked_options_of(which))).first->second;
}

const Verdict& Models::verify(const BenchCase& which) {
    const std::uint32_t beam  = beam_of(which);
    const std::uint64_t batch = number_of(which.parameters, "batch");
    const Type          type  = type_of(which.parameters);
    const std::string   key   = word_of(which.parameters, "model") + " " + std::to_string(beam) + " " +
                            std::to_string(batch) + " " + name_of(type);
    if (const auto known = verdicts_.find(key); known != verdicts_.end()) return known->second;

    Translator& device = translator(which);
    const auto  some   = lines(batch);
    Verdict     verdict;
    if (!is_generated(which) && (beam == 1 || beam == 4)) {
        const test::GoldenCount count = beam == 1 ? test::count_greedy(device, some) : test::count_beams(device, some);
        verdict.add(of_count(count, type != Type::f32 ? enough_of_rounded(count)
                                    : beam == 1       ? test::enough_greedy(count)
                                                      : test::enough_beams(count)));
    }
    const Translation got = device.translate(some[0].source, checked_options_of(which)), &wanted = oracles(which);
    const double      score = wanted.hypotheses.at(0).score, off = got.hypotheses.at(0).score - score;
    Verdict           first{.right = true, .nmse = off * off / (score * score)};
    first.right = got.text == wanted.text && first.nmse <= largest_score_nmse(type);
    if (!first.right)
        first.note = some[0].source + " -> " + got.text + " " + std::to_string(score + off) + ", the oracle has " +
                     wanted.text + " " + std::to_string(score);
    verdict.add(first);
    return verdicts_.emplace(key, verdict).first->second;
}

// Seconds of one run of what the case measures, in one pass over its lines.
double Models::pass(const BenchCase& which) {
    Translator&           device = translator(which);
    const auto            texts  = sources(lines(number_of(which.parameters, "batch")));
    const TranslatorStats before = device.stats();
    device.translate(texts, options_of(which));
    const TranslatorStats after = device.stats();
    const auto            count = [](std::uint64_t now, std::uint64_t then) {
        return static_cast<double>(std::max<std::uint64_t>(now - then, 1));
    };
    switch (which.family->use) {
    case ModelUse::encode:
        tokens_ = count(after.source_tokens, before.source_tokens);
        return (after.encode_seconds - before.encode_seconds) / count(after.encoder_runs, before.encoder_runs);
    case ModelUse::decode_step:
        tokens_ = static_cast<double>(texts.size());
        return (after.decode_seconds - before.decode_seconds) / count(after.decoder_steps, before.decoder_steps);
    default: tokens_ = count(after.target_tokens, before.target_tokens); return after.seconds - before.seconds;
    }
}

Timing Models::measure(const BenchCase& which, const MeasureOptions& options) {
    const Sampler sample = [&](std::uint32_t repeats, std::uint32_t samples) {
        std::vector<double> seconds(samples);
        for (double& one : seconds) {
            for (std::uint32_t i = 0; i < repeats; ++i) one += pass(which);
            one /= repeats;
        }
        return seconds;
    };
    return bench::measure(sample, options);
}

Models::Facts Models::facts(const BenchCase& which) {
    Translator& device = translator(which);
    Facts       facts{.tokens = tokens_, .dispatches = 0, .bytes = device.stats().device_bytes};
    if (which.family->use == ModelUse::decode_step)
        facts.dispatches =
            device.inspect(static_cast<std::uint32_t>(number_of(which.parameters, "batch") * beam_of(which)))
                .decoder_dispatches;
    return facts;
}

void add_model_families(std::vector<Family>& rows) {
    struct Row {
        const char* name;
        const char* about;
        ModelUse    use;
    };
    for (const Row& row :
         {Row{"encode", "the encoder over so many sentences together", ModelUse::encode},
          {"decode_step", "one step of the decoder for so many sentences, of the first 16", ModelUse::decode_step},
          {"translate", "tokens per second of whole translations", ModelUse::translate}}) {
        Family family;
        family.name       = row.name;
        family.about      = row.about;
        family.use        = row.use;
        family.parameters = {number("batch", 1, most_batch)};
        if (row.use != ModelUse::encode) family.parameters.push_back(number("beam", 1, most_beam));
        family.parameters.push_back(type_parameter({"f32", "f16", "i8"}));
        family.parameters.push_back(option(word("model", {"shipped", "base"})));
        family.work = [](const Parameters&) { return Work{}; };
        rows.push_back(std::move(family));
    }
}

}  // namespace attune::bench

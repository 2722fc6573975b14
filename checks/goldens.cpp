#include "checks/goldens.h"

#include <attune/error.hpp>

#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>

namespace attune::test {
namespace {

constexpr double least_margin = 0.001, score_tolerance = 0.001;

std::vector<std::string> sources_of(std::span<const Golden> goldens) {
    std::vector<std::string> sources;
    for (const Golden& golden : goldens) sources.push_back(golden.source);
    return sources;
}

}  // namespace

std::vector<Golden> read_goldens(const std::filesystem::path& file) {
    std::ifstream in(file);
    if (!in) throw Error(Status::bad_input, file.string(), "cannot be read", "it is installed beside the shipped model");
    try {
        std::vector<Golden> goldens;
        for (const auto& line : nlohmann::json::parse(in))
            goldens.push_back({.source = ">>" + line.at("to").get<std::string>() + "<< " + line.at("source").get<std::string>(),
                               .greedy = line.at("greedy").get<std::string>(),
                               .margin = line.at("greedy_margin").get<double>(),
                               .beams  = line.at("beam4").at(0).at("text").get<std::string>(),
                               .score  = line.at("beam4").at(0).at("score").get<double>()});
        return goldens;
    } catch (const nlohmann::json::exception& exception) {
        throw Error(Status::bad_input, file.string(), exception.what());
    }
}

GoldenCount count_greedy(Translator& translator, std::span<const Golden> goldens) {
    const auto  results = translator.translate(sources_of(goldens), {.beam_size = 1});
    GoldenCount count;
    for (std::size_t i = 0; i < goldens.size(); ++i) {
        if (goldens[i].margin <= least_margin) continue;
        ++count.lines;
        if (results[i].text == goldens[i].greedy)
            ++count.equal;
        else
            count.different.push_back(goldens[i].source + " -> " + results[i].text + ", not " + goldens[i].greedy);
    }
    return count;
}

GoldenCount count_beams(Translator& translator, std::span<const Golden> goldens) {
    const auto  results = translator.translate(sources_of(goldens), {.beam_size = 4});
    GoldenCount count;
    for (std::size_t i = 0; i < goldens.size(); ++i) {
        ++count.lines;
        const double score = results[i].hypotheses.at(0).score;
        const bool   same = results[i].text == goldens[i].beams, near = std::abs(score - goldens[i].score) < score_tolerance;
        count.equal += same;
        count.wrong_scores += same && !near;
        if (!same || !near)
            count.different.push_back(goldens[i].source + " -> " + results[i].text + " (" + std::to_string(score) +
                                      "), not " + goldens[i].beams + " (" + std::to_string(goldens[i].score) + ")");
    }
    return count;
}

bool enough_greedy(const GoldenCount& count) {
    return count.lines > 0 && static_cast<double>(count.equal) >= 0.999 * static_cast<double>(count.lines);
}

bool enough_beams(const GoldenCount& count) {
    return count.lines > 0 && count.wrong_scores == 0 &&
           static_cast<double>(count.equal) >= 0.99 * static_cast<double>(count.lines);
}

}  // namespace attune::test

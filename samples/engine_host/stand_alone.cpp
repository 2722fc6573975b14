#include "stand_alone.h"

#include <attune/attune.hpp>

namespace host {

std::vector<std::string> translate_alone(const std::string& model, const std::string& device,
                                         const std::vector<std::string>& lines) {
    attune::TranslateOptions greedy;
    greedy.beam_size = 1;
    attune::Device::Options select;
    select.select                = device;
    const attune::Device     own = attune::Device::open(select);
    attune::Translator       translator(own, model);
    std::vector<std::string> translations;
    for (const std::string& line : lines) translations.push_back(translator.translate(line, greedy).text);
    return translations;
}

}  // namespace host

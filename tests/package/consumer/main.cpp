// The library as README shows it, built against an installed attune.
#include <attune/attune.hpp>

#include <iostream>

int main() try {
    attune::Device     device = attune::Device::open();
    attune::Translator translator(device, MODELS "/tatoeba-en-de-fr-es");
    for (std::string line; std::getline(std::cin, line);)
        std::cout << translator.translate(line).text << std::endl;
} catch (const attune::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}

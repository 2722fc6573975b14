// Translates standard input line by line:   sample_translate MODEL_FOLDER < in.txt > out.txt
#include <attune/attune.hpp>

#include <iostream>

int main(int count, char** words) try {
    if (count != 2) {
        std::cerr << "usage: sample_translate MODEL_FOLDER < in.txt > out.txt\n";
        return 2;
    }
    attune::Device     device = attune::Device::open();   // the best device here; see Device::Options
    attune::Translator translator(device, words[1]);      // a Hugging Face folder, as downloaded
    for (std::string line; std::getline(std::cin, line);)
        std::cout << translator.translate(line).text << std::endl;
} catch (const attune::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}

// In the place of sentencepiece.cpp where attune is built with ATTUNE_SENTENCEPIECE=OFF.
#include "text/sentencepiece.h"

#include <attune/error.hpp>

namespace attune {

std::unique_ptr<const SentencePiece> make_sentencepiece(std::string_view, const std::string& where) {
    throw Error(Status::bad_input, where, "this build of attune reads no SentencePiece models",
                "build it with ATTUNE_SENTENCEPIECE=ON");
}

std::unique_ptr<const SentencePiece> open_sentencepiece(const File& file) {
    return make_sentencepiece({}, file.text());
}

}  // namespace attune

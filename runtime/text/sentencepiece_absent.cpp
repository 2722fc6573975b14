// In the place of sentencepiece.cpp where attune is built with ATTUNE_SENTENCEPIECE=OFF.
#include "text/sentencepiece.h"

#include "base/file.h"

#include <attune/error.hpp>

namespace attune {

std::unique_ptr<const SentencePiece> open_sentencepiece(const std::filesystem::path& path) {
    throw Error(Status::bad_input, path_text(path), "this build of attune reads no SentencePiece models",
                "build it with ATTUNE_SENTENCEPIECE=ON");
}

}  // namespace attune

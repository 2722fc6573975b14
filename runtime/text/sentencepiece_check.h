// Checks the bytes of an untrusted SentencePiece model before the library opens them.
#pragma once

#include <string>
#include <string_view>

namespace attune {

// Throws bad_input, naming `where` and the reason, unless `model` (the content of a *.spm or *.model
// file) is one that SentencePiece 0.1.97 can load and use without leaving its own memory:
//   - protocol buffer wire format, every length inside its message, the fields that the library reads with
//     their types, each singular one once; at most 8 MiB, 65,536 strings in a list of the trainer's;
//   - at most 131,072 pieces of 1.5 MiB in all, user-defined ones counted twice, since the library takes about
//     20 bytes and half a microsecond for each of these bytes (opus-mt has at most 65,000 pieces of 0.6 MiB);
//   - pieces: not empty, at most 512 bytes, UTF-8 without NUL, unique; finite scores; a known type;
//     exactly one unknown piece; all 256 byte pieces or none, as byte_fallback says;
//   - at most 64 user-defined pieces that are prefixes of one another (the library's array has 64);
//   - a model type of its four; a visible name for the unknown piece that is UTF-8;
//   - normalisation tables as charsmap_check.h says;
//   - self-test samples of at most 64 KiB in all, which loading runs.
// Other fields, such as those that later versions added, are legal.
void check_sentencepiece(std::string_view model, const std::string& where);

}  // namespace attune

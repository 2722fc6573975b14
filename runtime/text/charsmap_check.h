// Checks the normalisation table inside a SentencePiece model.
#pragma once

#include <string>
#include <string_view>

namespace attune {

// `blob` is normalizer_spec.precompiled_charsmap: u32 bytes of the trie; the trie, a double array of u32
// units (github.com/s-yata/darts-clone); the replacements, each ended by NUL. SentencePiece 0.1.97
// follows the offsets in it without looking at the size. This throws bad_input unless
//   - it has at most 2 MiB (SentencePiece's own have 0.3);
//   - the trie lies inside the blob, is whole units, and no lookup of any key can leave it or circle in it;
//   - a key has at most 32 prefixes in it (SentencePiece collects them in an array of 32);
//   - every value points at the first byte of a code point of the replacements, which are UTF-8, end with
//     NUL, and have at most 128 bytes each (the longest of Unicode's own has 33).
// An empty blob is no table, and legal. Takes linear time and at most 25 bytes of memory per unit.
void check_charsmap(std::string_view blob, const std::string& where);

}  // namespace attune

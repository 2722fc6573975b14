// A whole tiny MarianMT folder with random weights, tokenizer included.
#pragma once

#include "support/checkpoint_writer.h"
#include "support/temporary_folder.h"

namespace attune::test {

// The text of `words` words of the tiny vocabulary, chosen by `seed`: as many source tokens, and the end.
std::string tiny_text(std::size_t words, std::uint32_t seed, std::size_t vocabulary = 12);

// vocab.json, source.spm and target.spm for `vocabulary` ids: </s>, <unk>, single words, <pad>.
void write_tiny_tokenizer(const TemporaryFolder& folder, std::size_t vocabulary);

// Everything: tiny_marian_config(changes), random weights, the tokenizer.
void write_tiny_model(const TemporaryFolder& folder, const Json& changes = Json::object());

}  // namespace attune::test

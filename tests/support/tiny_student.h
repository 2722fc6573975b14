// A whole folder of a tiny model in Marian's own files, with random weights.
#pragma once

#include "support/checkpoint_writer.h"
#include "support/temporary_folder.h"

#include <cstdint>
#include <string>
#include <vector>

namespace attune::test {

struct TinyStudent {
    std::uint64_t width = 16, heads = 4, ffn = 24, encoder_layers = 2, decoder_layers = 2;
    std::uint64_t source_words = 12, target_words = 12;   // </s> and <unk> included; the same if the tables are one
    bool          recurrent = true;                       // ssru, else self-attention
    std::string   activation = "relu";
    enum class Tables { one, target_and_output, none } tied = Tables::one;
    std::vector<std::uint64_t> tied_layers = {};          // of the decoder, counted from 1
    bool                       output_bias = true;
    std::uint32_t              seed = 1;
};

enum class StudentFile { bin, bin_gzip, bin_zstd, npz, npz_deflated, npz_gzip, int8, int8_alphas, int8_alphas_zstd };

// Vocabulary, weights, settings; `translation` becomes config.yml if it says anything. Vocabularies are compressed
// where the weights are.
void write_tiny_student(const TemporaryFolder& folder, const TinyStudent& student, StudentFile file = StudentFile::bin,
                        const std::string& translation = {});

// The weights as Marian names and turns them, and its special:model.yml.
NamedTensors tiny_student_tensors(const TinyStudent& student);
std::string  tiny_student_settings(const TinyStudent& student);

// A vocabulary of so many pieces, as SentencePiece stores it: </s>, <unk> and words of a few letters.
std::string tiny_student_vocabulary(std::uint64_t words);

// The text of some words of it, chosen by `seed`.
std::string tiny_student_text(std::size_t words, std::uint32_t seed, std::uint64_t vocabulary = 12);

}   // namespace attune::test

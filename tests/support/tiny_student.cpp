#include "support/tiny_student.h"

#include "support/marian_writer.h"
#include "support/tiny_model.h"
#include "text/tiny_spm.h"

#include <random>

namespace attune::test {
namespace {

// Makes random tensors in Marian's orientation.
class Maker {
public:
    explicit Maker(const TinyStudent& student) : s_(student), random_(student.seed) {}

    NamedTensors make() {
        for (std::uint64_t i = 1; i <= s_.encoder_layers; ++i) layer("encoder_l" + std::to_string(i), false);
        for (std::uint64_t i = 1; i <= s_.decoder_layers; ++i) layer("decoder_l" + std::to_string(i), true);
        tables();
        return std::move(tensors_);
    }

private:
    void add(const std::string& name, std::uint64_t rows, std::uint64_t columns, double spread, double middle = 0) {
        std::uniform_real_distribution<float> number(static_cast<float>(middle - spread), static_cast<float>(middle + spread));
        std::vector<float> values(rows * columns);
        for (float& value : values) value = number(random_);
        tensors_.emplace_back(name, Tensor::f32({rows, columns}, values));
    }

    void matrix(const std::string& name, std::uint64_t in, std::uint64_t out) {
        add(name, in, out, 1.5 / std::sqrt(static_cast<double>(in)));
    }
    void bias(const std::string& name, std::uint64_t n) { add(name, 1, n, 0.2); }
    void norm(const std::string& name) {
        add(name + "_scale", 1, s_.width, 0.3, 1);
        bias(name + "_bias", s_.width);
    }

    void attention(const std::string& prefix) {
        for (const char letter : {'q', 'k', 'v', 'o'}) {
            matrix(prefix + "_W" + letter, s_.width, s_.width);
            bias(prefix + "_b" + letter, s_.width);
        }
        norm(prefix + "_Wo_ln");
    }

    void layer(const std::string& name, bool decoder) {
        if (decoder && s_.recurrent) {
            matrix(name + "_rnn_W", s_.width, s_.width);
            matrix(name + "_rnn_Wf", s_.width, s_.width);
            bias(name + "_rnn_bf", s_.width);
            norm(name + "_rnn_ffn_ln");
        } else {
            attention(name + "_self");
        }
        if (decoder) attention(name + "_context");
        matrix(name + "_ffn_W1", s_.width, s_.ffn);
        bias(name + "_ffn_b1", s_.ffn);
        matrix(name + "_ffn_W2", s_.ffn, s_.width);
        bias(name + "_ffn_b2", s_.width);
        norm(name + "_ffn_ffn_ln");
    }

    void tables() {
        if (s_.tied == TinyStudent::Tables::one) {
            add("Wemb", s_.source_words, s_.width, 0.5);
        } else {
            add("encoder_Wemb", s_.source_words, s_.width, 0.5);
            add("decoder_Wemb", s_.target_words, s_.width, 0.5);
        }
        if (s_.tied == TinyStudent::Tables::none) matrix("decoder_ff_logit_out_W", s_.width, s_.target_words);
        if (s_.output_bias) bias("decoder_ff_logit_out_b", s_.target_words);
    }

    const TinyStudent& s_;
    std::mt19937       random_;
    NamedTensors       tensors_;
};

std::string model_bytes(const TinyStudent& student, StudentFile file) {
    const NamedTensors tensors  = tiny_student_tensors(student);
    const std::string  settings = tiny_student_settings(student);
    switch (file) {
    case StudentFile::bin: return marian_bin(tensors, settings);
    case StudentFile::bin_gzip: return gzip_bytes(marian_bin(tensors, settings));
    case StudentFile::bin_zstd: return zstd_bytes(marian_bin(tensors, settings));
    case StudentFile::npz: return marian_npz(tensors, settings);
    case StudentFile::npz_deflated: return marian_npz(tensors, settings, NpzMembers::deflated);
    case StudentFile::npz_gzip: return gzip_bytes(marian_npz(tensors, settings));
    case StudentFile::int8: return marian_bin(quantized(tensors), settings);
    case StudentFile::int8_alphas: return marian_bin(with_alphas(quantized(tensors)), settings);
    case StudentFile::int8_alphas_zstd: return zstd_bytes(marian_bin(with_alphas(quantized(tensors)), settings));
    }
    return {};
}

struct Written {
    const char* model;
    const char* end;   // of the other files
};

Written written(StudentFile file) {
    switch (file) {
    case StudentFile::bin: return {"model.tiny.bin", ""};
    case StudentFile::bin_gzip: return {"model.tiny.bin.gz", ".gz"};
    case StudentFile::bin_zstd: return {"model.tiny.bin.zst", ".zst"};
    case StudentFile::npz: return {"model.npz", ""};
    case StudentFile::npz_deflated: return {"model.npz", ""};
    case StudentFile::npz_gzip: return {"model.npz.gz", ".gz"};
    case StudentFile::int8: return {"model.tiny.intgemm.bin", ""};
    case StudentFile::int8_alphas: return {"model.tiny.intgemm.alphas.bin", ""};
    case StudentFile::int8_alphas_zstd: return {"model.tiny.intgemm.alphas.bin.zst", ".zst"};
    }
    return {};
}

std::string packed(const std::string& bytes, std::string_view end) {
    if (end == ".gz") return gzip_bytes(bytes);
    return end == ".zst" ? zstd_bytes(bytes) : bytes;
}

}   // namespace

NamedTensors tiny_student_tensors(const TinyStudent& student) { return Maker(student).make(); }

std::string tiny_student_settings(const TinyStudent& s) {
    const auto  n    = [](std::uint64_t value) { return std::to_string(value); };
    const auto  flag = [](bool value) { return std::string(value ? "true" : "false"); };
    std::string tied;
    for (const std::uint64_t layer : s.tied_layers) tied += (tied.empty() ? "" : ", ") + n(layer);
    return "type: transformer\ndim-vocabs:\n  - " + n(s.source_words) + "\n  - " + n(s.target_words) + "\ndim-emb: " +
           n(s.width) + "\nenc-depth: " + n(s.encoder_layers) + "\ndec-depth: " + n(s.decoder_layers) +
           "\ntransformer-heads: " + n(s.heads) + "\ntransformer-dim-ffn: " + n(s.ffn) +
           "\ntransformer-ffn-activation: " + s.activation + "\ntransformer-decoder-autoreg: " +
           (s.recurrent ? "rnn\ndec-cell: ssru" : "self-attention\ndec-cell: gru") +
           "\ntransformer-preprocess: \"\"\ntransformer-postprocess: dan\ntransformer-postprocess-emb: d" +
           "\ntransformer-tied-layers:\n  [" + tied + "]\ntied-embeddings-all: " +
           flag(s.tied == TinyStudent::Tables::one) +
           "\ntied-embeddings: " + flag(s.tied == TinyStudent::Tables::target_and_output) +
           "\ntied-embeddings-src: false\noutput-omit-bias: " + flag(!s.output_bias) + "\nversion: v1.12.0\n";
}

std::string tiny_student_vocabulary(std::uint64_t words) {
    std::string model = piece("</s>", 0, 3) + piece("<unk>", 0, 2);
    for (std::uint64_t i = 2; i < words; ++i) model += piece(space_mark + tiny_word(i - 2));
    return model;
}

std::string tiny_student_text(std::size_t words, std::uint32_t seed, std::uint64_t vocabulary) {
    std::mt19937 random(seed);
    std::string  text;
    for (std::size_t i = 0; i < words; ++i) text += (i ? " " : "") + tiny_word(random() % (vocabulary - 2));
    return text;
}

void write_tiny_student(const TemporaryFolder& folder, const TinyStudent& student, StudentFile file,
                        const std::string& translation) {
    const Written names = written(file);
    folder.write(names.model, model_bytes(student, file));
    if (student.tied == TinyStudent::Tables::one) {
        folder.write(std::string("vocab.tiny.spm") + names.end, packed(tiny_student_vocabulary(student.source_words), names.end));
    } else {
        folder.write(std::string("srcvocab.tiny.spm") + names.end, packed(tiny_student_vocabulary(student.source_words), names.end));
        folder.write(std::string("trgvocab.tiny.spm") + names.end, packed(tiny_student_vocabulary(student.target_words), names.end));
    }
    if (!translation.empty()) folder.write("config.yml", translation);
}

}   // namespace attune::test

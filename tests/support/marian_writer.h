// Marian's own files, made by tests: models as .bin and .npz, shortlists, and all of them compressed.
#pragma once

#include "support/checkpoint_writer.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace attune::test {

// Model files of tensors in Marian's own orientation: matrices [in, out], biases [1, n], tables [vocabulary, width];
// `settings` becomes special:model.yml. Tensors are f32 or, in .bin, i8 with one scale: intgemm8, which is written
// transposed, but for tables, whose names hold "Wemb".
std::string marian_bin(const NamedTensors& tensors, std::string_view settings);

enum class NpzMembers { stored, deflated };   // as Marian and numpy.savez write them; as numpy.savez_compressed
std::string marian_npz(const NamedTensors& tensors, std::string_view settings, NpzMembers members = NpzMembers::stored);

// What Marian makes of a model for intgemm: f32 tensors of more than one row become i8, with the largest magnitude
// at 127.
NamedTensors quantized(const NamedTensors& tensors);

// With the scales of activations that files named "alphas" have: NAME_QuantMultA, f32 [1, 1], for each i8 tensor,
// and none_QuantMultA; that of Wemb is i8 and means nothing, as in the files that Mozilla publishes.
NamedTensors with_alphas(NamedTensors tensors);

// The list of each source word, in their order.
std::string shortlist_bytes(std::uint64_t first, const std::vector<std::vector<std::uint32_t>>& lists);

// As the programs of these names would compress it.
std::string gzip_bytes(std::string_view bytes);
std::string zstd_bytes(std::string_view bytes);

// --- the same files, with every lie about themselves that a test wants to tell ---

// An item of a .bin file. What is set in the second half replaces the truth.
struct BinItem {
    std::string               name;
    std::vector<std::int32_t> shape;
    std::string               data;              // with its padding
    std::uint64_t             type       = 0x404;
    std::optional<std::uint64_t> name_bytes = {};
    std::optional<std::uint64_t> rank       = {};
    std::optional<std::uint64_t> data_bytes = {};
    std::string                  name_end   = std::string(1, '\0');
};

struct BinOptions {
    std::uint64_t                version = 1;
    std::optional<std::uint64_t> count   = {};
    std::optional<std::uint64_t> padding = {};   // bytes between header and data
    std::string                  after   = {};
};

std::vector<BinItem> bin_items(const NamedTensors& tensors, std::string_view settings);
std::string          bin_bytes(const std::vector<BinItem>& items, const BinOptions& options = {});

std::string padded(std::string bytes);   // with zeros to a multiple of 256
std::string float_bytes(const std::vector<float>& numbers);

// An array with this header, such as {'descr': '<f4', 'fortran_order': False, 'shape': (2,), }.
std::string npy_bytes(std::string_view header, std::string_view data, unsigned version = 1);

// Without a header or a checksum, as zip archives hold it, and the CRC-32 that they keep of it.
std::string   deflated_bytes(std::string_view bytes);
std::uint32_t crc32_of(std::string_view bytes);

inline constexpr std::uint64_t shortlist_magic = 0xF11A48D5013417F5;

struct ShortlistParts {
    std::uint64_t              magic = shortlist_magic, first = 0, best = 0;
    std::vector<std::uint64_t> offsets;
    std::vector<std::uint32_t> words;
    std::optional<std::uint64_t> checksum = {}, offset_count = {}, word_count = {};
    std::string                  after    = {};
};
std::string shortlist_bytes(const ShortlistParts& parts);

// A shortlist of anything: magic, and a checksum that is right, before it.
std::string with_checksum(std::string_view body, std::uint64_t magic = shortlist_magic);

}   // namespace attune::test

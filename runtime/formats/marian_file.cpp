#include "formats/marian_file.h"

#include "formats/byte_reader.h"
#include "formats/compressed.h"
#include "formats/marian_items.h"
#include "formats/tensor_table.h"
#include "formats/zip_directory.h"

#include <attune/error.hpp>

namespace attune {
namespace {

constexpr std::uint64_t most_bytes = 4ull << 30, most_settings_bytes = 64u << 10;

// The text up to its first NUL, which Marian writes behind it.
std::string settings_of(const MarianItems& items, const std::string& where) {
    if (!items.settings)
        throw Error(Status::bad_input, where, "holds no special:model.yml, where Marian keeps a model's settings",
                    "is it a model? Files of an optimiser have none");
    const std::string_view text = items.settings->substr(0, items.settings->find('\0'));
    if (text.size() > most_settings_bytes)
        throw Error(Status::bad_input, where, "has a special:model.yml of more than 65536 bytes");
    return std::string(text);
}

class OpenedFile final : public TableCheckpoint<MarianFile> {
public:
    explicit OpenedFile(const File& file)
        : TableCheckpoint(file.text(), "float32 and intgemm8"),
          bytes_(read_plain_or_compressed(file, most_bytes)), files_{file.name()} {
        const std::string where = file.text();
        MarianItems       items =
            is_zip(bytes_.bytes()) ? read_marian_npz(bytes_.bytes(), where) : read_marian_bin(bytes_.bytes(), where);
        settings_ = settings_of(items, where);
        unpacked_ = std::move(items.unpacked);
        table_.insert(std::move(items.tensors));
    }

    const std::string&              settings_text() const override { return settings_; }
    const std::vector<std::string>& files() const override { return files_; }

private:
    FileBytes                           bytes_;
    std::vector<std::vector<std::byte>> unpacked_;  // members of an archive; those that are tensors, and the settings
    std::vector<std::string>            files_;
    std::string                         settings_;
};

}  // namespace

std::unique_ptr<MarianFile> open_marian_file(const File& file) {
    return std::make_unique<OpenedFile>(file);
}

}  // namespace attune

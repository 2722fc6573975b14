#include <attune/cache_file.hpp>

#include "base/file.h"
#include "base/hash.h"
#include "base/platform.h"

#include <attune/error.hpp>

#include <algorithm>
#include <cstring>
#include <optional>

// The file: a header, then each section as the length of its name, that of its bytes, the name and the bytes. The hash
// is of all that follows the header, and begins with the rest of the header.
namespace attune {
namespace {

constexpr char          magic[8]  = {'a', 't', 't', 'u', 'n', 'e', 'C', 'F'};
constexpr std::uint64_t format    = 1;
constexpr std::uint64_t most_file = 256u << 20;
constexpr std::size_t   most_name = 255;
constexpr const char*   foreign   = "is no cache of attune's";

struct Header {
    char          magic[8];
    std::uint64_t format, sections, bytes, hash;  // bytes: behind the header
};
static_assert(sizeof(Header) == 40, "without padding, of which nobody knows the bits");

std::uint64_t hash_of(const Header& header, std::span<const std::byte> body) {
    return hash64(body, hash64(std::as_bytes(std::span(&header, 1)).first(offsetof(Header, hash))));
}

// Takes parts from the front of bytes, as long as there are any.
class Reader {
public:
    explicit Reader(std::span<const std::byte> bytes) : left_(bytes) {}

    std::optional<std::span<const std::byte>> take(std::uint64_t count) {
        if (count > left_.size()) return std::nullopt;
        const auto taken = left_.first(count);
        left_            = left_.subspan(count);
        return taken;
    }
    std::optional<std::uint64_t> number() {
        const auto bytes = take(8);
        if (!bytes) return std::nullopt;
        std::uint64_t value = 0;
        std::memcpy(&value, bytes->data(), 8);
        return value;
    }
    bool ended() const noexcept { return left_.empty(); }

private:
    std::span<const std::byte> left_;
};

void append(std::vector<std::byte>& all, std::span<const std::byte> bytes) {
    all.insert(all.end(), bytes.begin(), bytes.end());
}

void append(std::vector<std::byte>& all, std::uint64_t number) { append(all, std::as_bytes(std::span(&number, 1))); }

}  // namespace

CacheFile::CacheFile(std::filesystem::path path) : path_(std::move(path)) { sections_ = read(path_, why_ignored_); }

CacheFile::Sections CacheFile::read(const std::filesystem::path& path, std::string& why_ignored) {
    const auto ignored = [&](const char* why) {
        why_ignored = why;
        return Sections();
    };
    std::error_code none;
    if (std::filesystem::status(path, none).type() == std::filesystem::file_type::not_found) return {};
    std::string text;
    try {
        text = read_file(path, most_file);
    } catch (const Error& error) { return ignored(error.what()); }
    const auto bytes = std::as_bytes(std::span(text));
    Header     header{};
    if (bytes.empty()) return ignored("is empty");
    std::memcpy(&header, bytes.data(), std::min(bytes.size(), sizeof header));
    if (std::memcmp(header.magic, magic, sizeof magic) != 0) return ignored(foreign);
    if (bytes.size() < sizeof header) return ignored("is damaged");
    const auto body = bytes.subspan(sizeof header);
    if (header.format != format) return ignored("is of another version of attune");
    if (header.bytes != body.size() || header.hash != hash_of(header, body)) return ignored("is damaged");
    Sections sections;
    Reader   reader(body);
    for (std::uint64_t i = 0; i < header.sections; ++i) {
        const auto name_bytes = reader.number(), size = reader.number();
        const auto name = name_bytes ? reader.take(*name_bytes) : std::nullopt;
        const auto data = name && size ? reader.take(*size) : std::nullopt;
        if (!data) return ignored("is damaged");
        sections[std::string(reinterpret_cast<const char*>(name->data()), name->size())].assign(data->begin(),
                                                                                                data->end());
    }
    return reader.ended() ? sections : ignored("is damaged");
}

std::span<const std::byte> CacheFile::section(std::string_view name) const {
    for (const Sections* sections : {&set_, &sections_})
        if (const auto found = sections->find(name); found != sections->end()) return found->second;
    return {};
}

void CacheFile::set(std::string name, std::vector<std::byte> bytes) {
    if (name.empty() || name.size() > most_name)
        throw Error(Status::usage, "CacheFile::set",
                    "was given a name of " + std::to_string(name.size()) + " bytes, wants 1 to 255");
    set_[std::move(name)] = std::move(bytes);
}

void CacheFile::write() const {
    std::string ignored;
    Sections    all = read(path_, ignored);
    if (ignored == foreign)
        throw Error(Status::bad_input, path_text(path_), foreign, "it stays as it is: name another file, or remove it");
    for (const auto& [name, bytes] : set_) all[name] = bytes;

    std::vector<std::byte> body;
    for (const auto& [name, bytes] : all) {
        append(body, name.size());
        append(body, bytes.size());
        append(body, std::as_bytes(std::span(name)));
        append(body, bytes);
    }
    Header header{.magic = {}, .format = format, .sections = all.size(), .bytes = body.size(), .hash = 0};
    std::memcpy(header.magic, magic, sizeof magic);
    header.hash = hash_of(header, body);

    std::vector<std::byte> bytes;
    append(bytes, std::as_bytes(std::span(&header, 1)));
    append(bytes, body);
    expect_size(path_text(path_), bytes.size(), most_file);
    std::error_code none;  // what does not work here does not work below either, and is said there
    if (path_.has_parent_path()) std::filesystem::create_directories(path_.parent_path(), none);
    replace_file(path_, bytes);
}

}  // namespace attune

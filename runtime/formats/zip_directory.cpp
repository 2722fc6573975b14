#include "formats/zip_directory.h"

#include "base/checked.h"
#include "base/utf8.h"
#include "formats/byte_reader.h"
#include "formats/stored_tensor.h"

#include <attune/error.hpp>

#include <algorithm>
#include <vector>

namespace attune {
namespace {

constexpr std::uint32_t local_mark = 0x04034B50, central_mark = 0x02014B50, end_mark = 0x06054B50;
constexpr std::uint32_t end64_mark = 0x06064B50, locator64_mark = 0x07064B50;
constexpr std::size_t   end_bytes = 22, locator64_bytes = 20, end64_bytes = 56, central_bytes = 46, local_bytes = 30;
constexpr std::size_t   max_files   = max_tensors + 64;  // one per storage, and a few of torch's own
constexpr std::uint16_t zip64_field = 1, encrypted_flag = 1, stored_method = 0, deflated_method = 8;

struct Archive {
    std::span<const std::byte> bytes;
    const std::string&         where;

    [[noreturn]] void fail(const std::string& what) const {
        throw Error(Status::bad_input, where, "the zip archive " + what);
    }

    ByteReader at(std::uint64_t offset, std::uint64_t length, const char* part) const {
        if (!range_inside(offset, length, bytes.size())) fail(std::string("has ") + part + " outside the file");
        return {bytes.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(length)), where, part};
    }
};

struct Directory {
    std::uint64_t files = 0, bytes = 0, offset = 0;
};

struct File {
    std::string   name;
    ZipMember     member;      // but for its bytes
    std::uint64_t bytes  = 0;  // in the archive
    std::uint64_t header = 0;  // offset of the local header
};

[[noreturn]] void refuse_method(const Archive& archive, const std::string& name, std::uint16_t method) {
    archive.fail("holds the file " + in_quotes(name) + ", which is compressed (method " + std::to_string(method) +
                 "), and not read like that");
}

// The end record closes the file, but for a comment of at most 65,535 bytes.
std::size_t find_end_record(const Archive& archive) {
    const std::size_t size     = archive.bytes.size();
    const std::size_t farthest = std::min(size, end_bytes + 65'535);
    for (std::size_t back = end_bytes; back <= farthest; ++back) {
        ByteReader reader(archive.bytes.subspan(size - back), archive.where, "the end record");
        if (reader.u32() != end_mark) continue;
        reader.take(16);
        if (reader.u16() == back - end_bytes) return size - back;
    }
    archive.fail("has no end record: the file is cut short or is no zip archive");
}

Directory read_end64(const Archive& archive, std::size_t end_record) {
    if (end_record < locator64_bytes) archive.fail("lacks its zip64 locator");
    ByteReader locator = archive.at(end_record - locator64_bytes, locator64_bytes, "the zip64 locator");
    if (locator.u32() != locator64_mark) archive.fail("lacks its zip64 locator");
    if (locator.u32() != 0) archive.fail("is split into several parts");
    const std::uint64_t offset = locator.u64();
    if (locator.u32() > 1) archive.fail("is split into several parts");

    ByteReader reader = archive.at(offset, end64_bytes, "the zip64 end record");
    if (reader.u32() != end64_mark) archive.fail("has no zip64 end record where its locator points");
    reader.take(12);  // size of this record, versions
    if (reader.u32() != 0 || reader.u32() != 0) archive.fail("is split into several parts");
    Directory           directory;
    const std::uint64_t files_here = reader.u64();
    directory.files                = reader.u64();
    directory.bytes                = reader.u64();
    directory.offset               = reader.u64();
    if (files_here != directory.files) archive.fail("is split into several parts");
    return directory;
}

Directory read_end(const Archive& archive) {
    const std::size_t end_record = find_end_record(archive);
    ByteReader        reader     = archive.at(end_record, end_bytes, "the end record");
    reader.take(4);
    const std::uint16_t part = reader.u16(), directory_part = reader.u16();
    const std::uint16_t files_here = reader.u16();
    Directory           directory;
    directory.files     = reader.u16();
    directory.bytes     = reader.u32();
    directory.offset    = reader.u32();
    const bool is_zip64 = directory.files == 0xFFFF || directory.bytes == 0xFFFFFFFF || directory.offset == 0xFFFFFFFF;
    if (is_zip64)
        directory = read_end64(archive, end_record);
    else if (part != 0 || directory_part != 0 || files_here != directory.files)
        archive.fail("is split into several parts");

    if (!range_inside(directory.offset, directory.bytes, end_record))
        archive.fail("has its directory outside the file");
    if (directory.files > directory.bytes / central_bytes)
        archive.fail("claims more files than its directory can hold");
    if (directory.files > max_files) archive.fail("holds more than 65600 files");
    return directory;
}

// Sizes and offset of 0xFFFFFFFF stand, in this order, in the zip64 field.
void read_zip64_sizes(const Archive& archive, ByteReader extra, std::uint64_t& size, std::uint64_t& stored,
                      std::uint64_t& header) {
    while (extra.left() >= 4) {
        const std::uint16_t id = extra.u16(), length = extra.u16();
        ByteReader          field(extra.take(length), archive.where, "a zip64 field");
        if (id != zip64_field) continue;
        for (std::uint64_t* value : {&size, &stored, &header})
            if (*value == 0xFFFFFFFF) *value = field.u64();
        return;
    }
    archive.fail("lacks a zip64 field");
}

File read_central_header(const Archive& archive, ByteReader& reader) {
    if (reader.u32() != central_mark) reader.fail("is no directory entry");
    reader.take(4);  // versions
    const std::uint16_t flags = reader.u16(), method = reader.u16();
    reader.take(4);  // time, date
    const std::uint32_t checksum = reader.u32();
    std::uint64_t       stored = reader.u32(), size = reader.u32();
    const std::uint16_t name_bytes = reader.u16(), extra_bytes = reader.u16(), comment_bytes = reader.u16();
    const std::uint16_t part = reader.u16();
    reader.take(6);  // attributes
    std::uint64_t header = reader.u32();
    File          file;
    file.name = reader.text(name_bytes);
    ByteReader extra(reader.take(extra_bytes), archive.where, "an extra field");
    reader.take(comment_bytes);

    if (file.name.size() > max_name_bytes || !is_utf8(file.name))
        archive.fail("has a file name that is too long or not UTF-8");
    const std::string named = "holds the file " + in_quotes(file.name) + ", which is ";
    if (flags & encrypted_flag) archive.fail(named + "encrypted");
    if (method != stored_method && method != deflated_method) refuse_method(archive, file.name, method);
    if (part != 0 && part != 0xFFFF) archive.fail("is split into several parts");
    if (size == 0xFFFFFFFF || stored == 0xFFFFFFFF || header == 0xFFFFFFFF)
        read_zip64_sizes(archive, extra, size, stored, header);
    if (size != stored && method == stored_method)
        archive.fail(named + "stored in " + std::to_string(stored) + " bytes but " + std::to_string(size) + " long");
    file.member = {{}, size, checksum, method == deflated_method};
    file.bytes  = stored;
    file.header = header;
    return file;
}

// Where the file's own bytes begin: behind its local header, which must name the same file.
std::uint64_t data_offset(const Archive& archive, const File& file, std::uint64_t directory_offset) {
    const std::string named = "holds the file " + in_quotes(file.name) + ", which ";
    if (!range_inside(file.header, local_bytes, directory_offset)) archive.fail(named + "begins outside the file");
    ByteReader reader = archive.at(file.header, directory_offset - file.header, "a local header");
    if (reader.u32() != local_mark) archive.fail(named + "has no local header");
    reader.take(22);
    const std::uint16_t name_bytes = reader.u16(), extra_bytes = reader.u16();
    if (reader.text(name_bytes) != file.name) archive.fail(named + "has another name in its local header");
    reader.take(extra_bytes);
    if (file.bytes > reader.left()) archive.fail(named + "reaches beyond the end of the data");
    return file.header + reader.position();
}

struct Extent {
    std::uint64_t begin, end;
};

void expect_no_overlap(const Archive& archive, std::vector<Extent>& extents) {
    std::ranges::sort(extents, {}, &Extent::begin);
    for (std::size_t i = 1; i < extents.size(); ++i)
        if (extents[i].begin < extents[i - 1].end) archive.fail("holds files that overlap");
}

}  // namespace

bool is_zip(std::span<const std::byte> bytes) noexcept { return as_text(bytes).starts_with("PK\x03\x04"); }

ZipMembers read_zip_members(std::span<const std::byte> bytes, const std::string& where) {
    const Archive   archive{bytes, where};
    const Directory directory = read_end(archive);
    ByteReader      reader    = archive.at(directory.offset, directory.bytes, "the zip directory");

    ZipMembers          members;
    std::vector<Extent> extents;
    for (std::uint64_t i = 0; i < directory.files; ++i) {
        File                file  = read_central_header(archive, reader);
        const std::uint64_t begin = data_offset(archive, file, directory.offset);
        extents.push_back({file.header, begin + file.bytes});
        file.member.bytes = bytes.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(file.bytes));
        if (!members.emplace(file.name, file.member).second)
            archive.fail("holds the name " + in_quotes(file.name) + " twice");
    }
    if (reader.left() != 0) reader.fail("is longer than its entries");
    expect_no_overlap(archive, extents);
    return members;
}

ZipFiles read_zip_directory(std::span<const std::byte> bytes, const std::string& where) {
    ZipFiles files;
    for (const auto& [name, member] : read_zip_members(bytes, where)) {
        if (member.deflated) refuse_method(Archive{bytes, where}, name, deflated_method);
        files.emplace(name, member.bytes);
    }
    return files;
}

}  // namespace attune

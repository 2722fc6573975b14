#include "support/zip_writer.h"

#include "support/byte_writer.h"

namespace attune::test {
namespace {

void write_local(ByteWriter& out, const ZipFile& file) {
    const std::string& name = file.local_name.empty() ? file.name : file.local_name;
    out.u32(file.local_mark).u16(20).u16(file.flags).u16(file.method).u32(0).u32(file.checksum);
    out.u32(file.content.size()).u32(file.content.size()).u16(name.size()).u16(file.local_extra.size());
    out.text(name).text(file.local_extra).text(file.content);
}

void write_central(ByteWriter& out, const ZipFile& file, std::size_t header) {
    out.u32(0x02014B50).u16(20).u16(20).u16(file.flags).u16(file.method).u32(0).u32(file.checksum);
    out.u32(file.stored.value_or(static_cast<std::uint32_t>(file.content.size())));
    out.u32(file.size.value_or(static_cast<std::uint32_t>(file.content.size())));
    out.u16(file.name.size()).u16(file.extra.size()).u16(0).u16(0).u16(0).u32(0);
    out.u32(file.header.value_or(static_cast<std::uint32_t>(header))).text(file.name).text(file.extra);
}

}   // namespace

std::string zip64_extra(const std::vector<std::uint64_t>& numbers) {
    ByteWriter out;
    out.u16(1).u16(8 * numbers.size());
    for (const std::uint64_t number : numbers) out.u64(number);
    return out.bytes();
}

std::string zip_bytes(const std::vector<ZipFile>& files, const ZipOptions& options) {
    ByteWriter               out;
    std::vector<std::size_t> headers;
    for (const ZipFile& file : files) {
        headers.push_back(out.size());
        write_local(out, file);
    }
    const std::uint64_t begin = out.size();
    for (std::size_t i = 0; i < files.size(); ++i) write_central(out, files[i], headers[i]);
    out.text(options.after_directory);

    const std::uint64_t count  = options.count.value_or(files.size());
    const std::uint64_t bytes  = options.directory_bytes.value_or(out.size() - begin);
    const std::uint64_t offset = options.directory_offset.value_or(begin);
    if (options.zip64) {
        const std::uint64_t end64 = out.size();
        out.u32(0x06064B50).u64(44).u16(45).u16(45).u32(0).u32(0).u64(count).u64(count).u64(bytes).u64(offset);
        out.u32(options.locator_mark).u32(options.part).u64(options.end64_offset.value_or(end64)).u32(1);
    }
    out.u32(0x06054B50).u16(options.part).u16(options.part);
    if (options.zip64)
        out.u16(0xFFFF).u16(0xFFFF).u32(0xFFFFFFFF).u32(0xFFFFFFFF);
    else
        out.u16(count).u16(count).u32(bytes).u32(offset);
    out.u16(options.comment.size()).text(options.comment);
    return out.bytes();
}

}   // namespace attune::test

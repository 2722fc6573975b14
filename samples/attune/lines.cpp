#include "lines.h"
#include "interrupt.h"

#include <attune/error.hpp>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace attune::cli {
namespace {

constexpr std::size_t read_bytes  = std::size_t{1} << 18;
constexpr std::size_t write_bytes = std::size_t{1} << 16;
constexpr int         patience_ms = 20;   // how long a chunk waits for another line

bool is_standard(const std::string& path) { return path.empty() || path == "-"; }

[[noreturn]] void fail(const std::string& name, const std::string& what) {
    const std::string reason = std::strerror(errno);
    throw Error(Status::bad_input, name, what + ": " + reason);
}

Descriptor open_input(const std::string& path) {
    if (is_standard(path)) return Descriptor(STDIN_FILENO, false);
    const int number = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (number < 0) fail(path, "cannot be read");
    return Descriptor(number, true);
}

// Where a file is really: renaming onto a link would replace the link. Empty for what is no regular file.
std::filesystem::path real_target(const std::string& path) {
    if (is_standard(path)) return {};
    std::error_code   ignored;
    const auto        status = std::filesystem::status(path, ignored);
    if (status.type() == std::filesystem::file_type::not_found) return path;
    if (status.type() != std::filesystem::file_type::regular) return {};
    return std::filesystem::canonical(path, ignored);
}

Descriptor open_output(const std::string& path, const std::filesystem::path& target, const std::filesystem::path& partial) {
    if (is_standard(path)) return Descriptor(STDOUT_FILENO, false);
    const int flags  = O_WRONLY | O_CLOEXEC | (partial.empty() ? 0 : O_CREAT | O_TRUNC);
    const int number = ::open(partial.empty() ? path.c_str() : partial.c_str(), flags, 0666);
    if (number < 0) fail(path, "cannot be written");
    struct stat before = {};
    if (!partial.empty() && ::stat(target.c_str(), &before) == 0 && ::fchmod(number, before.st_mode & 0777) != 0) errno = 0;
    return Descriptor(number, true);
}

}  // namespace

Descriptor::~Descriptor() {
    if (owned_) ::close(number_);
}

LineReader::LineReader(const std::string& path, std::size_t chunk_lines, LongLines long_lines)
    : name_(is_standard(path) ? "standard input" : path), chunk_lines_(chunk_lines), long_lines_(long_lines),
      input_(open_input(path)), terminal_(::isatty(input_.number()) != 0) {
    struct stat about = {};
    if (::fstat(input_.number(), &about) == 0 && S_ISREG(about.st_mode)) size_ = static_cast<std::uint64_t>(about.st_size);
}

// At the very start, when a whole line or much of one is there.
void LineReader::drop_mark() {
    if (bytes_ > 0) return;
    const std::string_view start = std::string_view(buffer_).substr(0, 3);
    if (start.starts_with("\xff\xfe") || start.starts_with("\xfe\xff"))
        throw Error(Status::bad_input, name_, "is UTF-16, not UTF-8", "iconv -f UTF-16 -t UTF-8 converts it");
    if (start == "\xef\xbb\xbf") bytes_ = taken_ = 3;
}

// The buffer from what was taken up to `end`; the rest begins at `next`.
std::string_view LineReader::take(std::size_t end, std::size_t next) {
    const std::string_view text = std::string_view(buffer_).substr(taken_, end - taken_);
    bytes_ += next - taken_;
    taken_ = searched_ = next;
    return text;
}

// Moves the next line from the buffer to the chunk, if all of it is there.
bool LineReader::take_line(Chunk& chunk) {
    std::size_t end  = buffer_.find('\n', searched_);
    std::size_t next = end + 1;
    if (end == std::string::npos) {
        searched_ = buffer_.size();
        if (!ended_ || taken_ == buffer_.size()) return false;
        end = next = buffer_.size();   // the last line has no newline
    }
    drop_mark();
    if (end > taken_ && buffer_[end - 1] == '\r') --end;
    chunk.lines.emplace_back(take(end, next));
    chunk.ends.push_back(bytes_);
    ++lines_;
    return true;
}

std::string_view LineReader::next_piece() {
    while (in_long_line_) {
        std::size_t end = buffer_.find('\n', searched_), next = end + 1;
        in_long_line_   = end == std::string::npos && !ended_;
        if (end == std::string::npos) end = next = buffer_.size();
        if (end > taken_ && buffer_[end - 1] == '\r') --end;   // of CR LF, perhaps
        if (in_long_line_) next = end;
        else ++lines_;
        if (end > taken_ || !in_long_line_) return take(end, next);
        fill();
    }
    return {};
}

void LineReader::fill() {
    buffer_.erase(0, taken_);
    searched_ -= taken_;
    taken_ = 0;
    if (buffer_.size() > longest_line)
        throw Error(Status::bad_input, name_, "line " + std::to_string(lines_ + 1) + " is longer than 64 MiB",
                    "it can be translated into plain text, but for scores, alignments, hypotheses and JSON it is too long");

    const std::size_t before = buffer_.size();
    buffer_.resize(before + read_bytes);
    ssize_t got = -1;
    do {
        if (interrupted()) throw Error(Status::cancelled, name_, "was interrupted");
        got = ::read(input_.number(), buffer_.data() + before, read_bytes);
    } while (got < 0 && errno == EINTR);
    if (got < 0) fail(name_, "cannot be read");
    buffer_.resize(before + static_cast<std::size_t>(got));
    ended_ = got == 0;
}

bool LineReader::more_comes_soon() const {
    pollfd waiting = {input_.number(), POLLIN, 0};
    return ::poll(&waiting, 1, patience_ms) > 0;
}

LineReader::Chunk LineReader::next() {
    Chunk               chunk;
    const std::uint64_t start = bytes_;
    chunk.first               = lines_;
    for (;;) {
        while (chunk.lines.size() < chunk_lines_ && bytes_ - start < chunk_bytes && take_line(chunk)) {}
        const bool full = chunk.lines.size() >= chunk_lines_ || bytes_ - start >= chunk_bytes;
        const bool long_line = long_lines_ == LongLines::in_pieces && buffer_.size() - taken_ > whole_line;   // unless full
        if (full || ended_ || (!chunk.lines.empty() && (long_line || !more_comes_soon()))) return chunk;
        if (long_line) {
            drop_mark();
            searched_ = taken_;
            chunk.is_long_line = in_long_line_ = true;
            return chunk;
        }
        fill();
    }
}

LineWriter::LineWriter(const std::string& path)
    : name_(is_standard(path) ? "standard output" : path), target_(real_target(path)),
      partial_(target_.empty() ? target_ : std::filesystem::path(target_.string() + ".partial")),
      output_(open_output(path, target_, partial_)) {}

LineWriter::~LineWriter() {
    try {
        flush();
    } catch (const Error&) {   // said already, or nobody is left to hear it
    }
    if (partial_.empty()) return;
    if (!begun_) ::unlink(partial_.c_str());
    else std::fprintf(stderr, "attune: the lines so far are in %s\n", partial_.c_str());
}

void LineWriter::write(std::string_view text) {
    buffer_ += text;
    if (buffer_.size() >= write_bytes || std::chrono::steady_clock::now() - flushed_ > std::chrono::milliseconds(250)) flush();
}

void LineWriter::flush() {
    std::size_t done = 0;
    while (done < buffer_.size() && !failed_) {
        const ssize_t wrote = ::write(output_.number(), buffer_.data() + done, buffer_.size() - done);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote < 0) {
            failed_ = true;
            fail(name_, "cannot be written");
        }
        begun_ = true;
        done += static_cast<std::size_t>(wrote);
    }
    buffer_.clear();
    flushed_ = std::chrono::steady_clock::now();
}

void LineWriter::finish() {
    flush();
    if (partial_.empty()) return;
    if (::rename(partial_.c_str(), target_.c_str()) != 0) fail(name_, "cannot be written");
    partial_.clear();
}

}  // namespace attune::cli

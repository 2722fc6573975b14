// Lines in, lines out: files, pipes and terminals, in bounded memory.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace attune::cli {

// A file, pipe or terminal that is open; closed with the object.
class Descriptor {
public:
    explicit Descriptor(int number, bool owned) : number_(number), owned_(owned) {}
    Descriptor(Descriptor&& other) noexcept : number_(other.number_), owned_(other.owned_) { other.owned_ = false; }
    Descriptor& operator=(Descriptor&&) = delete;
    ~Descriptor();

    int number() const noexcept { return number_; }

private:
    int  number_;
    bool owned_;
};

// Reads lines in chunks. A line ends with LF or CR LF or the end of the input; a byte order mark at the
// very start is dropped. A chunk ends early when nothing more comes for a moment, so that whoever
// writes a line and waits, person or program, gets the answer to it.
class LineReader {
public:
    static constexpr std::size_t chunk_bytes  = std::size_t{4} << 20;
    static constexpr std::size_t whole_line   = std::size_t{1} << 20;    // what is longer may come in pieces,
    static constexpr std::size_t longest_line = std::size_t{64} << 20;   // or, whole, is refused if it is longer than this

    enum class LongLines { whole, in_pieces };

    // "" and "-" are standard input. Throws bad_input.
    LineReader(const std::string& path, std::size_t chunk_lines, LongLines long_lines);

    struct Chunk {
        std::uint64_t              first = 0;   // number of its first line, from 0
        std::vector<std::string>   lines;
        std::vector<std::uint64_t> ends;        // bytes of input up to the end of each line
        bool                       is_long_line = false;   // instead of lines: a long one, of which next_piece() gives all
    };

    // The next lines, or a long one; none at the end. Throws bad_input for what cannot be read, a line that is too long or
    // UTF-16, cancelled when the program was interrupted.
    Chunk next();

    // Of a long line the next bytes, valid until the next call; none at its end.
    std::string_view next_piece();

    bool                         is_terminal() const noexcept { return terminal_; }
    std::optional<std::uint64_t> size() const noexcept { return size_; }   // bytes, of a regular file
    std::uint64_t                bytes() const noexcept { return bytes_; } // handed out so far

private:
    bool             take_line(Chunk& chunk);
    std::string_view take(std::size_t end, std::size_t next);
    void             drop_mark();
    void             fill();
    bool             more_comes_soon() const;

    std::string                  name_;
    std::size_t                  chunk_lines_;
    LongLines                    long_lines_;
    Descriptor                   input_;
    bool                         terminal_ = false, ended_ = false;
    bool                         in_long_line_ = false;
    std::optional<std::uint64_t> size_;
    std::string                  buffer_;
    std::size_t                  taken_ = 0, searched_ = 0;   // within the buffer: handed out; without a line's end
    std::uint64_t                lines_ = 0, bytes_ = 0;      // handed out so far
};

// Writes lines in order. A named file is written as NAME.partial beside it and gets its name when
// everything is there: NAME is never half a result. After an error or an interruption NAME.partial
// stays, with the whole lines so far.
class LineWriter {
public:
    // "" and "-" are standard output; what is not a regular file (a pipe, /dev/null) is written as it is. Throws bad_input.
    explicit LineWriter(const std::string& path);
    LineWriter(const LineWriter&)            = delete;
    LineWriter& operator=(const LineWriter&) = delete;
    ~LineWriter();   // writes what is buffered, as far as it can be written

    void write(std::string_view text);    // it may wait in a buffer, for a quarter of a second or the next flush
    void flush();
    void finish();                        // everything has been written: the file gets its name

private:
    std::string           name_;
    std::filesystem::path target_, partial_;   // empty for what is written as it is
    Descriptor            output_;
    std::string           buffer_;
    bool                  begun_ = false, failed_ = false;

    std::chrono::steady_clock::time_point flushed_ = std::chrono::steady_clock::now();
};

}  // namespace attune::cli

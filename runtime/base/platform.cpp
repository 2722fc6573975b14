#include "base/platform.h"

#include "base/file.h"

#include <attune/error.hpp>

#include <cerrno>
#include <dlfcn.h>
#include <fcntl.h>
#include <limits>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace attune {
namespace {

Error system_error(const std::filesystem::path& path, const std::string& what, int code) {
    const Status status = code == ENOMEM ? Status::out_of_host_memory : Status::bad_input;
    return Error(status, path.string(), what + ": " + std::generic_category().message(code));
}

// A plain file opened for reading, closed at the end of the scope.
class Descriptor {
public:
    explicit Descriptor(const std::filesystem::path& path) {
        // Without O_NONBLOCK a named pipe in the place of a model file would block for ever.
        do number_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        while (number_ < 0 && errno == EINTR);
        if (number_ < 0) throw system_error(path, "cannot be opened", errno);
    }
    Descriptor(const Descriptor&)            = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() { ::close(number_); }

    int number() const noexcept { return number_; }

    std::uint64_t plain_file_size(const std::filesystem::path& path) const {
        struct stat status {};
        if (::fstat(number_, &status) != 0) throw system_error(path, "cannot be examined", errno);
        if (!S_ISREG(status.st_mode)) throw Error(Status::bad_input, path.string(), "is not a plain file");
        return static_cast<std::uint64_t>(status.st_size);
    }

private:
    int number_ = -1;
};

void read_all(const Descriptor& file, const std::filesystem::path& path, std::string& out) {
    std::size_t done = 0;
    while (done < out.size()) {
        const ssize_t count = ::read(file.number(), out.data() + done, out.size() - done);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw system_error(path, "cannot be read", errno);
        if (count == 0) break;
        done += static_cast<std::size_t>(count);
    }
    out.resize(done);  // shorter than fstat said if somebody truncates it meanwhile
}

}  // namespace

MappedFile MappedFile::open(const std::filesystem::path& path) {
    const Descriptor    file(path);
    const std::uint64_t size = file.plain_file_size(path);
    if (size > std::numeric_limits<std::size_t>::max()) throw Error(Status::bad_input, path.string(), "is too large");
    MappedFile mapped;
    mapped.path_ = path;
    if (size == 0) return mapped;  // mmap refuses a length of 0

    void* address = ::mmap(nullptr, static_cast<std::size_t>(size), PROT_READ, MAP_PRIVATE, file.number(), 0);
    if (address == MAP_FAILED) throw system_error(path, "cannot be mapped", errno);
    mapped.data_ = static_cast<const std::byte*>(address);
    mapped.size_ = static_cast<std::size_t>(size);
    return mapped;
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)), path_(std::move(other.path_)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(path_, other.path_);
    return *this;
}

MappedFile::~MappedFile() {
    if (data_) ::munmap(const_cast<std::byte*>(data_), size_);
}

std::string read_file(const std::filesystem::path& path, std::uint64_t limit) {
    const Descriptor    file(path);
    const std::uint64_t size = file.plain_file_size(path);
    if (size > limit)
        throw Error(Status::bad_input, path.string(),
                    "has " + std::to_string(size) + " bytes, more than the " + std::to_string(limit) + " allowed");
    std::string text(static_cast<std::size_t>(size), '\0');
    read_all(file, path, text);
    return text;
}

SharedLibrary SharedLibrary::open(const char* name) noexcept {
    SharedLibrary library;
    library.handle_ = ::dlopen(name, RTLD_NOW | RTLD_LOCAL);
    return library;
}

SharedLibrary::SharedLibrary(SharedLibrary&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}

SharedLibrary& SharedLibrary::operator=(SharedLibrary&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
}

SharedLibrary::~SharedLibrary() {
    if (handle_) ::dlclose(handle_);
}

void* SharedLibrary::symbol(const char* name) const noexcept { return handle_ ? ::dlsym(handle_, name) : nullptr; }

bool is_terminal(int descriptor) noexcept { return ::isatty(descriptor) == 1; }

}  // namespace attune

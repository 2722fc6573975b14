// POSIX: Linux, macOS, the BSDs.
#include "base/platform.h"

#include "base/file.h"

#include <attune/error.hpp>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace attune {
namespace {

Error system_error(const std::filesystem::path& path, const std::string& what, int code) {
    const Status status = code == ENOMEM ? Status::out_of_host_memory : Status::bad_input;
    return Error(status, path_text(path), what + ": " + std::generic_category().message(code));
}

int open_for_reading(const std::filesystem::path& path) {
    int number = -1;
    // Without O_NONBLOCK a named pipe in the place of a model file would block for ever.
    do number = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    while (number < 0 && errno == EINTR);
    if (number < 0) throw system_error(path, "cannot be opened", errno);
    return number;
}

std::uint64_t plain_file_size(int number, const std::filesystem::path& path) {
    struct stat status {};
    if (::fstat(number, &status) != 0) throw system_error(path, "cannot be examined", errno);
    if (!S_ISREG(status.st_mode)) throw Error(Status::bad_input, path_text(path), "is not a plain file");
    return static_cast<std::uint64_t>(status.st_size);
}

}  // namespace

PlainFile::PlainFile(const std::filesystem::path& path) : path_(path), handle_(open_for_reading(path)) {
    try {
        size_ = plain_file_size(static_cast<int>(handle_), path_);
    } catch (...) {
        ::close(static_cast<int>(handle_));
        throw;
    }
}

PlainFile::~PlainFile() { ::close(static_cast<int>(handle_)); }

std::size_t PlainFile::read(std::span<char> out) {
    std::size_t done = 0;
    while (done < out.size()) {
        const auto count = ::read(static_cast<int>(handle_), out.data() + done, out.size() - done);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw system_error(path_, "cannot be read", errno);
        if (count == 0) break;
        done += static_cast<std::size_t>(count);
    }
    return done;
}

std::span<const std::byte> PlainFile::map() const {
    if (size_ == 0) return {};  // mmap refuses a length of 0
    void* address = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, static_cast<int>(handle_), 0);
    if (address == MAP_FAILED) throw system_error(path_, "cannot be mapped", errno);
    return {static_cast<const std::byte*>(address), size_};
}

void unmap(std::span<const std::byte> bytes) noexcept {
    if (!bytes.empty()) ::munmap(const_cast<std::byte*>(bytes.data()), bytes.size());
}

namespace {

void write_all(int number, std::span<const std::byte> bytes, const std::filesystem::path& path) {
    while (!bytes.empty()) {
        const auto count = ::write(number, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw system_error(path, "cannot be written", errno);
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    if (::fsync(number) != 0) throw system_error(path, "cannot be written", errno);
}

}  // namespace

void replace_file(const std::filesystem::path& path, std::span<const std::byte> bytes) {
    std::string partial = path.native() + ".XXXXXX";
    const int   number  = ::mkstemp(partial.data());
    if (number < 0) throw system_error(path, "cannot be written", errno);
    try {
        try {
            write_all(number, bytes, path);
        } catch (...) {
            ::close(number);
            throw;
        }
        if (::close(number) != 0 || ::rename(partial.c_str(), path.c_str()) != 0)
            throw system_error(path, "cannot be written", errno);
    } catch (...) {
        ::unlink(partial.c_str());
        throw;
    }
}

std::string path_text(const std::filesystem::path& path) { return path.native(); }

SharedLibrary SharedLibrary::open(const char* name) noexcept {
    SharedLibrary library;
    library.handle_ = ::dlopen(name, RTLD_NOW | RTLD_LOCAL);
    return library;
}

SharedLibrary::~SharedLibrary() {
    if (handle_) ::dlclose(handle_);
}

void* SharedLibrary::symbol(const char* name) const noexcept { return handle_ ? ::dlsym(handle_, name) : nullptr; }

}  // namespace attune

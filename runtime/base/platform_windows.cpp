// Windows: paths and messages go through its wide functions, so that they mean the same everywhere.
#include "base/platform.h"

#include "base/file.h"

#include <attune/error.hpp>

#include <algorithm>
#include <string_view>

#ifndef NOMINMAX
#define NOMINMAX  // no macros min and max
#endif
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

namespace attune {
namespace {

// What is no UTF-16, half a surrogate pair, becomes U+FFFD.
std::string utf8_of(std::wstring_view text) {
    const int   units = static_cast<int>(std::min<std::size_t>(text.size(), 1u << 20));
    const int   bytes = ::WideCharToMultiByte(CP_UTF8, 0, text.data(), units, nullptr, 0, nullptr, nullptr);
    std::string result(static_cast<std::size_t>(bytes), '\0');
    ::WideCharToMultiByte(CP_UTF8, 0, text.data(), units, result.data(), bytes, nullptr, nullptr);
    return result;
}

// What Windows says to an error, in its user's language, without the line's end.
std::string message(DWORD code) {
    wchar_t text[512];
    DWORD   units = ::FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, nullptr, code, 0, text,
                                     static_cast<DWORD>(std::size(text)), nullptr);
    while (units > 0 && (text[units - 1] == L'\n' || text[units - 1] == L'\r' || text[units - 1] == L' ')) --units;
    return units > 0 ? utf8_of({text, units}) : "Windows error " + std::to_string(code);
}

Error system_error(const std::filesystem::path& path, const std::string& what, DWORD code) {
    const bool memory = code == ERROR_NOT_ENOUGH_MEMORY || code == ERROR_OUTOFMEMORY || code == ERROR_COMMITMENT_LIMIT;
    return Error(memory ? Status::out_of_host_memory : Status::bad_input, path_text(path), what + ": " + message(code));
}

HANDLE open_for_reading(const std::filesystem::path& path) {
    // FILE_FLAG_BACKUP_SEMANTICS opens folders too, which are then refused as what they are.
    const HANDLE file =
        ::CreateFileW(path.c_str(), GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                      OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL | FILE_FLAG_BACKUP_SEMANTICS, nullptr);
    if (file == INVALID_HANDLE_VALUE) throw system_error(path, "cannot be opened", ::GetLastError());
    return file;
}

std::uint64_t plain_file_size(HANDLE file, const std::filesystem::path& path) {
    BY_HANDLE_FILE_INFORMATION facts{};
    if (::GetFileType(file) != FILE_TYPE_DISK)  // a pipe or a device, such as CON
        throw Error(Status::bad_input, path_text(path), "is not a plain file");
    if (!::GetFileInformationByHandle(file, &facts)) throw system_error(path, "cannot be examined", ::GetLastError());
    if (facts.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY)
        throw Error(Status::bad_input, path_text(path), "is not a plain file");
    return std::uint64_t{facts.nFileSizeHigh} << 32 | facts.nFileSizeLow;
}

HANDLE as_handle(std::intptr_t number) { return reinterpret_cast<HANDLE>(number); }

}  // namespace

PlainFile::PlainFile(const std::filesystem::path& path)
    : path_(path), handle_(reinterpret_cast<std::intptr_t>(open_for_reading(path))) {
    try {
        size_ = plain_file_size(as_handle(handle_), path_);
    } catch (...) {
        ::CloseHandle(as_handle(handle_));
        throw;
    }
}

PlainFile::~PlainFile() { ::CloseHandle(as_handle(handle_)); }

std::size_t PlainFile::read(std::span<char> out) {
    std::size_t done = 0;
    while (done < out.size()) {
        const auto wanted = static_cast<DWORD>(std::min<std::size_t>(out.size() - done, 1u << 30));
        DWORD      count  = 0;
        if (!::ReadFile(as_handle(handle_), out.data() + done, wanted, &count, nullptr))
            throw system_error(path_, "cannot be read", ::GetLastError());
        if (count == 0) break;
        done += count;
    }
    return done;
}

std::span<const std::byte> PlainFile::map() const {
    if (size_ == 0) return {};  // an empty file cannot be mapped
    const HANDLE mapping = ::CreateFileMappingW(as_handle(handle_), nullptr, PAGE_READONLY, 0, 0, nullptr);
    if (!mapping) throw system_error(path_, "cannot be mapped", ::GetLastError());
    const void* address = ::MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, size_);
    const DWORD code    = ::GetLastError();
    ::CloseHandle(mapping);  // the view keeps it
    if (!address) throw system_error(path_, "cannot be mapped", code);
    return {static_cast<const std::byte*>(address), size_};
}

void unmap(std::span<const std::byte> bytes) noexcept {
    if (!bytes.empty()) ::UnmapViewOfFile(bytes.data());
}

void replace_file(const std::filesystem::path& path, std::span<const std::byte> bytes) {
    // No other living thread has this name.
    const std::filesystem::path partial =
        path.native() + L"." + std::to_wstring(::GetCurrentProcessId()) + L"." + std::to_wstring(::GetCurrentThreadId());
    const HANDLE file =
        ::CreateFileW(partial.c_str(), GENERIC_WRITE, 0, nullptr, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr);
    if (file == INVALID_HANDLE_VALUE) throw system_error(path, "cannot be written", ::GetLastError());
    bool written = true;
    while (written && !bytes.empty()) {
        const auto wanted = static_cast<DWORD>(std::min<std::size_t>(bytes.size(), 1u << 30));
        DWORD      count  = 0;
        written           = ::WriteFile(file, bytes.data(), wanted, &count, nullptr) != 0;
        bytes             = bytes.subspan(count);
    }
    written    = written && ::FlushFileBuffers(file);
    DWORD code = ::GetLastError();
    ::CloseHandle(file);
    if (written) {
        if (::MoveFileExW(partial.c_str(), path.c_str(), MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH)) return;
        code = ::GetLastError();
    }
    ::DeleteFileW(partial.c_str());
    throw system_error(path, "cannot be written", code);
}

std::string path_text(const std::filesystem::path& path) { return utf8_of(path.native()); }

SharedLibrary SharedLibrary::open(const char* name) noexcept {
    wchar_t     wide[MAX_PATH];
    std::size_t size = 0;
    for (; name[size] != '\0' && size + 1 < std::size(wide); ++size)
        wide[size] = static_cast<unsigned char>(name[size]);
    wide[size] = L'\0';
    SharedLibrary library;
    // The program's folder and the system's: never the current one, where anybody may have put something.
    library.handle_ = ::LoadLibraryExW(wide, nullptr, LOAD_LIBRARY_SEARCH_DEFAULT_DIRS);
    return library;
}

SharedLibrary::~SharedLibrary() {
    if (handle_) ::FreeLibrary(static_cast<HMODULE>(handle_));
}

void* SharedLibrary::symbol(const char* name) const noexcept {
    return handle_ ? reinterpret_cast<void*>(::GetProcAddress(static_cast<HMODULE>(handle_), name)) : nullptr;
}

}  // namespace attune

// What the library asks of the operating system besides files (base/file.h). Both are implemented in
// base/platform.cpp, the only file of the library that makes system calls.
#pragma once

namespace attune {

// A shared library loaded at run time; closed with the object.
class SharedLibrary {
public:
    // An empty object if there is no library of that name, or it cannot be loaded.
    static SharedLibrary open(const char* name) noexcept;

    SharedLibrary() = default;
    SharedLibrary(SharedLibrary&& other) noexcept;
    SharedLibrary& operator=(SharedLibrary&& other) noexcept;
    ~SharedLibrary();

    explicit operator bool() const noexcept { return handle_ != nullptr; }

    // The address of an exported name; nullptr if the library has none or is empty.
    void* symbol(const char* name) const noexcept;

private:
    void* handle_ = nullptr;
};

// Whether a file descriptor (0 input, 1 output, 2 errors) is a terminal somebody may be looking at.
bool is_terminal(int descriptor) noexcept;

}   // namespace attune

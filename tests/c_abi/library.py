"""What hosts compile and link against:   library.py SOURCE_FOLDER BUILD_FOLDER C_COMPILER CXX_COMPILER [--write]

headers   attune.h and attune_vulkan.h as C89 to C++23, with vulkan.h before, after and absent
vma       attune_vma.h against a stand-in for VMA's header: syntax alone (tests/newer_debian.sh has the real one)
abi       sizes, offsets, numbers and functions are those of abi.txt (--write writes it)
symbols   the shared library exports attune_* alone, at most 60, and what the headers declare
globals   no variable of ours can be written
linking   beside volk and Dear ImGui, in either order
lines     samples that are to be short are
"""
import re
import subprocess
import sys
import tempfile
from pathlib import Path

source, build = Path(sys.argv[1]), Path(sys.argv[2])
cc, cxx = sys.argv[3:5]
headers = [source / "include/attune" / name for name in ("attune.h", "attune_vulkan.h")]
WARNINGS = ["-Wall", "-Wextra", "-pedantic", "-Werror"]
MOST_EXPORTS, MOST_LINES = 60, 60
problems = []


def run(*words, stdin=None):
    return subprocess.run([str(word) for word in words], input=stdin, capture_output=True, text=True)


def expect(holds, what):
    if not holds:
        problems.append(what)


def declared():
    text = "".join(path.read_text() for path in headers)
    return text, sorted(set(re.findall(r"^ATTUNE_API [^;(]*?\b(attune_\w+)\s*\(", text, re.M)))


def check_headers():
    ours, vulkan = "#include <attune/attune_vulkan.h>\n", "#include <vulkan/vulkan.h>\n"
    use = "attune_import import; int main(void) { (void)import; return 0; }\n"
    same = "VkBuffer buffer; attune_span span; int main(void) { span.buffer = buffer; return 0; }\n"
    texts = {"absent": ours + use, "before": vulkan + ours + same, "after": ours + vulkan + same,
             "attune.h alone": "#include <attune/attune.h>\nattune_error error; int main(void) { return error.status; }\n"}
    for compiler, standard, language in [(cc, "c89", "c"), (cc, "c99", "c"), (cc, "c11", "c"), (cxx, "c++98", "c++"),
                                         (cxx, "c++20", "c++"), (cxx, "c++2b", "c++")]:
        for where, text in texts.items():
            result = run(compiler, f"-std={standard}", "-x", language, *WARNINGS, "-fsyntax-only", "-I", source / "include",
                         "-", stdin=text)
            expect(result.returncode == 0, f"headers: {standard}, vulkan.h {where}:\n{result.stderr}")


# What attune_vma.h uses of VMA, as its documentation declares it: shows that the adapter is C and C++;
# tests/newer_debian.sh, with VMA itself, that it works.
VMA = """#define AMD_VULKAN_MEMORY_ALLOCATOR_H
#include <vulkan/vulkan.h>
#ifdef __cplusplus
extern "C" {
#endif
typedef struct VmaAllocator_T *VmaAllocator;
typedef struct VmaAllocation_T *VmaAllocation;
typedef struct VmaPool_T *VmaPool;
typedef VkFlags VmaAllocationCreateFlags;
typedef enum VmaMemoryUsage { VMA_MEMORY_USAGE_UNKNOWN = 0 } VmaMemoryUsage;
enum { VMA_ALLOCATION_CREATE_MAPPED_BIT = 4 };
typedef struct VmaAllocationCreateInfo { VmaAllocationCreateFlags flags; VmaMemoryUsage usage; VkMemoryPropertyFlags requiredFlags, preferredFlags;
    uint32_t memoryTypeBits; VmaPool pool; void *pUserData; float priority; } VmaAllocationCreateInfo;
typedef struct VmaAllocationInfo { uint32_t memoryType; VkDeviceMemory deviceMemory; VkDeviceSize offset, size; void *pMappedData, *pUserData; } VmaAllocationInfo;
VkResult vmaAllocateMemory(VmaAllocator, const VkMemoryRequirements *, const VmaAllocationCreateInfo *, VmaAllocation *, VmaAllocationInfo *);
void vmaFreeMemory(VmaAllocator, VmaAllocation);
#ifdef __cplusplus
}
#endif
"""


def check_vma():
    text = VMA + "#include <attune/attune_vma.h>\nvoid use(VmaAllocator a, attune_host_memory *m);\nvoid use(VmaAllocator a, attune_host_memory *m) { attune_vma_memory(a, m); }\n"
    for compiler, standard, language in [(cc, "c99", "c"), (cxx, "c++98", "c++"), (cxx, "c++20", "c++")]:
        result = run(compiler, f"-std={standard}", "-x", language, *WARNINGS, "-fsyntax-only", "-I", source / "include", "-", stdin=text)
        expect(result.returncode == 0, f"attune_vma.h: {standard}:\n{result.stderr}")


def structs(text):
    """(name, fields) of every struct."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    for name, body in re.findall(r"typedef struct (attune_\w+) \{(.*?)\} \1;", text, re.S):
        fields = []
        for line in body.split(";"):
            line = line.strip()
            if line.startswith("ATTUNE_HEAD"):
                fields += ["size", "type", "next"]
            elif match := re.search(r"\(\*(\w+)\)\s*\(", line):
                fields.append(match.group(1))
            elif line:
                fields += [re.search(r"(\w+)(\[\w+\])?$", one.strip()).group(1) for one in line.split(",")]
        yield name, fields


def check_abi(write):
    text, functions = declared()
    program = ["#include <attune/attune_vulkan.h>", "#include <stdio.h>", "int main(void) {"]
    for name, fields in structs(text):
        program.append(f'printf("struct {name} %u\\n", (unsigned)sizeof({name}));')
        program += [f'printf("    {one} %u %u\\n", (unsigned)offsetof({name}, {one}), (unsigned)sizeof((({name} *)0)->{one}));'
                    for one in fields]
    plain = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    for body in re.findall(r"\benum(?: \w+)? \{(.*?)\}", plain, re.S):
        for one in re.findall(r"ATTUNE_\w+", body):
            program.append(f'printf("{one} %d\\n", (int){one});')
    program.append("return 0; }")
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "dump"
        result = run(cc, "-x", "c", "-I", source / "include", "-o", made, "-", stdin="\n".join(program))
        expect(result.returncode == 0, f"abi: {result.stderr}")
        if result.returncode:
            return
        found = run(made).stdout
    found += "".join(f"function {name}\n" for name in functions)
    path = source / "tests/c_abi/abi.txt"
    if write:
        path.write_text(found)
    wanted = path.read_text()
    if found != wanted:
        changed = sorted(set(wanted.splitlines()) ^ set(found.splitlines()))
        problems.append("abi: differs from tests/c_abi/abi.txt; programs that were built before may break. What differs:\n"
                        + "\n".join(changed))
    check_tails(found)


def check_tails(dump):
    """Fields are added behind the last one: nothing of a struct with a head may be padding there."""
    for name, size, body in re.findall(r"^struct (\w+) (\d+)\n((?:    .*\n)+)", dump, re.M):
        fields = [line.split() for line in body.splitlines()]
        end = max(int(offset) + int(length) for _, offset, length in fields)
        if fields[0][0] == "size":
            expect(end == int(size), f"abi: {name} ends in padding")


def check_symbols():
    lines = run("nm", "-D", "--defined-only", build / "libattune.so").stdout.split("\n")
    exported = sorted(line.split()[-1] for line in lines if line)
    expect(exported == declared()[1], f"symbols: exported and declared differ: {set(exported) ^ set(declared()[1])}")
    expect(0 < len(exported) <= MOST_EXPORTS, f"symbols: {len(exported)} are exported")
    print(f"{len(exported)} exported functions")


def check_globals():
    """What a program could change while it runs; what the loader fills in and then protects is in .data.rel.ro."""
    lines = run("objdump", "-t", "-C", build / "libattune.so").stdout.splitlines()
    names = [line.split("\t")[1].split(" ", 1)[1].strip() for line in lines if re.search(r"\s\.(data|bss|tdata|tbss)\t", line)]
    expect(names, "globals: objdump shows no variable at all, not even the compiler's")
    compilers = re.compile(r"^(DW\.ref\..*|__dso_handle|__TMC_END__|completed\.0|\.hidden .*|)$")
    left = [name for name in names if not compilers.match(name.removeprefix(".hidden "))]
    expect(not left, f"globals: variables that may be written: {left}")


def check_linking():
    text = """
#include <attune/attune.h>
#include <imgui.h>
#include <volk.h>
#include <cstdio>
int main() {
    ImGui::CreateContext();
    const VkResult volk = volkInitialize();
    attune_graph graph = nullptr;
    const attune_status status = attune_graph_create(&graph, nullptr);
    attune_graph_destroy(graph);
    std::printf("%d %d %x %s\\n", volk == VK_SUCCESS || volk == VK_ERROR_INITIALIZATION_FAILED, status, attune_version(), ImGui::GetVersion());
    ImGui::DestroyContext();
}
"""
    private = re.search(r"^Libs.private: (.*)$", (build / "attune.pc").read_text(), re.M).group(1).split()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "main.cpp").write_text(text)
        volk = run(cc, "-c", "/usr/include/volk.c", "-o", folder / "volk.o")
        main = run(cxx, "-std=c++20", "-c", folder / "main.cpp", "-I", source / "include", "-I", "/usr/include/imgui", "-o", folder / "main.o")
        expect(volk.returncode == 0 and main.returncode == 0, f"linking: {volk.stderr}{main.stderr}")
        others = [folder / "volk.o", "-limgui", "-lstb"]
        static, shared = [build / "libattune.a"], [build / "libattune.so", f"-Wl,-rpath,{build}"]
        for name, parts in {"static first": static + others, "static last": others + static,
                            "shared first": shared + others, "shared last": others + shared}.items():
            made = run(cxx, folder / "main.o", *parts, *private, "-o", folder / "program")
            expect(made.returncode == 0, f"linking: {name}: {made.stderr}")
            if made.returncode == 0:
                said = run(folder / "program")
                expect(said.returncode == 0 and said.stdout.startswith("1 0 "), f"linking: {name}: {said.stdout}{said.stderr}")
        strong = [{line.split()[-1] for line in run("nm", "-g", "--defined-only", path).stdout.splitlines()
                   if re.match(r"[0-9a-f]+ [BDRT] ", line)} for path in (build / "libattune.a", folder / "volk.o", imgui())]
        expect(not strong[0] & (strong[1] | strong[2]), f"linking: symbols of the same name: {strong[0] & (strong[1] | strong[2])}")


def imgui():
    return run(cxx, "-print-file-name=libimgui.a").stdout.strip()


def check_lines():
    for name in ("embed_c", "attention_block"):
        count = (source / "samples" / name / "main.c").read_text().count("\n")
        expect(count <= MOST_LINES, f"lines: samples/{name}/main.c has {count}")


check_headers()
check_vma()
check_abi("--write" in sys.argv)
check_symbols()
check_globals()
check_linking()
check_lines()
print("\n".join(problems) or "Hosts can compile and link against it.")
sys.exit(bool(problems))

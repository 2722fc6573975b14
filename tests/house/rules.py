"""The rules of the house, as data. house.py reads the tree and reports what breaks them."""
import re

# Which folder of runtime/ may include which others; all may include themselves.
MAY_INCLUDE = {
    "base": [],
    "tensor": ["base"],
    "graph": ["tensor", "base"],
    "kernels": ["base"],
    "tuning": ["tensor", "base"],
    "ops": ["graph", "kernels", "tuning", "tensor", "base", "params"],
    "oracle": ["ops", "graph", "tensor", "base"],
    "plan": ["ops", "graph", "kernels", "tuning", "tensor", "base"],
    "formats": ["tensor", "base"],
    "text": ["base"],
    "search": ["base"],
    "models": ["ops", "graph", "formats", "text", "tensor", "base"],
    "vulkan": ["tuning", "kernels", "base"],
    "execute": ["plan", "oracle", "ops", "graph", "vulkan", "kernels", "tuning", "tensor", "base", "params"],
    "generate": ["base", "tensor", "graph", "kernels", "tuning", "ops", "oracle", "plan", "formats", "text", "search",
                 "models", "vulkan", "execute"],
    "c_api": ["generate", "execute", "vulkan", "ops", "graph", "tensor", "base"],
}

# The folder that implements a public header: including the header is including that folder.
# A header missing here belongs to nobody, and is reported. None: the header that includes all others.
LEVEL_OF_HEADER = {
    "error.hpp": "base",
    "cache_file.hpp": "base",
    "model_source.hpp": "base",
    "trace.hpp": "base",
    "tensor.hpp": "tensor",
    "weights.hpp": "tensor",
    "graph.hpp": "graph",
    "run_options.hpp": "graph",
    "ops.hpp": "ops",
    "oracle.hpp": "oracle",
    "device.hpp": "vulkan",
    "frames.hpp": "execute",
    "host_memory.hpp": "vulkan",
    "requirements.hpp": "vulkan",
    "tuning.hpp": "vulkan",
    "qualification.hpp": "execute",
    "roofs.hpp": "execute",
    "session.hpp": "execute",
    "translator.hpp": "generate",
    "stream.hpp": "generate",
    "attune.h": "c_api",
    "attune_vulkan.h": "c_api",
    "attune_vma.h": "c_api",
    "attune.hpp": None,
}

# Folders below shaders/ whose files C++ includes too, and the level that stands for them.
SHARED_WITH_SHADERS = {"params": "params"}

LONGEST_FILE = 500
LONGEST_FUNCTION = 80

# (message, what is searched in code without comments and strings, where, except where)
FORBIDDEN = [
    ("includes vulkan.h, which only vulkan and execute may", re.compile(r"#\s*include\s*[<\"]vulkan/"),
     ["runtime/", "include/"], ["runtime/vulkan/", "runtime/execute/"]),
    ("makes system calls, which only base/platform*.cpp may",
     re.compile(r"#\s*include\s*[<\"](sys/|(unistd|fcntl|dlfcn|poll|pthread|signal|windows|io|direct)\.h\b)", re.I),
     ["runtime/", "include/"], ["runtime/base/platform.cpp", "runtime/base/platform_windows.cpp"]),
    ("shows a path in the system's own encoding; path_text() gives UTF-8", re.compile(r"\.(generic_)?string\(\)"),
     ["runtime/", "include/"], []),
    ("includes SentencePiece, which only text/sentencepiece.cpp may", re.compile(r"#\s*include\s*[<\"]sentencepiece_(processor|trainer)"),
     ["runtime/", "include/"], ["runtime/text/sentencepiece.cpp"]),
    ("includes yaml-cpp, which only formats/yaml_events.cpp may", re.compile(r"#\s*include\s*[<\"]yaml-cpp/"),
     ["runtime/", "include/"], ["runtime/formats/yaml_events.cpp"]),
    ("includes zlib, which only formats/zlib_codec.cpp may", re.compile(r"#\s*include\s*[<\"](zlib|zconf)\.h"),
     ["runtime/", "include/"], ["runtime/formats/zlib_codec.cpp"]),
    ("includes zstd, which only formats/zstd_codec.cpp may", re.compile(r"#\s*include\s*[<\"](zstd|zdict)(_\w+)?\.h"),
     ["runtime/", "include/"], ["runtime/formats/zstd_codec.cpp"]),
    ("reads the environment", re.compile(r"\b(secure_)?getenv\b|\benviron\b"), ["runtime/", "include/"], []),
    ("prints", re.compile(r"\bstd::(cout|cerr|clog|print|println)\b|\b(v?f?printf|f?puts|putchar|perror)\s*\("),
     ["runtime/", "include/"], []),
    ("ends the process", re.compile(r"\b(abort|_?[eE]xit|quick_exit|terminate)\s*\("), ["runtime/", "include/"], []),
    ("names a vendor, which only tuning may", re.compile(r"\b0x(10de|1002|8086|13b5|5143|1010|106b|1ae0|10005)\b", re.I),
     ["runtime/", "include/"], ["runtime/tuning/"]),
]

# Searched in every text file, comments included. Written in pieces so that this file passes.
FORBIDDEN_ANYWHERE = [
    ("names a path of somebody's machine",
     re.compile(r"/wo" r"rk/(main|shared)|shar" r"ed/design|/ho" r"me/[a-z]|/ro" r"ot/|/tmp/at" r"tune")),
    ("speaks of how it was made",
     re.compile(r"\b(cla" r"ude|anthro" r"pic|chat" r"gpt|sub" r"-?agent|pre" r"amble\.md|AI[- ]gene" r"rated)\b", re.I)),
]

C_LIKE = {".cpp", ".h", ".hpp", ".c", ".comp", ".glsl"}
MEASURED = C_LIKE | {".py", ".sh"}
TEXT = MEASURED | {".md", ".cmake", ".txt", ".json", ".in", ".supp", ""}

"""Plants one violation after the other into a small clean tree, and expects house.py to find just that."""
import tempfile
import unittest
from pathlib import Path

import functions
import house

CLEAN = {
    "include/attune/error.hpp": "#pragma once\n#include <string>\n",
    "include/attune/graph.hpp": "#pragma once\n#include <attune/tensor.hpp>\n",
    "include/attune/tensor.hpp": "#pragma once\n",
    "runtime/base/README.md": "What lives here.\n",
    "runtime/base/a.cpp": '#include "base/a.h"\n// getenv() and std::cout are only spoken of\nint a() { return snprintf(0, 0, "printf("); }\n',
    "runtime/ops/README.md": "What lives here.\n",
    "runtime/ops/a.cpp": '#include "graph/op.h"\n#include "kernels/kernels.h"\n#include "params/a.h"\n#include <vector>\n',
    "runtime/base/platform.cpp": "#include <sys/stat.h>\n#include <unistd.h>\n",
    "runtime/base/platform_windows.cpp": "#include <windows.h>\n",
    "runtime/text/sentencepiece.cpp": "#include <sentencepiece_processor.h>\n",
    "runtime/text/README.md": "What lives here.\n",
    "runtime/formats/yaml_events.cpp": "#include <yaml-cpp/parser.h>\n",
    "runtime/formats/zlib_codec.cpp": "#include <zlib.h>\n",
    "runtime/formats/zstd_codec.cpp": "#include <zstd.h>\n",
    "runtime/formats/README.md": "What lives here.\n",
    "runtime/vulkan/README.md": "What lives here.\n",
    "runtime/vulkan/a.cpp": "#include <vulkan/vulkan.h>\n",
    "samples/a.cpp": "#include <attune/graph.hpp>\n#include <iostream>\nint main() { std::cout << 1; }\n",
}


def body(lines):
    return "    ++x;\n" * lines


# what, file, its content, part of the finding
PLANTED = [
    ("upward arrow", "runtime/graph/op.cpp", '#include "ops/ops.h"\n', "arrow from graph to ops"),
    ("upward arrow in models", "runtime/models/a.cpp", '#include "generate/line.h"\n', "arrow from models to generate"),
    ("upward arrow by a public header", "runtime/base/b.cpp", "#include <attune/graph.hpp>\n", "arrow from base to graph"),
    ("upward arrow of a public header", "include/attune/tensor.hpp", "#include <attune/graph.hpp>\n",
     "arrow from tensor to graph"),
    ("oracle sees the planner", "runtime/oracle/a.cpp", '#include "plan/plan.h"\n', "arrow from oracle to plan"),
    ("shader parameters in the oracle", "runtime/oracle/a.cpp", '#include "params/a.h"\n', "arrow from oracle to params"),
    ("unknown public header", "include/attune/more.hpp", "\n", "belongs to no level"),
    ("unknown folder", "runtime/misc/a.cpp", "\n", "belongs to no level"),
    ("include without its folder", "runtime/ops/b.cpp", '#include "lowering.h"\n', "names no level"),
    ("sample looks inside", "samples/b.cpp", '#include "plan/plan.h"\n', "inside of the library"),
    ("long file", "runtime/base/b.cpp", "\n" * 501, "501 lines"),
    ("long function", "runtime/base/b.cpp", "void f(int x) {\n" + body(79) + "}\n", "f has 81 lines"),
    ("long method", "runtime/base/b.h", "struct A {\n  int g() const noexcept {\n" + body(80) + "}\n};\n", "g has 82 lines"),
    ("long constructor", "runtime/base/b.cpp", "A::A(int x) : x_{x}, y_(x) {\n" + body(80) + "}\n", "A::A has 82 lines"),
    ("long shader main", "shaders/ops/a.comp", "void main()\n{\n" + body(80) + "}\n", "main has 83 lines"),
    ("long script function", "tests/a.sh", "f() {\n" + "x\n" * 80 + "}\n", "f has 82 lines"),
    ("long python function", "tests/a.py", "def f():\n" + "    x()\n" * 80, "f has 81 lines"),
    ("vulkan.h in a pure folder", "runtime/ops/b.cpp", "#include <vulkan/vulkan.h>\n", "includes vulkan.h"),
    ("vulkan.h in quotes", "include/attune/error.hpp", '#include "vulkan/vulkan_core.h"\n', "includes vulkan.h"),
    ("system header", "runtime/base/b.cpp", "#include <unistd.h>\n", "makes system calls"),
    ("system folder", "runtime/vulkan/b.cpp", "# include <sys/mman.h>\n", "makes system calls"),
    ("Windows", "include/attune/error.hpp", "#include <Windows.h>\n", "makes system calls"),
    ("path in some encoding", "runtime/base/b.cpp", "auto a = path.string();\n", "own encoding"),
    ("SentencePiece", "runtime/text/b.h", "#include <sentencepiece_processor.h>\n", "includes SentencePiece"),
    ("yaml-cpp", "runtime/ops/b.cpp", "#include <yaml-cpp/yaml.h>\n", "includes yaml-cpp"),
    ("zlib", "runtime/formats/b.h", "#include <zlib.h>\n", "includes zlib"),
    ("zstd", "runtime/formats/zlib_codec.cpp", "#include <zstd.h>\n", "includes zstd"),
    ("environment", "runtime/base/b.cpp", 'auto a = std::getenv("X");\n', "reads the environment"),
    ("stream", "runtime/base/b.cpp", "void f() { std::cerr << 1; }\n", "prints"),
    ("printf", "runtime/base/b.cpp", 'void f() { std::printf("x"); }\n', "prints"),
    ("abort", "runtime/base/b.cpp", "void f() { std::abort(); }\n", "ends the process"),
    ("vendor", "runtime/ops/b.cpp", "bool f() { return id == 0x10DE; }\n", "names a vendor"),
    ("machine path", "README.md", "see /wo" + "rk/shared/x\n", "somebody's machine"),
    ("how it was made", "README.md", "written by Cla" + "ude\n", "how it was made"),
    ("no README", "runtime/search/a.cpp", "\n", "has no README.md"),
]


def findings(changes):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (CLEAN | changes).items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        for level in Path(folder).glob("runtime/*/"):
            if "README" not in "".join(changes) and level.name not in ("search",):
                (level / "README.md").touch()
        return house.check_tree(Path(folder))


class Planted(unittest.TestCase):
    def test_clean_tree(self):
        self.assertEqual(findings({}), [])

    def test_each_violation_is_found(self):
        for what, name, text, expected in PLANTED:
            with self.subTest(what):
                found = findings({name: text})
                self.assertTrue(any(expected in one for one in found), found)
                self.assertTrue(all(one.startswith(str(Path(name).parent)) for one in found if name != "README.md"), found)

    def test_no_modules(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertTrue(house.check_modules(Path(folder)))

    def test_broken_module(self):
        with tempfile.TemporaryDirectory() as folder:
            module = Path(folder) / "generated" / "kernels" / "broken.spv"
            module.parent.mkdir(parents=True)
            module.write_bytes(b"\x03\x02\x23\x07" + b"\0" * 16)
            self.assertEqual(len(house.check_modules(Path(folder))), 1)

    def test_tables_and_types_are_no_functions(self):
        table = "const Case cases[] = {\n" + "    {1, 2},\n" * 100 + "};\n"
        kind = "struct Long {\n" + "    int a = f(1);\n" * 100 + "};\n"
        self.assertEqual(functions.of_c(table + kind + "namespace a {\n" + table + "}\n"), [])

    def test_quotes_and_separators(self):
        text = "A::A() : a_{1} {\n}\nint f() { return 1'000'000; }\nint g() { return '{' + '\\''; }\nauto h = R\"({ \" )\";\nint i() {\n}\n"
        self.assertEqual([name for name, _, _ in functions.of_c(text)], ["A::A", "f", "g", "i"])


if __name__ == "__main__":
    unittest.main()

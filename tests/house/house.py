"""Checks that the tree keeps the rules of the house (rules.py):   house.py ROOT [BUILD_FOLDER]

Arrows between the folders of runtime/, lengths of files and functions, what the library must never do,
words that belong in no file, a README for each folder; with a build folder, every SPIR-V module too.
Prints one line for each finding, and fails if there is one.
"""
import re
import subprocess
import sys
from pathlib import Path

import functions
import rules

SKIPPED = {".git", "build", ".cache", "__pycache__"}            # anywhere
SKIPPED_FOLDERS = {"samples/models", "tests/data"}              # below the root
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def files(root):
    """(path relative to root, text) of every source and text file."""
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root)
        if SKIPPED.intersection(relative.parts) or "/".join(relative.parts[:2]) in SKIPPED_FOLDERS:
            continue
        if not path.is_file() or path.suffix not in rules.TEXT:
            continue
        if path.name == "house_selftest.py":
            continue                               # it plants violations
        try:
            yield relative, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            if path.suffix:
                yield relative, None


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def level_of_file(relative):
    """The level a file belongs to; None if the arrows do not concern it."""
    parts = relative.parts
    if parts[0] == "runtime" and len(parts) > 2:
        return parts[1]
    if parts[:2] == ("include", "attune") and len(parts) == 3:
        return rules.LEVEL_OF_HEADER.get(parts[2], "nobody")
    return None


def level_of_include(delimiter, target):
    """The level an include points at; None if it is not ours."""
    first, _, rest = target.partition("/")
    if first == "attune":
        return rules.LEVEL_OF_HEADER.get(rest, "nobody")
    if delimiter == "<":
        return None
    return rules.SHARED_WITH_SHADERS.get(first, first if first in rules.MAY_INCLUDE else "nobody")


def check_arrows(relative, text):
    level = level_of_file(relative)
    if level is None:
        return
    if level not in rules.MAY_INCLUDE:
        yield 1, f"belongs to no level that rules.py knows: {level}"
        return
    code = re.sub(r"//[^\n]*", "", text)
    for match in INCLUDE.finditer(code):
        delimiter, target = match.groups()
        to = level_of_include(delimiter, target)
        if to == "nobody":
            yield line_of(code, match.start()), f'includes "{target}", which names no level (write "folder/file.h")'
        elif to and to != level and to not in rules.MAY_INCLUDE[level]:
            yield line_of(code, match.start()), f"arrow from {level} to {to} ({target})"


def check_samples(relative, text):
    """Programs, and the checks and the benchmark that ship with one, see the public headers and their own files, like anybody's program."""
    if relative.parts[0] not in ("samples", "checks", "bench") or relative.suffix not in rules.C_LIKE:
        return
    for match in INCLUDE.finditer(text):
        first = match.group(2).partition("/")[0]
        if match.group(1) == '"' and (first in rules.MAY_INCLUDE or first in rules.SHARED_WITH_SHADERS):
            yield line_of(text, match.start()), f"a sample includes the inside of the library ({match.group(2)})"


def check_lengths(relative, text):
    if relative.suffix not in rules.MEASURED and not text.startswith("#!"):
        return
    lines = text.count("\n")
    if lines > rules.LONGEST_FILE:
        yield 1, f"has {lines} lines, more than {rules.LONGEST_FILE}"
    for name, first, length in functions.functions(relative.suffix, text):
        if length > rules.LONGEST_FUNCTION:
            yield first, f"{name} has {length} lines, more than {rules.LONGEST_FUNCTION}"


def check_forbidden(relative, text):
    path = relative.as_posix()
    for message, pattern in rules.FORBIDDEN_ANYWHERE:
        for match in pattern.finditer(text):
            yield line_of(text, match.start()), f"{message}: {match.group(0)}"
    if relative.suffix not in rules.C_LIKE:
        return
    # Include directives keep their quotes, so that "vulkan/vulkan.h" is found as well as <vulkan/vulkan.h>.
    code = functions.without_literals(re.sub(r'(#\s*include\s*)"([^"\n]*)"', r"\1<\2>", text))
    for message, pattern, where, exceptions in rules.FORBIDDEN:
        if path.startswith(tuple(where)) and not path.startswith(tuple(exceptions or ["\0"])):
            for match in pattern.finditer(code):
                yield line_of(code, match.start()), f"{message}: {match.group(0).strip()}"


def check_readmes(root):
    for folder in sorted(root.glob("runtime/*/")):
        if any(folder.iterdir()) and not (folder / "README.md").is_file():
            yield f"{folder.relative_to(root)}: has no README.md"


def check_tree(root):
    findings = list(check_readmes(root))
    for relative, text in files(root):
        if text is None:
            findings.append(f"{relative}: is not UTF-8")
            continue
        for check in (check_arrows, check_samples, check_lengths, check_forbidden):
            findings += [f"{relative}:{line}: {what}" for line, what in check(relative, text)]
    return findings


def check_modules(build):
    modules = sorted((build / "generated" / "kernels").glob("*.spv"))
    findings = [] if modules else [f"{build}: holds no SPIR-V modules"]
    for module in modules:
        result = subprocess.run(["spirv-val", "--target-env", "vulkan1.1", str(module)], capture_output=True, text=True)
        if result.returncode != 0:
            findings.append(f"{module.name}: {result.stdout.strip()} {result.stderr.strip()}")
    return findings


def main():
    root = Path(sys.argv[1]).resolve()
    findings = check_tree(root)
    if len(sys.argv) > 2:
        findings += check_modules(Path(sys.argv[2]))
    print("\n".join(findings) or "The house is in order.")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())

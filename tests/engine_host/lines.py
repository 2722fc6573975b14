"""Counts what it takes to embed attune:   lines.py ROOT

All that engine_host says to attune is in one file of at most 60 lines, comments and blank lines included.
"""
import re
import sys
from pathlib import Path

LIMIT = 60


def main():
    folder = Path(sys.argv[1]) / "samples" / "engine_host"
    lines = (folder / "translator_guest.cpp").read_text(encoding="utf-8").count("\n")
    print(f"translator_guest.cpp has {lines} lines, of {LIMIT}")
    # stand_alone.cpp is what the guest's translations are compared with.
    others = [path.name for path in sorted(folder.glob("*.*")) if path.suffix in (".c", ".cpp", ".h")
              and path.name not in ("translator_guest.cpp", "stand_alone.cpp")
              and re.search(r"#\s*include\s*<attune/|\battune_\w+\s*\(", path.read_text(encoding="utf-8"))]
    for name in others:
        print(f"{name} speaks to attune too")
    return 1 if lines > LIMIT or others else 0


if __name__ == "__main__":
    sys.exit(main())

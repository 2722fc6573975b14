#!/usr/bin/env python3
"""One sentence from the start of the program to its text:   tests/bench/start.py [PROGRAM] [ROUNDS]

Cold: neither attune nor the driver has a cache. Warm: both have what a run before left. By turns, each with caches of its
own; every text is compared with the reference translation. Prints Markdown.
"""
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
PROGRAM = sys.argv[1] if len(sys.argv) > 1 else SOURCE / "build/release/attune"
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 5
LEAST_MARGIN = 0.05     # of the best token of a step over the second: far from what rounding decides


def sentence():
    goldens = json.loads((SOURCE / "checks/goldens/tatoeba-en-de-fr-es.json").read_text())
    return next(line for line in goldens if line["to"] == "de" and line["greedy_margin"] > LEAST_MARGIN)


def seconds(line, caches):
    environment = {**os.environ, "XDG_CACHE_HOME": caches, "MESA_SHADER_CACHE_DIR": caches}
    command = [PROGRAM, "translate", SOURCE / "samples/models/tatoeba-en-de-fr-es", "--to", line["to"], "--beam-size", "1"]
    start = time.monotonic()
    done = subprocess.run(command, input=line["source"] + "\n", text=True, env=environment, capture_output=True)
    took = time.monotonic() - start
    if done.returncode or done.stdout.strip() != line["greedy"]:
        sys.exit(f"{line['source']!r} became {done.stdout!r}, not {line['greedy']!r}\n{done.stderr}")
    return took


def main():
    line = sentence()
    print(subprocess.run([PROGRAM, "devices"], text=True, capture_output=True).stdout.splitlines()[0])
    cold, warm = [], []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as caches:
            cold.append(seconds(line, caches))
            warm.append(seconds(line, caches))
    print("\n| | median (least to most), s |\n|---|---|")
    for name, times in (("cold", cold), ("warm", warm)):
        print(f"| {name} | {statistics.median(times):.2f} ({min(times):.2f} to {max(times):.2f}) |")


if __name__ == "__main__":
    main()

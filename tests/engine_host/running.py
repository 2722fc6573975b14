"""Runs engine_host and looks at what it says."""
import re
import subprocess
import sys

PERCENTILES = re.compile(r"p50 ([0-9.]+)  p95 ([0-9.]+)  p99 ([0-9.]+) ms  \((\d+) frames")
LINES = re.compile(r"(\d+) lines translated, ([0-9.]+) frames each")


class Failed(Exception):
    pass


def expect(fact, what):
    if not fact:
        raise Failed(what)


def run(program, *words, status=0, environment=None):
    """Standard output; expects the exit status."""
    result = subprocess.run([program, *map(str, words)], capture_output=True, text=True, env=environment)
    print(f"engine_host {' '.join(map(str, words))}\n{result.stdout}{result.stderr}")
    expect(result.returncode == status, f"exit status {result.returncode}, not {status}")
    return result.stdout if status == 0 else result.stderr


def expect_report(text, frames, least_lines):
    """Both runs were timed over all frames, and so many lines at least are as attune translates them alone."""
    runs = PERCENTILES.findall(text)
    expect(len(runs) == 2, "the report does not have two runs")
    for p50, p95, p99, count in runs:
        expect(int(count) == frames, f"{count} frames were timed, not {frames}")
        expect(0 < float(p50) <= float(p95) <= float(p99), f"p50 {p50}, p95 {p95}, p99 {p99} are in no order")
    lines = LINES.search(text)
    expect(lines and int(lines.group(1)) >= least_lines, f"fewer than {least_lines} lines were translated")
    expect("each of them as attune translates it alone" in text, "translations were not compared")


def main(check):
    """check(program, rows, modes) with what CMake says; the exit status."""
    try:
        check(sys.argv[1], sys.argv[2], sys.argv[3].split(","))
    except Failed as failed:
        print(f"FAILED: {failed}")
        return 1
    return 0

#!/usr/bin/env python3
"""What int8 weights, f16 caches and f16 cost in quality, and in bytes on the device.

    tests/bench/precision.py PAIRS [--attune PROGRAM] [--model FOLDER] [--device DEVICE] [--every N]

PAIRS is a JSON file {"de": [[source, reference], ...], ...} such as tests/data/held-out.json; the source
gets ">>de<< " in front. Every line is translated greedily in f32, which is what the others are compared
with: how many lines change, and BLEU (sacrebleu, 13a) if sacrebleu is installed. Ends with 1 if a bar is
missed: of lines at most 4 % changed for int8 and 1 % for f16 and f16 caches, and BLEU at most 0.3 lower
for each language and for all.
"""
import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

try:
    import sacrebleu
except ImportError:
    sacrebleu = None

ROOT = Path(__file__).resolve().parent.parent.parent
#        name                options                                    lines that may change
WAYS = [("f32",             ["--precision", "f32"],                     0.00),
        ("int8",            ["--precision", "int8"],                    0.04),
        ("int8, f16 cache", ["--precision", "int8", "--cache", "f16"],  0.04),
        ("f32, f16 cache",  ["--precision", "f32", "--cache", "f16"],   0.01),
        ("f16",             ["--precision", "f16"],                     0.01)]
MOST_BLEU = 0.3


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--attune", type=Path, default=ROOT / "build/release/attune")
    parser.add_argument("--model", type=Path, default=ROOT / "samples/models/tatoeba-en-de-fr-es")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--every", type=int, default=1, help="every Nth pair of each language")
    return parser.parse_args()


def translate(args, options, sources):
    command = [str(args.attune), "translate", str(args.model), "--beam-size", "1", "--device", args.device, "--stats"]
    run = subprocess.run(command + options, input="".join(line + "\n" for line in sources),
                         capture_output=True, encoding="utf-8", check=False)
    if run.returncode:
        sys.exit(run.stderr)
    lines = run.stdout.split("\n")[:-1]
    if len(lines) != len(sources):
        sys.exit(f"{len(lines)} translations of {len(sources)} lines")
    return lines


def weight_bytes(args, options):
    command = [str(args.attune), "inspect", str(args.model), "--device", args.device]
    text = subprocess.run(command + options, capture_output=True, encoding="utf-8", check=True).stdout
    return int(re.search(r"^device_bytes: (\d+)$", text, re.M).group(1))


def main():
    args = arguments()
    pairs = json.loads(args.pairs.read_text(encoding="utf-8"))
    spans, sources, references = {}, [], []
    for language, lines in pairs.items():
        lines = lines[::args.every]
        spans[language] = slice(len(sources), len(sources) + len(lines))
        sources += [f">>{language}<< {source}" for source, _ in lines]
        references += [reference for _, reference in lines]
    spans["all"] = slice(0, len(sources))

    def bleu(lines, span):
        return sacrebleu.corpus_bleu(lines[span], [references[span]]).score if sacrebleu else 0.0

    print(f"{len(sources)} lines, greedy; BLEU: {'sacrebleu ' + sacrebleu.__version__ if sacrebleu else 'no sacrebleu'}")
    plain, missed = None, []
    for name, options, may_change in WAYS:
        lines = translate(args, options, sources)
        plain = plain or lines
        changed = sum(a != b for a, b in zip(lines, plain))
        if changed > may_change * len(lines):
            missed.append(f"{name}: {changed} lines changed")
        text = f"{name:16} {weight_bytes(args, options):>10} bytes  {changed:>4} lines ({100 * changed / len(lines):.2f} %)"
        for language, span in spans.items():
            score, loss = bleu(lines, span), bleu(plain, span) - bleu(lines, span)
            text += f"  {language} {score:.2f}" if sacrebleu else ""
            if loss > MOST_BLEU:
                missed.append(f"{name}: {loss:.2f} BLEU less for {language}")
        print(text, flush=True)
    for line in missed:
        print("missed:", line)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

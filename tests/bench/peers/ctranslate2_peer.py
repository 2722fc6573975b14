"""CTranslate2's side of peers.sh: greedy translations of the shipped model on the CPU, float32, as records.

    ctranslate2_peer.py MODEL_FOLDER GOLDENS SCRATCH SAMPLES BATCH...

The lines of a batch are those that attune's translate cases take. They are tokens already, and attune's are text: attune's
time has the tokenizer in it. Needs ctranslate2 and numpy from PyPI.
"""
import json
import os
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import against_ctranslate2 as converter
import ctranslate2

MOST_BATCH = 64          # as in bench/models.cpp
LEAST_MARGIN = 0.05      # where two tokens are nearer, rounding may decide


def lines(goldens, count):
    sure = [line for line in goldens if line["greedy_margin"] > LEAST_MARGIN]
    return [sure[i * len(sure) // MOST_BATCH % len(sure)] for i in range(count)]


def main():
    model, goldens, scratch = (Path(word) for word in sys.argv[1:4])
    samples, batches = int(sys.argv[4]), [int(word) for word in sys.argv[5:]]
    made = converter.Converter(model)
    if not (scratch / "model").exists():
        made.save(scratch / "model")
    threads = len(os.sched_getaffinity(0))
    translator = ctranslate2.Translator(str(scratch / "model"), device="cpu", compute_type="float32", inter_threads=1,
                                        intra_threads=threads)
    goldens = json.loads(goldens.read_text())
    for batch in batches:
        chosen = lines(goldens, batch)
        sources = [[made.tokens[token] for token in line["source_ids"]] for line in chosen]
        wanted = [[made.tokens[token] for token in line["greedy_ids"][1:]] for line in chosen]
        found = [result.hypotheses[0] for result in converter.translate(translator, batch, sources)]
        equal = sum(a == b for a, b in zip(found, wanted))
        times = []
        for _ in range(samples):
            start = time.perf_counter()
            converter.translate(translator, batch, sources)
            times.append(1e9 * (time.perf_counter() - start))
        ok = equal >= 0.95 * batch
        record = {"schema": 1, "case": f"translate:batch={batch},beam=1,type=f32", "op": "translate",
                  "params": {"batch": batch, "beam": 1}, "device": f"CTranslate2 on the CPU, {threads} threads",
                  "driver": f"CTranslate2 {ctranslate2.__version__}, float32", "path": "", "ok": ok,
                  "outcome": "measured" if ok else "wrong", "note": f"{equal} of {batch} lines equal the goldens",
                  "tokens": sum(len(tokens) for tokens in found), "clock": "host"}
        if ok:
            record.update(median_ns=statistics.median(times), n=samples, samples_ns=times)
        print(json.dumps(record), flush=True)


if __name__ == "__main__":
    main()

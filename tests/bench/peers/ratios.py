"""What peers.sh prints: attune beside its peers, case by case.

    ratios.py ATTUNE.jsonl PEER.jsonl...

Each file holds the same cases once for each round. In a round the fastest peer of a case counts. A ratio is how many times as
fast attune was; the median of the rounds, and in brackets the least and the greatest. A wrong result has no ratio.
"""
import json
import statistics
import sys
from collections import defaultdict


def read(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def rate(record):
    """Tokens per second, or runs."""
    if not record["ok"] or not record.get("median_ns"):
        return None
    return (record.get("tokens") or 1) / record["median_ns"]


def same_case(attune, peer):
    return attune["op"] == peer["op"] and all(attune["params"].get(name) == value for name, value in peer["params"].items())


def main():
    rounds = defaultdict(list)                 # of each peer's case: attune's records
    ours = [record for record in read(sys.argv[1]) if record["op"] != "roof"]
    peers = defaultdict(lambda: defaultdict(list))
    for path in sys.argv[2:]:
        for record in read(path):
            peers[record["case"]][path].append(record)
    for name, files in peers.items():
        any_record = next(iter(files.values()))[0]
        rounds[name] = [record for record in ours if same_case(record, any_record)]
    wrong = 0
    for name, files in peers.items():
        ratios, kinds = [], []
        for index, our in enumerate(rounds[name]):
            there = [records[index] for records in files.values() if index < len(records)]
            there = [record for record in there if rate(record)]
            if rate(our) and there:
                best = max(there, key=rate)
                ratios.append(rate(our) / rate(best))
                kinds.append(best["driver"])
        if ratios:
            print(f"{name}: {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}) times {kinds[-1]}")
        else:
            wrong += any(not record["ok"] for record in rounds[name])
            print(f"{name}: no ratio; attune has {len(rounds[name])} results")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

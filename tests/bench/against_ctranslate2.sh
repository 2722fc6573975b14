#!/bin/bash
# Target tokens per second of attune against CTranslate2, greedy, float32, on the same cores:
#
#   tests/bench/against_ctranslate2.sh [options of attune translate...]
#
# CTranslate2 (from PyPI, into a scratch environment below build/) runs the shipped model on the CPU
# with as many threads as this process may use; its greedy output is compared with the goldens first.
# attune runs build/release/attune on the same lines, on its default device or the one given.
# Prints both rates and their ratio. REPEAT=N runs the 240 lines N times (default 4).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
scratch=build/against_ctranslate2
model=${MODEL:-samples/models/tatoeba-en-de-fr-es}
goldens=${GOLDENS:-checks/goldens/tatoeba-en-de-fr-es.json}
attune=${ATTUNE:-build/release/attune}
batch=32

mkdir -p $scratch
if [ ! -x $scratch/venv/bin/python ]; then
    python3 -m venv $scratch/venv
fi
if ! $scratch/venv/bin/python -c 'import ctranslate2, numpy' 2>/dev/null; then
    $scratch/venv/bin/pip install --quiet ctranslate2 numpy
fi

$scratch/venv/bin/python tests/bench/against_ctranslate2.py "$model" "$goldens" $scratch \
    --batch $batch --repeat "${REPEAT:-4}" | tee $scratch/ctranslate2.txt

if [ ! -x "$attune" ]; then
    echo "There is no $attune: cmake --preset release && cmake --build --preset release" >&2
    exit 1
fi
"$attune" translate "$model" --beam-size 1 --precision f32 --stats "$@" \
    <$scratch/sources.txt >$scratch/attune.txt 2>$scratch/attune.log
rate=$(sed -n 's/.*target_tokens_per_second: *\([0-9.]*\).*/\1/p' $scratch/attune.log | tail -1)
if [ -z "$rate" ]; then
    cat $scratch/attune.log >&2
    exit 1
fi
equal=$(paste -d '\n' $scratch/attune.txt $scratch/expected.txt | awk 'NR % 2 { line = $0; next } line == $0 { n++ } END { print n + 0 }')
echo "attune: $equal of $(wc -l <$scratch/expected.txt) lines equal the goldens"
echo "attune: $rate target tokens/s"
awk -v rate="$rate" '/^batch '$batch':/ { printf "attune / CTranslate2 at batch '$batch': %.3f\n", rate / $3 }' $scratch/ctranslate2.txt

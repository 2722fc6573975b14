#!/bin/bash
# attune beside llama.cpp's Vulkan backend and CTranslate2, case by case and by turns, on the same cores:
#
#   tests/bench/peers.sh [BUILD_FOLDER] [ROUNDS]     default: build/release, 3 rounds; some ten minutes
#
# llama.cpp's backend and attune run in a newer Debian (newer_debian/root.sh), on its lavapipe; every case with and without
# the matrix units that this lavapipe pretends to have, and the faster one counts. CTranslate2 (PyPI, into build/peers) runs
# the shipped model on the CPU, which no driver is in between of: an unfair peer. Prints ratios; the records of all stay in
# build/peers, for `attune bench report`.
#
#   tests/bench/peers.sh --test-backend-ops          llama.cpp's own timing of its products, to hold ggml_peer's against
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

fail() { echo "peers: $*" >&2; exit 1; }
source tests/newer_debian/root.sh

products=('gemm:m=4096,n=1,k=14336,type=f16' 'gemm:m=4096,n=8,k=14336,type=f16' 'gemm:m=4096,n=512,k=14336,type=f16')
attention=('attention:heads=32,kv_heads=8,queries=1,keys=4096,head_dim=128,type=f16'
           'attention:heads=8,queries=512,keys=512,head_dim=64,type=f16')
batches=(1 32)
samples=10 seconds=4
results=build/peers
model=samples/models/tatoeba-en-de-fr-es
goldens=checks/goldens/tatoeba-en-de-fr-es.json

# Slow: 100 GFLOP of each product.
test_backend_ops() {
    make_root
    inside bash -c 'cd /usr/lib/*/ggml/backends0 && /usr/libexec/*/ggml/test-backend-ops perf -o MUL_MAT -b Vulkan0 \
        -p "type_a=f16,type_b=f32,m=4096,n=(1|8|512),k=14336.*"'
}

# attune as it is installed: the program, and what ships with it beside it.
put_attune() {
    new_out "$build/attune"
    "${as_root[@]}" mkdir -p "$out/bin" "$out/share/attune"
    "${as_root[@]}" cp "$build/attune" "$out/bin/"
    "${as_root[@]}" ln -s /attune/samples/models "$out/share/attune/models"
    "${as_root[@]}" ln -s /attune/checks/goldens "$out/share/attune/goldens"
}

python() {
    [ -x $results/venv/bin/python ] || python3 -m venv $results/venv
    $results/venv/bin/python -c 'import ctranslate2, numpy' 2>/dev/null ||
        $results/venv/bin/pip install --quiet ctranslate2 numpy
    $results/venv/bin/python -B "$@"
}

attune_bench() {
    local case=$1
    inside /out/bin/attune bench --device llvmpipe --samples $samples --case "$case" --output /out/one.jsonl >>$results/log 2>&1 ||
        echo "peers: attune bench --case $case failed; $results/log says why" >&2
    "${as_root[@]}" sh -c "cat $out/one.jsonl; rm -f $out/one.jsonl" >>$results/attune.jsonl 2>>$results/log || true
}

one_round() {
    local case batch
    for case in "${products[@]}" "${attention[@]}"; do
        inside /out/ggml_peer $samples $seconds "$case" >>$results/ggml.jsonl 2>>$results/log
        attune_bench "$case"
        inside GGML_VK_DISABLE_COOPMAT=1 /out/ggml_peer $samples $seconds "$case" >>$results/ggml_plain.jsonl 2>>$results/log
    done
    for batch in "${batches[@]}"; do
        python tests/bench/peers/ctranslate2_peer.py $model $goldens $results $samples "$batch" >>$results/ctranslate2.jsonl
        attune_bench "translate:batch=$batch,beam=1"
    done
}

if [ "${1-}" = --test-backend-ops ]; then
    test_backend_ops
    exit
fi
build=${1:-build/release}
[ -x "$build/attune" ] || fail "there is no $build/attune: build it first"
make_root
put_attune
inside g++ -std=c++20 -O2 -Wno-missing-field-initializers -o ggml_peer /attune/tests/bench/peers/ggml_peer.cpp -lggml -lggml-base ||
    fail "ggml_peer does not compile"
mkdir -p $results
rm -f $results/*.jsonl $results/log
awk -v cores="$(nproc)" '$1 > cores / 2 { print "The load is " $1 " on " cores " cores: what else runs here slows each of them differently." }' /proc/loadavg
for ((round = 1; round <= ${2:-3}; ++round)); do
    echo "round $round"
    one_round
done
python3 -B tests/bench/peers/ratios.py $results/attune.jsonl $results/ggml.jsonl $results/ggml_plain.jsonl $results/ctranslate2.jsonl

#!/bin/bash
# Proves that attune is right: installs what the tests need, builds, runs them.
#
#   tests/run.sh          the gate: release build and all tests on the software drivers, then the
#                         library's own tests under ASan and UBSan with fewer rows; meant to take at most
#                         25 minutes on 2 cores, seen to take 33 on two of 2.45 GHz whose drivers had
#                         compiled nothing before
#   tests/run.sh --full   also every row on every driver, all tests and the program under ASan and UBSan,
#                         threads under TSan, builds with clang and for Windows, each fuzz target for a
#                         minute, hosts with VMA and ggml in a newer Debian, and samples/try.sh
#
# Without a Vulkan driver it fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source cmake/debian_packages.sh

packages=(g++ cmake ninja-build glslc spirv-tools libvulkan-dev libvulkan1 libsentencepiece-dev nlohmann-json3-dev
          libyaml-cpp-dev zlib1g-dev libzstd-dev doctest-dev python3 python3-pip ca-certificates
          mesa-vulkan-drivers          # lavapipe
          chromium-common              # SwiftShader
          vulkan-validationlayers
          libfreetype-dev libpng-dev libglfw3-dev fonts-dejavu-core xvfb tesseract-ocr tesseract-ocr-eng   # engine_host
          pkg-config libvulkan-volk-dev libimgui-dev libstb-dev)   # what hosts link beside attune

full=OFF
case ${1-} in
    "") ;;
    --full) full=ON packages+=(clang-14 libclang-rt-14-dev g++-mingw-w64-x86-64-posix mmdebstrap) ;;
    *) sed -n '2,12s/^# \?//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac

stage() { printf '\n== %s (at %d min %02d s)\n' "$1" $((SECONDS / 60)) $((SECONDS % 60)); }

# build PRESET [CMAKE_OPTION...]
build() {
    stage "$1: build"
    cmake --preset "$1" -DATTUNE_TEST_ALL_ROWS=$full -DATTUNE_TESTS=ON -DATTUNE_QUICK_BUILD=ON "${@:2}" >build/"$1".log 2>&1 || { cat build/"$1".log; return 1; }
    cmake --build --preset "$1"
}

check() {
    stage "$1: tests"
    ctest --preset "$1" -j "$(nproc)"
}

# Whatever threads may do at once.
check_threads() {
    stage "tsan: threads"
    cmake --preset tsan -DATTUNE_TESTS=ON >build/tsan.log 2>&1 || { cat build/tsan.log; return 1; }
    cmake --build --preset tsan --target test_threads
    ctest --preset tsan -R '^threads\.'
}

# Another compiler, warnings are errors; its programs are not run.
build_with_clang() {
    stage "clang: build"
    cmake --preset release -B build/clang -DCMAKE_CXX_COMPILER=clang++-14 >build/clang.log 2>&1 || { cat build/clang.log; return 1; }
    cmake --build build/clang
}

# Windows, without SentencePiece; programs that need no DLL, and are not run.
build_for_windows() {
    stage "mingw: build"
    cmake --preset mingw >build/mingw.log 2>&1 || { cat build/mingw.log; return 1; }
    cmake --build --preset mingw
}

# Each target starts from the corpus of the repository; what it finds is left in build/fuzz/found.
fuzz() {
    local corpus target found=build/fuzz/found
    build fuzz -DATTUNE_TESTS=OFF
    for corpus in tests/fuzz/corpus/*/; do
        target=$(basename "$corpus")
        stage "fuzz: $target"
        mkdir -p "$found/$target"
        build/fuzz/tests/fuzz/fuzz_"$target" "$found/$target" "$corpus" -artifact_prefix="$found/$target-" \
            -max_total_time=60 -rss_limit_mb=1024 -timeout=25 -print_final_stats=1 2>"$found/$target.log" ||
            { tail -n 50 "$found/$target.log"; return 1; }
        grep -h "stat::number_of_executed_units" "$found/$target.log"
    done
}

if command -v apt-get >/dev/null; then
    install_packages "${packages[@]}"
else
    echo "Not a Debian system; the tests need what these packages hold: ${packages[*]}" >&2
fi
mkdir -p build
tests/firefox/fetch.sh

build release
check release
asan=(-DATTUNE_KERNELS_FROM="$PWD/build/release")
if [ $full = OFF ]; then asan+=(-DATTUNE_SAMPLES=OFF); fi
build asan "${asan[@]}"
check asan
if [ $full = ON ]; then
    check_threads
    build_with_clang
    build_for_windows
    fuzz
    stage "newer Debian: VMA and ggml"
    tests/newer_debian.sh
    stage "samples/try.sh"
    samples/try.sh
fi
stage "all passed"

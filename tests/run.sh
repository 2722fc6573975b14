#!/bin/bash
# Proves that attune is right: installs what the tests need, builds, runs them.
#
#   tests/run.sh          the gate: release build and all tests on the software drivers, then the
#                         same tests under ASan and UBSan with fewer rows; at most 25 minutes on 2 cores
#   tests/run.sh --full   also every row on every driver, a build with clang, and samples/try.sh
#
# Without a Vulkan driver it fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source cmake/debian_packages.sh

packages=(g++ cmake ninja-build glslc spirv-tools libvulkan-dev libvulkan1 libsentencepiece-dev nlohmann-json3-dev
          doctest-dev python3
          mesa-vulkan-drivers          # lavapipe
          chromium-common              # SwiftShader
          vulkan-validationlayers)

full=OFF
case ${1-} in
    "") ;;
    --full) full=ON packages+=(clang-14) ;;
    *) sed -n '2,8s/^# \?//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac

stage() { printf '\n== %s (at %d min %02d s)\n' "$1" $((SECONDS / 60)) $((SECONDS % 60)); }

# build PRESET [CMAKE_OPTION...]
build() {
    stage "$1: build"
    cmake --preset "$@" -DATTUNE_TEST_ALL_ROWS=$full -DATTUNE_TESTS=ON >build/"$1".log 2>&1 || { cat build/"$1".log; return 1; }
    cmake --build --preset "$1"
}

check() {
    stage "$1: tests"
    ctest --preset "$1" -j "$(nproc)"
}

# Another compiler, warnings are errors; its programs are not run.
build_with_clang() {
    stage "clang: build"
    cmake --preset release -B build/clang -DCMAKE_CXX_COMPILER=clang++-14 >build/clang.log 2>&1 || { cat build/clang.log; return 1; }
    cmake --build build/clang
}

if command -v apt-get >/dev/null; then
    install_packages "${packages[@]}"
else
    echo "Not a Debian system; the tests need what these packages hold: ${packages[*]}" >&2
fi
mkdir -p build

build release
check release
build asan
check asan
if [ $full = ON ]; then
    build_with_clang
    stage "samples/try.sh"
    samples/try.sh
fi
stage "all passed"

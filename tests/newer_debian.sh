#!/bin/bash
# attune beside libraries that its own Debian does not have: a host whose memory is VMA's, through attune_vma.h, and one
# that also computes with ggml, linked in either order and run on a newer lavapipe.
#
#   tests/newer_debian.sh [BUILD_FOLDER]     default: build/release, which has libattune.so and libattune.a
#
# The newer Debian is a folder, build/newer_debian (newer_debian/root.sh). Programs are compiled and run inside it, with what
# libattune.so needs of this Debian copied beside them. Needs mmdebstrap, and root or sudo.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

build=${1:-build/release}

fail() { echo "newer_debian: $*" >&2; exit 1; }
source tests/newer_debian/root.sh

# compile OUTPUT COMPILER SOURCE
compile() {
    inside "$2" -c "/attune/$3" -o "$1" -O1 -Wall -Wextra -Wno-missing-field-initializers -I/attune/include \
        -I/attune/samples || fail "$3 does not compile"
}

# try NAME PART...: linked and run, with the shared and the static library, which is named first or last.
try() {
    local name=$1 private=() parts=("${@:2}") way said
    mapfile -t private < <(libraries "$build/libattune.so" | sed 's/^/-l:/; s/ .*//')
    local -A link=([shared]=lib/libattune.so.0 [static]=lib/libattune.a)
    for way in "shared first" "shared last" "static first" "static last"; do
        local attune=${link[${way% *}]} order=()
        case $way in
            *first) order=("$attune" "${parts[@]}") ;;
            *last) order=("${parts[@]}" "$attune") ;;
        esac
        inside g++ -o "$name" "$name.o" attention.o reference.o "${order[@]}" "${private[@]}" -Llib -lvulkan ||
            fail "$name does not link, $way"
        said=$(inside "./$name" 2>&1) || fail "$name is wrong, linked $way (exit status $?):"$'\n'"$said"
        printf '%s, %s:\n%s\n' "$name" "$way" "$said"
    done
}

for file in libattune.so libattune.a; do [ -e "$build/$file" ] || fail "there is no $build/$file: build it first"; done
make_root
new_out "$build/libattune.so"
"${as_root[@]}" cp "$build/libattune.a" "$out/lib/"
"${as_root[@]}" cp "$(readlink -f "$build/libattune.so")" "$out/lib/libattune.so.0"
inside true || fail "$root cannot be entered: this needs a mount namespace"
compile attention.o gcc tests/newer_debian/attention.c
compile reference.o gcc tests/newer_debian/reference.c
compile host.o gcc samples/attention_block/host.c
compile vma.o gcc tests/newer_debian/vma.c
compile allocator.o g++ tests/newer_debian/allocator.cpp
compile ggml.o g++ tests/newer_debian/ggml.cpp
try vma host.o allocator.o
try ggml -lggml -lggml-base

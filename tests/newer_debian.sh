#!/bin/bash
# attune beside libraries that its own Debian does not have: a host whose memory is VMA's, through attune_vma.h, and one
# that also computes with ggml, linked in either order and run on a newer lavapipe.
#
#   tests/newer_debian.sh [BUILD_FOLDER]     default: build/release, which has libattune.so and libattune.a
#
# The newer Debian is a folder, build/newer_debian, made once from the mirror that apt uses (0.9 GB, some minutes; remove
# it to have a newer one); nothing else on the system changes. Programs are compiled and run inside it, with what
# libattune.so needs of this Debian copied beside them. Needs mmdebstrap, and root or sudo.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

suite=forky
packages=g++,libvulkan-dev,mesa-vulkan-drivers,libvulkan-memory-allocator-dev,libggml-dev,libggml0-backend-vulkan
build=${1:-build/release}
root=build/newer_debian
out=$root/out
as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo)

fail() { echo "newer_debian: $*" >&2; exit 1; }

# The whole root, or none: what was interrupted is begun anew.
make_root() {
    local mirror
    # shellcheck disable=SC2016   # apt's own
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -m 1 -E '/debian/?$' || true)
    [ -n "$mirror" ] || fail "apt uses no mirror of Debian"
    "${as_root[@]}" rm -rf --one-file-system "$root.new"
    # A mirror may be frozen: older than its own date of expiry.
    "${as_root[@]}" mmdebstrap --variant=minbase --aptopt='Acquire::Check-Valid-Until "false"' --include="$packages" \
        "$suite" "$root.new" "deb $mirror $suite main" >"$root.log" 2>&1 ||
        { tail -n 20 "$root.log" >&2; fail "$root cannot be made"; }
    "${as_root[@]}" mkdir "$root.new/attune"
    "${as_root[@]}" mv "$root.new" "$root"
}

# inside COMMAND...: in the newer Debian, in /out; the repository is at /attune and cannot be written.
inside() {
    # shellcheck disable=SC2016   # the inner shell expands them
    "${as_root[@]}" unshare --mount bash -ec '
        root=$1; shift
        mount --bind . "$root/attune"; mount -o remount,bind,ro "$root/attune"
        mount -t proc proc "$root/proc"; mount --rbind /dev "$root/dev"
        icd=$(cd "$root" && ls usr/share/vulkan/icd.d/lvp_icd*.json | head -n 1)
        exec chroot "$root" /usr/bin/env -i -C /out PATH=/usr/bin:/bin HOME=/root LC_ALL=C.UTF-8 \
            VK_DRIVER_FILES="/$icd" GGML_VK_VISIBLE_DEVICES=0 LD_LIBRARY_PATH=/out/lib "$@"' _ "$root" "$@"
}

libraries() { ldd "$build/libattune.so" | awk '$2 == "=>" { print $1, $3 }'; }

# libattune and those libraries under it that the newer Debian lacks; of what both have, the newer one serves both.
copy_libraries() {
    local name path
    "${as_root[@]}" rm -rf "$out"
    "${as_root[@]}" mkdir -p "$out/lib"
    "${as_root[@]}" cp "$build/libattune.a" "$out/lib/"
    "${as_root[@]}" cp "$(readlink -f "$build/libattune.so")" "$out/lib/libattune.so.0"
    while read -r name path; do
        [ -n "$(find "$root/usr/lib" -maxdepth 2 -name "$name" -print -quit)" ] ||
            "${as_root[@]}" cp "$path" "$out/lib/"
    done < <(libraries)
}

# compile OUTPUT COMPILER SOURCE
compile() {
    inside "$2" -c "/attune/$3" -o "$1" -O1 -Wall -Wextra -Wno-missing-field-initializers -I/attune/include \
        -I/attune/samples || fail "$3 does not compile"
}

# try NAME PART...: linked and run, with the shared and the static library, which is named first or last.
try() {
    local name=$1 private=() parts=("${@:2}") way said
    mapfile -t private < <(libraries | sed 's/^/-l:/; s/ .*//')
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
[ -d "$root" ] || make_root
copy_libraries
inside true || fail "$root cannot be entered: this needs a mount namespace"
compile attention.o gcc tests/newer_debian/attention.c
compile reference.o gcc tests/newer_debian/reference.c
compile host.o gcc samples/attention_block/host.c
compile vma.o gcc tests/newer_debian/vma.c
compile allocator.o g++ tests/newer_debian/allocator.cpp
compile ggml.o g++ tests/newer_debian/ggml.cpp
try vma host.o allocator.o
try ggml -lggml -lggml-base

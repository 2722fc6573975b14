# A newer Debian in a folder, for what this Debian is too old for: newer libraries, and a newer lavapipe. To be sourced from
# the repository's root by a script that has defined fail().
#
#   make_root        makes it, once
#   inside COMMAND...  runs a command in it
#
# The folder is build/newer_debian, made from the mirror that apt uses (1 GB, some minutes; remove it to have a newer one);
# nothing else on the system changes. Needs mmdebstrap, and root or sudo.
# shellcheck shell=bash

suite=forky
packages=g++,libvulkan-dev,mesa-vulkan-drivers,libvulkan-memory-allocator-dev,libggml-dev,libggml0-backend-vulkan,llama.cpp-tests
root=build/newer_debian
out=$root/out
as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo)

# The whole root, or none: what was interrupted, or has other packages, is begun anew.
make_root() {
    local mirror
    [ "$(cat "$root/attune-packages" 2>/dev/null)" != "$suite $packages" ] || return 0
    # shellcheck disable=SC2016   # apt's own
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -m 1 -E '/debian/?$' || true)
    [ -n "$mirror" ] || fail "apt uses no mirror of Debian"
    mkdir -p build
    "${as_root[@]}" rm -rf --one-file-system "$root.new" "$root"
    # A mirror may be frozen: older than its own date of expiry.
    "${as_root[@]}" mmdebstrap --variant=minbase --aptopt='Acquire::Check-Valid-Until "false"' --include="$packages" \
        "$suite" "$root.new" "deb $mirror $suite main" >"$root.log" 2>&1 ||
        { tail -n 20 "$root.log" >&2; fail "$root cannot be made"; }
    "${as_root[@]}" mkdir "$root.new/attune"
    echo "$suite $packages" | "${as_root[@]}" tee "$root.new/attune-packages" >/dev/null
    "${as_root[@]}" mv "$root.new" "$root"
}

# In the newer Debian, in /out; the repository is at /attune and cannot be written.
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

libraries() { ldd "$1" | awk '$2 == "=>" { print $1, $3 }'; }

# new_out PROGRAM: an empty /out with those libraries under the program, in lib/, that the newer Debian lacks; of what both
# have, the newer one serves both.
new_out() {
    local name path
    "${as_root[@]}" rm -rf "$out"
    "${as_root[@]}" mkdir -p "$out/lib"
    while read -r name path; do
        [ -n "$(find "$root/usr/lib" -maxdepth 2 -name "$name" -print -quit)" ] ||
            "${as_root[@]}" cp "$path" "$out/lib/"
    done < <(libraries "$1")
}

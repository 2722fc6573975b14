#!/bin/bash
# From nothing to a translation: installs what is missing, builds attune, lists the Vulkan devices,
# and translates a few sentences with the model that comes with it. Run it again: nothing is left to do.
#
#   samples/try.sh                on Debian 12 and its relatives, as root or through sudo
#   samples/try.sh --no-install   installs nothing, only says what is missing
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source cmake/debian_packages.sh

install=yes
case ${1-} in
    "") ;;
    --no-install) install=no ;;
    *) sed -n '2,6s/^# \?//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac
packages=(g++ cmake ninja-build glslc libvulkan-dev libvulkan1 libsentencepiece-dev nlohmann-json3-dev
          libyaml-cpp-dev zlib1g-dev libzstd-dev)
attune=build/release/attune

# provide PACKAGE...: installs them, or says what is missing; what follows shows whether it was needed
provide() {
    if ! command -v apt-get >/dev/null; then
        cat >&2 <<END
This is not Debian or a relative of it. attune needs: a C++20 compiler, CMake 3.25, Ninja, glslc,
the Vulkan headers and loader, SentencePiece, nlohmann-json, yaml-cpp, zlib, libzstd, and a Vulkan driver.
    Fedora  dnf install gcc-c++ cmake ninja-build glslc vulkan-headers vulkan-loader \\
                sentencepiece-devel json-devel yaml-cpp-devel zlib-devel libzstd-devel mesa-vulkan-drivers
    Arch    pacman -S gcc cmake ninja shaderc vulkan-headers vulkan-icd-loader \\
                sentencepiece nlohmann-json yaml-cpp zlib zstd vulkan-swrast
END
    elif [ $install = yes ]; then
        install_packages "$@"
    else
        local missing
        missing=$(missing_packages "$@" | tr '\n' ' ')
        [ -z "$missing" ] || echo "Missing: apt-get install --no-install-recommends $missing" >&2
    fi
}

build() {
    if [ ! -e build/release/build.ninja ]; then
        echo "Configuring." >&2
        mkdir -p build
        cmake --preset release >build/release.log 2>&1 || { cat build/release.log; return 1; }
    fi
    cmake --build --preset release --target attune_cli
}

# attune with what it and the driver say kept back unless it fails.
quietly() {
    local status=0
    $attune "$@" 2>build/try.log || status=$?
    [ $status = 0 ] || cat build/try.log >&2
    return $status
}

# Lists the devices; without any, a driver is installed first: Mesa's lavapipe needs no GPU.
list_devices() {
    local status=0
    $attune devices >/dev/null 2>&1 || status=$?
    if [ $status = 3 ]; then
        echo "There is no Vulkan device. Mesa's drivers have one that computes on the CPU: lavapipe." >&2
        provide mesa-vulkan-drivers
    fi
    quietly devices
    if ! grep -qE ': *"(discrete|integrated|virtual)' <<<"$(quietly devices --json)"; then
        echo "No GPU: a software driver on the CPU is used, much slower than a GPU would be."
    fi
}

sentences="The weather is nice today.
I would like a cup of coffee, please.
Where is the nearest train station?
She has been learning to play the piano for three years."

# Prints each sentence, its translation into a language, and the translation of that.
there_and_back() {
    local there back
    there=$(quietly translate --to "$1" <<<"$sentences")
    back=$(quietly translate --to en <<<"$there")
    paste -d '\n' <(sed 's/^/  en  /' <<<"$sentences") <(sed "s/^/  $1  /" <<<"$there") \
                  <(sed 's/^/  en  /' <<<"$back") | sed '0~3G'
}

provide "${packages[@]}"
build
echo; echo "Devices"
list_devices
echo
for language in de fr es; do
    echo "English -> $language -> English"
    there_and_back $language
done
echo "Your own text: $attune translate --to de < lines.txt"

# Sourced by samples/try.sh and tests/run.sh.
#   missing_packages PACKAGE...   prints those of Debian's packages that are not installed
#   install_packages PACKAGE...   installs what is missing, as root or through sudo, and says so

missing_packages() {
    local package
    for package; do
        dpkg-query -W -f='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || echo "$package"
    done
}

install_packages() {
    local missing as_root=()
    missing=$(missing_packages "$@" | tr '\n' ' ')
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" != 0 ]; then
        if ! command -v sudo >/dev/null; then
            echo "These packages are missing, and there is no sudo: run as root" >&2
            echo "    apt-get install --no-install-recommends $missing" >&2
            return 1
        fi
        as_root=(sudo)
    fi
    echo "Installing with apt-get: $missing" >&2
    "${as_root[@]}" apt-get update -qq >&2
    # shellcheck disable=SC2086   # one word per package
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 $missing >/dev/null
}

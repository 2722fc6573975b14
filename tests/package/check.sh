#!/bin/bash
# Installs a build into an empty prefix, moves it, builds a program that finds it with
# find_package(attune), and translates with both programs:   check.sh SOURCE_FOLDER BUILD_FOLDER
set -euo pipefail
source_folder=$1 build_folder=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

cmake --install "$build_folder" --prefix "$scratch/first" >/dev/null
mv "$scratch/first" "$scratch/moved"                         # an installed tree is relocatable

cmake -S "$source_folder/tests/package/consumer" -B "$scratch/build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
      -DCMAKE_PREFIX_PATH="$scratch/moved" >"$scratch/log" 2>&1 || { cat "$scratch/log"; exit 1; }
cmake --build "$scratch/build" >"$scratch/log" 2>&1 || { cat "$scratch/log"; exit 1; }

sentence="I would like a cup of coffee."
from_library=$(echo ">>de<< $sentence" | "$scratch/build/consumer")
from_program=$(echo "$sentence" | "$scratch/moved/bin/attune" translate --no-cache --to de)
models=$scratch/moved/share/attune/models
from_c=$("$scratch/build/consumer_c" "$models/tatoeba-en-de-fr-es" ">>de<< $sentence")

# The same in C, as pkg-config says.
pc=$(find "$scratch/moved" -name attune.pc)
export PKG_CONFIG_PATH=${pc%/*}
libraries=$(pkg-config --variable=libdir attune)
# shellcheck disable=SC2046   # one word per flag
cc "$source_folder/tests/package/consumer/main.c" $(pkg-config --cflags --libs attune) -Wl,-rpath,"$libraries" -o "$scratch/by_pkg_config"
from_pkg_config=$("$scratch/by_pkg_config" "$(pkg-config --variable=models attune)/tatoeba-en-de-fr-es" ">>de<< $sentence")

printf '%s\n' "library: $from_library" "program: $from_program" "C: $from_c" "pkg-config: $from_pkg_config"
[ -n "$from_library" ] && [ "$from_library" = "$from_program" ] && [ "$from_library" = "$from_c" ] && [ "$from_library" = "$from_pkg_config" ]

#!/usr/bin/env bash
# Makes bench/card.ts one file that needs no network, and says how to run it.
# Usage: bench/card_bundle.sh [FOLDER]   (by default a new one in the temporary folder)
set -euo pipefail
cd "$(dirname "$0")/.."

folder=${1:-$(mktemp -d)}
mkdir -p "$folder"
deno bundle --quiet --platform deno -o "$folder/card.bundle.js" bench/card.ts
binary=$(readlink -f "$(command -v deno)")

cat <<END
$folder/card.bundle.js is the program. On a machine without Deno it needs this one too:

  xz -T0 -6 -k -c $binary > $folder/deno.xz

There, with a driver for Vulkan (libvulkan1 and the vendor's manifest):

  xz -dc deno.xz > deno && chmod +x deno
  DENO_DIR=\$PWD/dd XDG_RUNTIME_DIR=/tmp ./deno run -A --no-lock card.bundle.js --minutes 8 --out card.json

PyTorch is measured if python3 has it with CUDA.
END

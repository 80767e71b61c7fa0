#!/usr/bin/env bash
# Builds tfjs-node's binding against the libtensorflow in TensorFlow's Python wheel, which is newer than the one that
# tfjs-node fetches for itself, and is to be had wherever PyPI is. `latentmint engines install tensorflow --wheel` runs it.
#
# Usage: from-wheel.sh FOLDER PACKAGE
#   FOLDER   where PACKAGE lies in node_modules; libtensorflow/ is made beside it
#   PACKAGE  @tensorflow/tfjs-node, with the wheel tensorflow-cpu; or @tensorflow/tfjs-node-gpu, with the wheel tensorflow
# Needs Linux on x86-64, python3 with pip, g++ 8 or later, and 2.5 GB in FOLDER while it works. Python itself is not used after that.
set -euo pipefail
folder="$(cd "$1" && pwd)" package="$2"
binding="$folder/node_modules/$package"
[ "$(uname -sm)" = 'Linux x86_64' ] || { echo 'the wheel is built for Linux on x86-64' >&2; exit 1; }
for tool in python3 g++; do command -v "$tool" >/dev/null || { echo "$tool is not installed" >&2; exit 1; }; done
headers="$(node -p "require('node:path').resolve(process.execPath, '../../include/node')")"
[ -f "$headers/node_api.h" ] || { echo "Node's headers are not in $headers" >&2; exit 1; }

work="$folder/wheel"
mkdir -p "$work"
trap 'rm -rf "$work"' EXIT
case "$package" in
  *-gpu) echo 'tensorflow==2.21.0' >"$work/requirements.txt" ;;
  # The digest of the one file that was built and tested against.
  *) echo 'tensorflow-cpu==2.21.0 --hash=sha256:2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c' >"$work/requirements.txt" ;;
esac
# Any Python will do: the wheel is read, not installed.
python3 -m pip download --quiet --no-deps --only-binary=:all: --implementation cp --python-version 3.11 \
  --platform manylinux_2_27_x86_64 --dest "$work" --requirement "$work/requirements.txt"
python3 -m zipfile -e "$work"/*.whl "$work/files"

library="$folder/libtensorflow"
mkdir -p "$library" "$binding/lib/napi-v8"
mv "$work/files/tensorflow"/libtensorflow_cc.so.2 "$work/files/tensorflow"/libtensorflow_framework.so.2 "$library"
# shellcheck disable=SC2016 -- $ORIGIN is for the dynamic linker: the folder may be moved
g++ -std=c++17 -O2 -fPIC -shared -DNAPI_VERSION=8 -I"$headers" -I"$work/files/tensorflow/include" -I"$binding" \
  "$binding"/binding/*.cc -o "$binding/lib/napi-v8/tfjs_binding.node" \
  "$library"/libtensorflow_cc.so.2 "$library"/libtensorflow_framework.so.2 -Wl,-rpath,'$ORIGIN/../../../../../libtensorflow'

#!/bin/sh
# Runs `jemma serve` and llama.cpp's server in turn on the same file, with the same threads, slots and requests, and prints
# what `jemma bench serve` measures of each; --write puts the table into docs/performance.md. llama.cpp comes as a Python
# wheel with its server inside, into a virtual environment below bench/target.
#
#   bench/compare-serve.sh MODEL.gguf [--threads 2] [--slots 16] [--rounds 3] [--load 'FLAGS OF bench serve']… [--write]
#   bench/compare-serve.sh --report [--write]           only print (write) what earlier runs found
#
# JEMMA_BENCH_PYTHON names a Python that has the wheel already; then nothing is installed.
set -eu
bench=$(cd "$(dirname "$0")" && pwd)
python=${JEMMA_BENCH_PYTHON:-$bench/target/peers/bin/python}
if [ -z "${JEMMA_BENCH_PYTHON:-}" ] && ! cmp -s "$bench/requirements.txt" "$bench/target/peers/installed"; then
    python3 -m venv "$bench/target/peers"
    "$python" -m pip install -q -r "$bench/requirements.txt"
    cp "$bench/requirements.txt" "$bench/target/peers/installed"
fi
"$bench/../jemma" --version >&2 # builds it where that is due, so that no build is measured
exec "$python" "$bench/compare_serve.py" "$@"

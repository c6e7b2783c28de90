#!/bin/sh
# Runs Jemma, llama.cpp and ik_llama.cpp in turn on the same file and prints their ratios; --write puts the table into
# docs/performance.md. Peers come as Python wheels, into a virtual environment below bench/target.
#
#   bench/compare.sh MODEL.gguf … [--tests pp512,tg128,tg64x16] [--threads 2] [--rounds 3] [--peers llama.cpp] [--write]
#   bench/compare.sh --random gemma-2b --type Q4_0 …    random weights of a shape (jemma bench --help), kept for reuse
#   bench/compare.sh --report [--write]                 only print (write) what earlier runs found
#
# JEMMA_BENCH_PYTHON names a Python that has the peers already; then nothing is installed.
set -eu
bench=$(cd "$(dirname "$0")" && pwd)
python=${JEMMA_BENCH_PYTHON:-$bench/target/peers/bin/python}
if [ -z "${JEMMA_BENCH_PYTHON:-}" ] && ! cmp -s "$bench/requirements.txt" "$bench/target/peers/installed"; then
    python3 -m venv "$bench/target/peers"
    "$python" -m pip install -q -r "$bench/requirements.txt"
    cp "$bench/requirements.txt" "$bench/target/peers/installed"
fi
"$bench/../jemma" --version >&2 # builds it where that is due, so that no build is measured
exec "$python" "$bench/compare.py" "$@"

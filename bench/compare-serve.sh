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
. "$bench/peers.sh"
peers requirements.txt peers
exec "$python" "$bench/compare_serve.py" "$@"

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
. "$bench/peers.sh"
peers requirements.txt peers
exec "$python" "$bench/compare.py" "$@"

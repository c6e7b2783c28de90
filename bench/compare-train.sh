#!/bin/sh
# Trains the same model with Jemma and with PyTorch (transformers, PEFT) in turn and prints their ratios; --write puts the
# table into docs/performance.md. PyTorch comes as Python wheels, into a virtual environment below bench/target.
#
#   bench/compare-train.sh MODEL.gguf --chats CHATS.jsonl [--tests full,lora,chats] [--threads 2] [--rounds 3] [--write]
#   bench/compare-train.sh --report [--write]      only print (write) what earlier runs found
#
# PyTorch trains a float32 folder made of the same file: `jemma convert` writes it below bench/target, or --folder names it.
# JEMMA_BENCH_PYTHON names a Python that has the peers already; then nothing is installed. --alone COMMAND is put before
# every run, to keep others off the machine for as long as it takes.
set -eu
bench=$(cd "$(dirname "$0")" && pwd)
python=${JEMMA_BENCH_PYTHON:-$bench/target/train-peers/bin/python}
wanted=$bench/requirements-train.txt
if [ -z "${JEMMA_BENCH_PYTHON:-}" ] && ! cmp -s "$wanted" "$bench/target/train-peers/installed"; then
    python3 -m venv "$bench/target/train-peers"
    "$python" -m pip install -q -r "$wanted"
    cp "$wanted" "$bench/target/train-peers/installed"
fi
"$bench/../jemma" --version >&2 # builds it where that is due, so that no build is measured
exec "$python" "$bench/compare_train.py" "$@"

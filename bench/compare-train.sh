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
. "$bench/peers.sh"
peers requirements-train.txt train-peers
exec "$python" "$bench/compare_train.py" "$@"

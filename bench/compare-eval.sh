#!/bin/sh
# Runs PIQA, ARC-e and HellaSwag, 0-shot, with Jemma and with lm-evaluation-harness over transformers on the same rows in
# turn and prints both accuracies and the ratio of wall times; --write puts the table into docs/evaluation.md. The peer
# comes as Python wheels, into a virtual environment below bench/target.
#
#   bench/compare-eval.sh MODEL.gguf --data DIR [--folder F32_FOLDER] [--limit 500] [--threads 2] [--write]
#   bench/compare-eval.sh --report [--write]      only print (write) what earlier runs found
#
# transformers runs a float32 folder made of the same file: `jemma convert` writes it below bench/target, or --folder names
# it. JEMMA_BENCH_PYTHON names a Python that has the peer already; then nothing is installed. --alone COMMAND is put
# before every run, to keep others off the machine for as long as it takes.
set -eu
bench=$(cd "$(dirname "$0")" && pwd)
. "$bench/peers.sh"
peers requirements-eval.txt eval-peers
exec "$python" "$bench/compare_eval.py" "$@"

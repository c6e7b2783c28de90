#!/bin/sh
# How much speed Jemma keeps when another program takes one of its cores: the same benchmark on a quiet machine, then
# beside a loop that spins on one core, by turns.
#   bench/busy-neighbour.sh MODEL [ROUNDS] [ARGUMENTS OF jemma bench]       Linux; needs taskset (util-linux)
set -eu

[ $# -ge 1 ] || {
    echo "usage: bench/busy-neighbour.sh MODEL [ROUNDS] [ARGUMENTS OF jemma bench]" >&2
    exit 2
}
command -v taskset >/dev/null || {
    echo "busy-neighbour.sh: taskset is missing; install util-linux" >&2
    exit 1
}
home=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
model=$1
rounds=${2:-3}
shift
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- -p 512 -g 64 -r 3

core=$(nproc)
core=$((core - 1))
spinner=
trap '[ -z "$spinner" ] || kill "$spinner"' EXIT
trap 'exit 130' INT TERM

# The test and its tokens/s, of each row of the table.
measure() {
    "$home/jemma" bench "$model" --no-probe "$@" 2>/dev/null | awk -F'|' -v neighbour="$neighbour" \
        'NR > 2 && NF > 8 { gsub(/^ +| +$/, "", $7); gsub(/^ +| +$/, "", $8); print "| " neighbour " | " $7 " | " $8 " |" }'
}

echo "| neighbour | test | tokens/s |"
echo "|---|---|---:|"
round=0
while [ "$round" -lt "$rounds" ]; do
    neighbour=none
    measure "$@"
    taskset -c "$core" sh -c 'while :; do :; done' &
    spinner=$!
    neighbour="spins on core $core"
    measure "$@"
    kill "$spinner"
    wait "$spinner" 2>/dev/null || :
    spinner=
    round=$((round + 1))
done

# Read by the comparison scripts, with $bench set: peers REQUIREMENTS FOLDER sets $python to a Python that has the packages of
# a file, in a virtual environment of that name below bench/target unless JEMMA_BENCH_PYTHON names one that has them.
peers() {
    python=${JEMMA_BENCH_PYTHON:-$bench/target/$2/bin/python}
    if [ -z "${JEMMA_BENCH_PYTHON:-}" ] && ! cmp -s "$bench/$1" "$bench/target/$2/installed"; then
        python3 -m venv "$bench/target/$2"
        "$python" -m pip install -q -r "$bench/$1"
        cp "$bench/$1" "$bench/target/$2/installed"
    fi
    "$bench/../jemma" --version >&2 # builds it where that is due, so that no build is measured
}

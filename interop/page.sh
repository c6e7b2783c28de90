#!/bin/sh
# The web page of `jemma serve` in a headless Chromium: sends, streams, stops, edits, compares, and tries to harm it.
#
#     interop/page.sh [MODEL]                  MODEL: a base model to converse with (default: gemma3-270m)
#     PICTURES=docs/images interop/page.sh     writes the pictures of docs/serving.md, too; with OTHER=NAME=MODEL the
#                                              one of two models shows that model beside the first
#
# Needs Chromium (CHROMIUM names it if it is not found), Node 20 or newer and npm. Without one of them nothing is tested,
# and the last line says so.
set -eu

HOME_DIR=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
MODEL=${1:-gemma3-270m}
TINY=$HOME_DIR/core/src/test/resources/golden/models/gguf/gemma3-F32.gguf

skip() {
    echo "page: SKIPPED, nothing was tested: $1" >&2
    exit 0
}

CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || :)}
[ -n "$CHROMIUM" ] || skip "there is no Chromium here; install one (on Debian: apt-get install chromium)"
command -v node >/dev/null || skip "there is no Node here"
command -v npm >/dev/null || skip "there is no npm here"
export CHROMIUM

if [ -n "${PICTURES:-}" ]; then
    mkdir -p "$PICTURES"
    PICTURES=$(CDPATH='' cd -- "$PICTURES" && pwd -P)
    export PICTURES
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/jemma-page.XXXXXX")
servers=
clean() {
    for server in $servers; do kill "$server" 2>/dev/null || :; done
    rm -rf "$work"
}
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

(cd "$HOME_DIR/interop/page" && npm ci --silent)

# Starts a server and waits for its address, which is the first line that it prints; the address is in $url then.
serve() {
    name=$1
    shift
    "$HOME_DIR/jemma" serve --port 0 "$@" >"$work/$name.url" 2>"$work/$name.log" &
    servers="$servers $!"
    waited=0
    until [ -s "$work/$name.url" ]; do
        if [ "$waited" -ge 600 ] || ! kill -0 "$!" 2>/dev/null; then
            cat "$work/$name.log" >&2
            echo "page: the server did not start" >&2
            exit 1
        fi
        sleep 1
        waited=$((waited + 1))
    done
    url=$(head -n 1 "$work/$name.url")
}

JEMMA_KEY=key-of-the-page-test-0123456789
echo "tester $JEMMA_KEY" >"$work/keys"
"$HOME_DIR/jemma" --version >/dev/null # builds it, so that the two do not wait for each other
serve open "gemma=$MODEL" "tiny=$TINY" ${OTHER:+"$OTHER"}
JEMMA_URL=$url
serve locked "tiny=$TINY" --api-keys "$work/keys"
JEMMA_LOCKED_URL=$url
JEMMA_OTHER=${OTHER:-}
export JEMMA_URL JEMMA_LOCKED_URL JEMMA_KEY JEMMA_OTHER

cd "$HOME_DIR/interop/page" && npm test --silent

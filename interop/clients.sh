#!/usr/bin/env bash
# Official clients against `jemma serve`: starts a server on a free port, runs openai_clients.py and openai_clients.mjs,
# and stops it again. Needs Python with the package openai, and node with the packages of package.json (the newest openai
# that runs on Node 20):
#
#     python -m venv venv && venv/bin/pip install openai==3.54.0
#     npm --prefix interop install --no-package-lock
#     PYTHON=venv/bin/python interop/clients.sh [MODEL...]
#
# The first model chats (default: gemma3-270m); an embedding model may follow.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$out"' EXIT

"$here/../jemma" serve "${@:-gemma3-270m}" --port 0 >"$out/url" 2>"$out/log" &
server=$!
while [[ ! -s $out/url ]]; do
    kill -0 "$server" 2>/dev/null || { cat "$out/log" >&2; exit 1; }
    sleep 0.2
done
url=$(<"$out/url")
"${PYTHON:-python3}" "$here/openai_clients.py" "$url"
node "$here/openai_clients.mjs" "$url"

#!/usr/bin/env bash
# Official clients against `jemma serve`: starts a server on a free port, runs openai_clients.py and openai_clients.mjs,
# and stops it again. Needs Python with the package openai, and Node 22 with the packages of package.json:
#
#     python -m venv venv && venv/bin/pip install openai==3.54.0
#     npm --prefix interop install --no-package-lock
#     PYTHON=venv/bin/python interop/clients.sh [MODEL...]
#
# Where the machine's Node is older, the npm package `node` brings one, which is used then:
#
#     npm --prefix interop install --no-package-lock --no-save node@22.23.3
#
# The first model chats (default: gemma3-270m); an embedding model may follow.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
node=node
if ! node -e 'process.exit(parseInt(process.versions.node) < 22)' 2>/dev/null; then
    node=$here/node_modules/.bin/node
    [[ -x $node ]] || { echo "clients: needs Node 22 or newer; the head of this file says how to get one" >&2; exit 1; }
fi
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
"$node" "$here/openai_clients.mjs" "$url"

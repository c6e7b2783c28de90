#!/bin/sh
# Builds the image of packaging/Dockerfile and tries it: packaging/build-image.sh [NAME[:TAG] [MODEL.gguf]]
# With a model, a container is started from it as an ordinary user on a read-only root, asked once, and stopped.
# Where no Docker engine (or Podman) answers, nothing is built: it says so and ends with 0, with REQUIRE=1 with 1.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
name=${1:-jemma}
model=${2:-}

engine=
for candidate in docker podman; do
    if command -v "$candidate" >/dev/null 2>&1 && "$candidate" info >/dev/null 2>&1; then
        engine=$candidate
        break
    fi
done
if [ -z "$engine" ]; then
    echo "build-image: SKIPPED, NOTHING WAS BUILT: no Docker or Podman engine answers on this machine" >&2
    [ "${REQUIRE:-}" != 1 ] || exit 1
    exit 0
fi

# Podman writes images of the OCI's form, which has no health check, unless it is told otherwise.
form=
[ "$engine" != podman ] || form="--format docker"
# shellcheck disable=SC2086
DOCKER_BUILDKIT=1 "$engine" build $form -f "$here/Dockerfile" -t "$name" "$here/.."
echo "build-image: built $name"

user=$("$engine" image inspect -f '{{.Config.User}}' "$name")
case $user in
'' | root* | 0*)
    echo "build-image: the image runs as '$user', but must not run as root" >&2
    exit 1
    ;;
esac
[ -n "$model" ] || exit 0

folder=$(CDPATH='' cd -- "$(dirname -- "$model")" && pwd -P)
container=$("$engine" run -d --read-only --user 12345:12345 --cap-drop ALL --security-opt no-new-privileges \
    -v "$folder:/models:ro" "$name" serve "/models/$(basename -- "$model")")
trap '"$engine" rm -f "$container" >/dev/null' EXIT
waited=0
until "$engine" exec "$container" bash /opt/jemma/health.sh 2>/dev/null; do
    waited=$((waited + 1))
    [ "$waited" -lt 60 ] || {
        echo "build-image: the container does not answer /health after a minute:" >&2
        "$engine" logs "$container" >&2
        exit 1
    }
    sleep 1
done
"$engine" stop -t 40 "$container" >/dev/null
status=$("$engine" inspect -f '{{.State.ExitCode}}' "$container")
case $status in
0 | 143) echo "build-image: $name answers as user 12345 on a read-only root, and ends when asked to" ;;
*)
    echo "build-image: the container ended with $status" >&2
    exit 1
    ;;
esac

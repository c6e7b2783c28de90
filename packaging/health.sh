#!/bin/bash
# Succeeds if jemma serve answers /health on this machine: without curl, by bash alone. JEMMA_HEALTH_PORT names its port.
# For a server with TLS ask from outside instead.
set -u
exec 3<>"/dev/tcp/127.0.0.1/${JEMMA_HEALTH_PORT:-8080}" || exit 1
printf 'GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n' >&3
read -r -t 4 _ status _ <&3 || exit 1
[ "$status" = 200 ]

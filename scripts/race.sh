#!/usr/bin/env bash
# Every Go test under the race detector.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
need_compiler
need_nginx
CGO_ENABLED=1 go test -race ./...

#!/usr/bin/env bash
# The tests that run the server in their own process, under the race detector: those beside the code and those of
# the behaviour over HTTP where requests meet, in their short form. Tests that start the server as a program gain nothing
# from it, and the pages, drawn in twelve languages, share nothing.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
need_compiler
CGO_ENABLED=1 go test -race -short $(go list ./internal/... | grep -v /webui$) ./test/wire
CGO_ENABLED=1 go test -race -short ./test/api -run 'AtOnce|While|Once|Wait|Held|Remembered|Metrics|ComesBack|InTime|Import'

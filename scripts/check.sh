#!/usr/bin/env bash
# What every change must pass before it is shown to anyone: under two minutes on a warm machine.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
. scripts/lib.sh
lint=$(scripts/tool.sh golangci-lint) || exit

step format "$lint" fmt --diff
step vet go vet ./...
step lint "$lint" run
step unit go test ./...
step tidy go mod tidy -diff
step generated scripts/generated.sh
step walk go run ./test/walk
finish check

#!/usr/bin/env bash
# What every change must pass before it is shown to anyone: under two minutes on a warm machine.
set -euo pipefail
cd "$(dirname "$0")/.."
lint=$(scripts/tool.sh golangci-lint)

step() { echo "--- $1"; }

step 'go.mod is tidy'
go mod tidy -diff
step 'formatting'
"$lint" fmt --diff
step 'vet'
go vet ./...
step 'lint'
"$lint" run
step 'generated files are current'
scripts/generated.sh
step 'unit tests'
go test ./api/... ./cmd/... ./internal/...

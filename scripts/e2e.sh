#!/usr/bin/env bash
# Builds the server and plays its users: the published client, and a browser. Arguments go to node's test runner.
# Screenshots are kept in $SCREENSHOTS, a new temporary folder by default.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
need_apt 'command -v node' nodejs 'command -v npm' npm
need_browser

(cd test/e2e && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
CGO_ENABLED=0 go build -o "$work/symbolon" ./cmd/symbolon
export SYMBOLON_BINARY=$work/symbolon
export SCREENSHOTS=${SCREENSHOTS:-$(mktemp -d "${TMPDIR:-/tmp}/screenshots.XXXXXX")}
echo "screenshots: $SCREENSHOTS"
if [ -n "${E2E:-}" ]; then
	node "$E2E" # a script of its own, such as that of the pictures
else
	# Each file waits for a browser or a mail most of the time, so two run beside each other on any machine.
	node --test --test-concurrency=2 --test-reporter=spec "$@" test/e2e/*.test.js
fi

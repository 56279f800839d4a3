#!/usr/bin/env bash
# The tests that run the server in their own process, under the race detector, in their short form: those beside the code,
# those of storage that need no other server, and those over HTTP where requests meet. Tests that start the server as a
# program gain nothing from it. Nor do packages that share nothing between goroutines: the rules of the architecture,
# settings, schemas, claims, commands, readers of other systems, hashes of Argon2, pages, which are drawn in twelve languages,
# and methods, which only judge (but codes, whose tests send guesses at one moment).
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
need_compiler
export CGO_ENABLED=1
go test -race -short $(go list ./internal/... | grep -vE '^github.com/symbolon/symbolon/internal$|/internal/(adminclient|argon2|claims|cli|config|passpolicy|store|takeover|traits|webui)$|/method/') ./internal/method/code ./test/wire
# Each of these leaves a processor idle at times.
go test -race -short ./internal/store -run 'Conformance|Committed|Flow|Group|Touch|SQLite' &
store=$!
go test -race -short ./test/api -run 'AtOnce|While|Once|Wait|Held|Remembered|Metrics|ComesBack|InTime|Import'
wait "$store"

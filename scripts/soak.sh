#!/usr/bin/env bash
# Every long check at its full size, in under two hours on a quiet machine of two cores. Its figures belong in
# docs/measurements.md. Arguments name the steps to do; none does all.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
. scripts/lib.sh
need_databases || exit

export CI=true # a server that is missing fails its tests instead of skipping them
wanted=" $* "
long() { [ "$wanted" = "  " ] || [[ $wanted == *" $1 "* ]] || return 0; step "$@"; }
nodes() { go test ./test/nodes -count=1 -timeout 30m -v -run "$@"; }

# A million steps of the model of factors, then three hundred thousand of the wide one. Tests leave sequences out, and a
# server lasts for few of them, which keeps its memory small.
model() {
	go test ./test/api -count=60 -timeout 100m -v -run 'NoSessionIsAboveWhatWasProven$' -rapid.checks=40 -rapid.steps=1000 &&
		go test ./test/api -count=10 -timeout 100m -v -run 'NoSessionIsAboveWhatWasProven_' -rapid.checks=120 -rapid.steps=1000
}

long bench go run ./test/bench
long postgres scripts/bench-postgres.sh
long courier make bench-courier
long kills nodes 'LostWhenANode' -rounds 200
long faults nodes 'LostWhenNodes|FailsOver' -rounds 50
long clusters nodes 'Patroni|Galera' -rounds 50
long revocations nodes ManyRevocations -revocations 10000
long writes go test ./internal/store -count=1 -timeout 30m -v -run Killed -kills 200
long months go test ./test/api -count=1 -timeout 30m -v -run NinetyDays
long factors model
long timing go test ./internal/httpapi -run '^$' -bench SameTime -benchtime 300x
long pages env APPEARANCE=full scripts/e2e.sh
long argon2 env ARGON2_CASES=1000000 go test ./internal/argon2 -count=1 -timeout 60m -run agreesWithXCrypto
long fuzz scripts/fuzz.sh 3m
finish soak

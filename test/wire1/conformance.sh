#!/bin/sh
# Plays the recorded exchanges of v1, which are not part of this repository, against the built server.
#
#   conformance.sh [arguments of run.py, such as --scenario a1_login or --only whoami --show]
#
# What differs on purpose is in rules.py. Without arguments the scenarios of floor.txt are played, and each must pass at least as
# many exchanges as stand there: raise the number with every step. Where the player is missing this does nothing, unless CI=true
# and ../shared exists: then it fails. CONFORMANCE1 names another folder, WORK keeps the logs in a folder of one's choice.
set -eu

cd "$(dirname "$0")/../.."
program=${CONFORMANCE1:-../shared/spec-v1}
if [ ! -f "$program/run.py" ]; then
	echo "conformance of v1: $program/run.py is not here, nothing is played"
	[ "${CI:-}" != true ] || [ ! -d ../shared ]
	exit
fi

work=${WORK:-$(mktemp -d "${TMPDIR:-/tmp}/conformance1.XXXXXX")}
mkdir -p "$work"
go build -o "$work/symbolon" ./cmd/symbolon
python3 test/wire1/rules.py "$program/captures.jsonl" >"$work/captures.jsonl"
play() {
	SECURITY_LIMITS_ENABLED=false python3 "$program/run.py" --server "$work/symbolon" --captures "$work/captures.jsonl" \
		--work "$work" --base "${BASE:-20500}" "$@"
}
if [ $# -gt 0 ]; then
	play "$@"
	exit
fi
code=0
while read -r scenario floor; do
	play --scenario "$scenario" >"$work/$scenario.verdict" 2>&1 || true
	passed=$(sed -n '$s/ passed.*//p' "$work/$scenario.verdict")
	echo "$scenario: $(tail -n 1 "$work/$scenario.verdict"), at least $floor must pass"
	[ "${passed:-0}" -ge "$floor" ] || code=1
done <test/wire1/floor.txt
exit "$code"

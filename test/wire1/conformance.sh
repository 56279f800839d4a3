#!/usr/bin/env bash
# Plays recorded exchanges of v1 against the built server: those of player/, in which the scenarios of floor.txt are.
#
#   conformance.sh [arguments of run.py, such as --scenario a1_login or --only whoami --show]
#
# What differs on purpose is in rules.py, as changes to the recording, and in intended.txt, by name. Each scenario must pass at
# least as many exchanges as floor.txt says: raise the number with every step. CONFORMANCE1 names another player, such as the
# whole one; WORK keeps the logs in a folder of one's choice.
set -eu

cd "$(dirname "$0")/../.."
. scripts/lib.sh
program=${CONFORMANCE1:-test/wire1/player}
captures=$program/captures.jsonl
[ -f "$captures" ] || captures=$captures.gz
need_apt "python3 -c 'import cryptography'" python3-cryptography

work=${WORK:-$(mktemp -d "${TMPDIR:-/tmp}/conformance1.XXXXXX")}
mkdir -p "$work"
go build -o "$work/symbolon" ./cmd/symbolon
python3 test/wire1/rules.py "$captures" >"$work/captures.jsonl"
play() {
	SECURITY_LIMITS_ENABLED=false python3 "$program/run.py" --server "$work/symbolon" --captures "$work/captures.jsonl" \
		--work "$work" --base "${BASE:-20500}" --intended test/wire1/intended.txt "$@"
}
if [ $# -gt 0 ]; then
	play "$@"
	exit
fi
code=0
while read -r scenario floor; do
	play --scenario "$scenario" >"$work/$scenario.verdict" 2>&1 || true
	passed=$(sed -n '$s/ passed.*//p' "$work/$scenario.verdict")
	echo "$scenario: $(tail -n 1 "$work/$scenario.verdict"), $(grep -c . test/wire1/intended.txt) names are intended; at least $floor must pass"
	[ "${passed:-0}" -ge "$floor" ] || { code=1 && cat "$work/$scenario.verdict"; }
done <test/wire1/floor.txt
exit "$code"

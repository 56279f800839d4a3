#!/usr/bin/env bash
# Plays recorded exchanges of v1 against the built server: those of player/ and of factors/, in which the scenarios of
# floor.txt are.
#
#   conformance.sh [arguments of run.py, such as --scenario a1_login or --only whoami --show]
#
# What differs on purpose is in rules.py, as changes to the recording, and in intended.txt, by name. Each scenario must pass at
# least as many exchanges as floor.txt says: raise the number with every step. CONFORMANCE1 names another player, such as the
# whole one; WORK keeps the logs in a folder of one's choice.
set -eu

cd "$(dirname "$0")/../.."
. scripts/lib.sh
need_apt "python3 -c 'import cryptography'" python3-cryptography

work=${WORK:-$(mktemp -d "${TMPDIR:-/tmp}/conformance1.XXXXXX")}
mkdir -p "$work"
go build -buildvcs=false -o "$work/symbolon" ./cmd/symbolon # its version is "dev", as rules.py expects
cat test/wire1/intended.txt test/wire1/factor_intended.txt >"$work/intended"

# prepare FOLDER: a copy of a player whose recording the rules have changed.
prepare() {
	captures=$1/captures.jsonl
	[ -f "$captures" ] || captures=$captures.gz
	mkdir -p "$work/$(basename "$1")"
	cp -r "$1/." "$work/$(basename "$1")/"
	python3 test/wire1/rules.py "$captures" >"$work/captures.jsonl"
	chmod -R u+w "$work/$(basename "$1")"
	mv "$work/captures.jsonl" "$work/$(basename "$1")/captures.jsonl"
}

# play FOLDER BASE ARGUMENTS: the player of factors has its ports from the environment.
play() {
	player=$work/$(basename "$1") base=$2
	shift 2
	mkdir -p "$work/$base"
	if [ -f "$player/authn.py" ]; then
		set -- --serve-args=--watch-courier "$@"
	else
		set -- --captures "$player/captures.jsonl" --base "$base" "$@"
	fi
	SECURITY_LIMITS_ENABLED=false BASE_PORT=$base python3 "$player/run.py" --server "$work/symbolon" \
		--work "$work/$base" --intended "$work/intended" "$@"
}
base=${BASE:-20500}
if [ $# -gt 0 ]; then
	prepare "${CONFORMANCE1:-test/wire1/player}"
	play "${CONFORMANCE1:-test/wire1/player}" "$base" "$@"
	exit
fi
prepare test/wire1/player
prepare test/wire1/factors

# The scenarios spend most of their time waiting, so five are played at once, each with ports of its own.
running=0
while read -r scenario _; do
	player=test/wire1/player
	[ -f "$player/scenarios/$scenario.py" ] || player=test/wire1/factors
	[ "$running" -lt 5 ] || { wait -n || true; }
	play "$player" "$base" --scenario "$scenario" >"$work/$scenario.verdict" 2>&1 &
	running=$((running < 5 ? running + 1 : 5)) base=$((base + 60))
done <test/wire1/floor.txt
wait
code=0
while read -r scenario floor; do
	passed=$(sed -n '$s/ passed.*//p' "$work/$scenario.verdict")
	echo "$scenario: $(tail -n 1 "$work/$scenario.verdict"), $(grep -c . "$work/intended") names are intended; at least $floor must pass"
	[ "${passed:-0}" -ge "$floor" ] || { code=1 && cat "$work/$scenario.verdict"; }
done <test/wire1/floor.txt
exit "$code"

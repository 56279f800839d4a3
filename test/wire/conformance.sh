#!/usr/bin/env bash
# Plays the wire conformance program, which is not part of this repository, against the built server.
#
#   conformance.sh [--strict] [arguments of run.py, such as --scenario 1 or --only Login --show]
#
# What differs on purpose is in intended.txt. Where the program's folder is missing this does
# nothing, unless CI=true: then it fails. CONFORMANCE names another folder, WORK keeps the logs in a folder of one's choice.
# With --strict every line of intended.txt must really differ, but for those that depend on which mail comes first.
set -eu

cd "$(dirname "$0")/../.."
. scripts/lib.sh
program=${CONFORMANCE:-../shared/conformance}
if [ ! -f "$program/run.py" ]; then
	echo "conformance: $program/run.py is not here, nothing is played"
	[ "${CI:-}" != true ]
	exit
fi

need_apt 'command -v openssl' openssl "python3 -c 'import cryptography'" python3-cryptography

work=${WORK:-$(mktemp -d "${TMPDIR:-/tmp}/conformance.XXXXXX")}
bin=$work/bin
mkdir -p "$bin"
go build -o "$bin/" ./cmd/symbolon ./test/wire/relay

strict=
if [ "${1:-}" = --strict ]; then
	strict=true
	shift
fi
play() {
	# It guesses more passwords than the limits allow. test/wire replays the exchanges with limits.
	SECURITY_LIMITS_ENABLED=false python3 "$program/run.py" \
		--server "$bin/relay -server $bin/symbolon" --work "$work" "$@"
}

# The rules behind intended.txt: one can be the reason for many exchanges.
rules() {
	sed -e '/^#/d' -e 's/^[^ ]* //' -e 's/ ([^()]*)$//' test/wire/intended.txt | awk '{ gsub("; ", "\n"); print }' | sort -u | wc -l
}

if [ -z "$strict" ]; then
	play --intended test/wire/intended.txt "$@" >"$work/verdict" 2>&1 && code=0 || code=$?
	cat "$work/verdict"
	# The program reads its file of mails while it may be writing to it, and ends a scenario where it meets half a line (rig.py,
	# standins.py). That says nothing of the server, so it is played once more.
	if [ "$code" != 0 ] && grep -q 'JSONDecodeError: Unterminated string' "$work/verdict"; then
		echo "conformance: the program read half a mail; once more"
		work=$work/again
		mkdir "$work"
		play --intended test/wire/intended.txt "$@" && code=0 || code=$?
	fi
	printf 'conformance: %s rules say what differs on purpose\n' "$(rules)"
	exit "$code"
fi
# Without forgiveness, then compare: what fails must be intended, and what is intended must fail.
play "$@" >"$work/verdict" || true
sed -n -e '/^FAIL scenario/d' -e 's/^FAIL [^ ]* \([^ ]*\) .*/\1/p' "$work/verdict" | sort -u >"$work/failed"
sed -e '/^#/d' -e 's/ .*//' test/wire/intended.txt | sort -u >"$work/intended"
sed -n '/the first mail that comes/s/ .*//p' test/wire/intended.txt | sort -u >"$work/either"
comm -23 "$work/failed" "$work/intended" >"$work/unexpected"
comm -13 "$work/failed" "$work/intended" | comm -23 - "$work/either" >"$work/superfluous"
tail -n 1 "$work/verdict"
sed 's/^/conformance: differs and is not intended: /' "$work/unexpected"
sed 's/^/conformance: is intended and does not differ: /' "$work/superfluous"
[ ! -s "$work/unexpected" ] && [ ! -s "$work/superfluous" ]

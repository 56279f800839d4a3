#!/usr/bin/env bash
# Fuzzes every target in turn, for the time given ($1, default 30s) each. What is found is written beside the target,
# in testdata/fuzz, and becomes a seed once committed.
set -euo pipefail
cd "$(dirname "$0")/.."

# one FOLDER TARGET TIME again|last: at the end of its time go test now and then fails with "context deadline exceeded" and
# nothing found. That is no verdict, so it is run again, once. To make an interesting input smaller may take a second:
# where goroutines make coverage differ from run to run, go test spends a minute on each otherwise, and tries nothing else.
one() {
	local said again=$4
	said=$(go test "./$1" -run '^$' -fuzz "^$2\$" -fuzztime "$3" -fuzzminimizetime 1s 2>&1) && { echo "$said"; return; }
	echo "$said"
	[ "$again" = again ] && grep -q '^ *context deadline exceeded$' <<<"$said" && ! grep -q 'Failing input written' <<<"$said" || return 1
	one "$1" "$2" "$3" last
}

grep -rlE '^func Fuzz' --include='*_test.go' api cmd internal test | xargs -n 1 dirname | sort -u | while read -r folder; do
	grep -hoE '^func Fuzz\w+' "$folder"/*_test.go | sed 's/^func //' | sort -u | while read -r target; do
		echo "--- $folder $target"
		one "$folder" "$target" "${1:-30s}" again
	done
done

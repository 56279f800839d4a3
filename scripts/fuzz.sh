#!/usr/bin/env bash
# Fuzzes every target in turn, for the time given ($1, default 30s) each. What is found is written beside the target,
# in testdata/fuzz, and becomes a seed once committed.
set -euo pipefail
cd "$(dirname "$0")/.."

grep -rlE '^func Fuzz' --include='*_test.go' api cmd internal test | xargs -n 1 dirname | sort -u | while read -r folder; do
	grep -hoE '^func Fuzz\w+' "$folder"/*_test.go | sed 's/^func //' | sort -u | while read -r target; do
		echo "--- $folder $target"
		go test "./$folder" -run '^$' -fuzz "^$target\$" -fuzztime "${1:-30s}"
	done
done

#!/usr/bin/env bash
# Every kind of check, the long ones in a short form. One that fails does not keep the rest from running.
set -uo pipefail
cd "$(dirname "$0")/.." || exit

names=(check race wire conformance e2e bench fuzz)
declare -A run=(
	[check]='scripts/check.sh'
	[race]='scripts/race.sh'
	[wire]='go test ./test/wire/...'
	[conformance]='test/wire/conformance.sh'
	[e2e]='scripts/e2e.sh'
	[bench]='go run ./test/bench -short'
	[fuzz]='scripts/fuzz.sh 3s'
)

summary='' passed=0 failed=0
for name in "${names[@]}"; do
	echo "=== $name: ${run[$name]}"
	start=$SECONDS
	if ${run[$name]}; then
		verdict=ok passed=$((passed + 1))
	else
		verdict=FAIL failed=$((failed + 1))
	fi
	summary+=$(printf '%-4s  %-12s %4d s' "$verdict" "$name" $((SECONDS - start)))$'\n'
done

printf '\n%schecks: %d passed, %d failed\n' "$summary" "$passed" "$failed"
[ "$failed" = 0 ]

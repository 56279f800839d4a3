#!/usr/bin/env bash
# The share of statements that tests reach, per package, the least covered first. Writes coverage.out, which
# `go tool cover -html=coverage.out` shows line by line.
set -euo pipefail
cd "$(dirname "$0")/.."

go test -coverprofile coverage.out -coverpkg ./internal/...,./api/... ./... >/dev/null
tail -n +2 coverage.out | awk '
	{ split($1, place, ":"); sub("/[^/]*$", "", place[1]); block = $1; size[block] = $2; in_package[block] = place[1]; if ($3 > 0) hit[block] = 1 }
	END {
		for (b in size) { all[in_package[b]] += size[b]; total += size[b]; if (b in hit) { reached[in_package[b]] += size[b]; got += size[b] } }
		for (p in all) printf "%5.1f%%  %s\n", 100 * reached[p] / all[p], p
		printf "%5.1f%%  all\n", 100 * got / total
	}' | sort -n

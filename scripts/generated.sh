#!/usr/bin/env bash
# Fails when `go generate` would change a file: a change of a table includes the documents made from it.
set -euo pipefail
cd "$(dirname "$0")/.."

snapshot() {
	git ls-files -z --cached --others --exclude-standard |
		while IFS= read -r -d '' file; do [ ! -f "$file" ] || sha256sum "$file"; done
}
before=$(snapshot)
go generate ./...
if ! changed=$(diff <(echo "$before") <(snapshot)); then
	echo "go generate changed these files; run 'make generate' and commit them:"
	sed -n 's/^> [0-9a-f]*  /  /p' <<<"$changed"
	exit 1
fi

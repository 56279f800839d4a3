#!/usr/bin/env bash
# Installs the database servers where they are missing, then runs storage, the recorded exchanges of version 0.5 and the
# behaviour over HTTP on each of them. The tests start servers of their own, on free ports with data of their own, and stop them by their pid:
# what else runs on this machine is left alone.
#
#   databases.sh            install and test
#   databases.sh install    only install
#   databases.sh served     leave out storage, which go test ./... has
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
need_databases
[ "${1:-}" != install ] || exit 0

export CI=true # a server that is missing fails its tests instead of skipping them
[ "${1:-}" = served ] || go test ./internal/store ./test/databases ./test/nodes
for database in postgres mariadb; do
	echo "--- the server on $database"
	go test ./test/wire -run Replay -args -database "$database"
	# The sequences of the model are fewer than on SQLite: what a database does to them, it does to most.
	go test ./test/api -args -database "$database" -rapid.checks=30
done

#!/usr/bin/env bash
# Measures the server on a PostgreSQL of its own, started on a spare port and stopped at the end. Arguments go to the bench.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
need_databases
work=$(mktemp -d "${TMPDIR:-/tmp}/bench-postgres.XXXXXX")
bin=$(ls -d /usr/lib/postgresql/*/bin | tail -1)
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
as_postgres() { if [ "$(id -u)" = 0 ]; then setpriv --reuid postgres --regid postgres --clear-groups "$@"; else "$@"; fi; }
[ "$(id -u)" != 0 ] || chown postgres "$work"
# A quarter of the memory, in huge pages where this user may reserve them, as PostgreSQL's own manual has it (19.4.5): over a gigabyte
# that is read here and there, each of its processes otherwise spends a tenth of its time to find out where pages are.
buffers=$(awk '/^MemTotal/ { print int($2 / 4096) }' /proc/meminfo)
huge=/proc/sys/vm/nr_hugepages
before=$(cat $huge 2>/dev/null || echo 0)
cleanup() {
  as_postgres "$bin/pg_ctl" -D "$work/data" -m fast stop >/dev/null || true
  [ ! -w $huge ] || echo "$before" >$huge
  rm -rf "$work"
}
trap cleanup EXIT
[ ! -w $huge ] || echo $((before + buffers / 2 * 21 / 20 + 32)) >$huge || true
echo "shared_buffers ${buffers}MB, huge pages reserved: $(cat $huge 2>/dev/null || echo none)"
as_postgres "$bin/initdb" -D "$work/data" -U postgres --auth trust >/dev/null
as_postgres "$bin/pg_ctl" -D "$work/data" -l "$work/log" -w -o "-p $port -k $work -c listen_addresses=127.0.0.1 -c shared_buffers=${buffers}MB -c max_wal_size=4GB" start >/dev/null
go run ./test/bench -dsn "postgres://postgres@127.0.0.1:$port/postgres?sslmode=disable" "$@"

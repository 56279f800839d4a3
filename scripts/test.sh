#!/usr/bin/env bash
# Every kind of check, the long ones in a short form.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
. scripts/lib.sh
need_nginx || exit

step databases scripts/databases.sh served
step check scripts/check.sh
step packaging scripts/packaging.sh
step race scripts/race.sh
step conformance test/wire/conformance.sh
step conformance1 test/wire1/conformance.sh
step e2e scripts/e2e.sh
step bench go run ./test/bench -short
step fuzz scripts/fuzz.sh 1s
finish test

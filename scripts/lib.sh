# Sourced by the scripts of this folder and by those of test that install what they need.
# shellcheck shell=bash

# step NAME COMMAND... runs a command and notes how it went. One that fails does not keep the rest from running; finish
# prints the table and fails if any did.
steps='' passed=0 failed=0
step() {
	local name=$1 start=$SECONDS verdict=ok
	shift
	echo "=== $name: $*"
	if "$@"; then
		passed=$((passed + 1))
	else
		verdict=FAIL failed=$((failed + 1))
	fi
	steps+=$(printf '%-4s  %-12s %4d s' "$verdict" "$name" $((SECONDS - start)))$'\n'
}

finish() {
	printf '\n%s%s: %d passed, %d failed\n' "$steps" "$1" "$passed" "$failed"
	[ "$failed" = 0 ]
}

# need_apt CHECK PACKAGE [CHECK PACKAGE]... installs the packages whose check fails. A check is a command, such as
# 'command -v chromium'.
need_apt() {
	local missing=()
	while [ $# -gt 0 ]; do
		eval "$1" >/dev/null 2>&1 || missing+=("$2")
		shift 2
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	echo "installing ${missing[*]}"
	local as_root=()
	[ "$(id -u)" = 0 ] || as_root=(sudo)
	"${as_root[@]}" apt-get update -qq
	DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# The race detector is the one part that needs a C compiler.
need_compiler() {
	need_apt 'command -v gcc' gcc 'test -e /usr/include/stdlib.h' libc6-dev
}

need_browser() {
	need_apt 'command -v chromium' chromium
}

# In front of the server, in test/deploy.
need_nginx() {
	need_apt 'command -v nginx || test -x /usr/sbin/nginx' nginx-light
}

need_databases() {
	need_apt 'ls /usr/lib/postgresql/*/bin/postgres || command -v postgres' postgresql \
		'PATH=$PATH:/usr/sbin command -v mariadbd' mariadb-server 'PATH=$PATH:/usr/sbin command -v pgbouncer' pgbouncer \
		'command -v patroni' patroni 'command -v etcd' etcd-server 'ls /usr/lib/galera/libgalera_smm.so' galera-4 'command -v rsync' rsync
}

# Sourced by the scripts of this folder: installing what a fresh Debian machine lacks.
# shellcheck shell=bash

# need_apt COMMAND-OR-CHECK PACKAGE [CHECK PACKAGE]... installs the packages whose check fails.
# A check is a command with arguments, such as 'command -v chromium'.
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

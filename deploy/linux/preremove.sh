#!/bin/sh
# Stops the server on removal, not on an upgrade.
set -e
case "$1" in
remove | 0)
	if [ -d /run/systemd/system ]; then
		systemctl disable --now symbolon.service || true
	fi
	;;
esac

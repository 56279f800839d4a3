#!/bin/sh
# The accounts in /var/lib/symbolon stay, even on a purge: the operator removes them by hand.
set -e
if [ -d /run/systemd/system ]; then
	systemctl daemon-reload
fi
if [ "$1" = purge ]; then
	rm -f /etc/symbolon/secret
	echo "The database in /var/lib/symbolon is kept; remove it by hand."
fi

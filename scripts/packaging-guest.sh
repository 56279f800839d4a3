#!/bin/bash
# Runs in the Debian of packaging-install.sh, under its systemd: what the unit promises.
set -euo pipefail

property() { systemctl show symbolon --property="$1" --value; }
await() { # until COMMAND... holds, 20 seconds at most
	for _ in $(seq 100); do
		if "$@"; then return; fi
		sleep 0.2
	done
	echo "in vain: $*"
	journalctl --unit symbolon --no-pager | tail -30
	return 1
}
is() { [ "$(property "$1")" = "$2" ]; }
logged() { journalctl --unit symbolon --no-pager | grep -q "$1"; }

dpkg -i /root/symbolon.deb
systemctl enable --now symbolon # returns once the server says that it is ready
is ActiveState active && is StatusText Serving
echo "capabilities and filters:"
grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' "/proc/$(property MainPID)/status"
as_user() { runuser -u symbolon -- "$@" -c /etc/symbolon/symbolon.yaml; }
as_user symbolon remote status
echo '{"traits": {"email": "joe@example.org"}, "credentials": {"password": {"config": {"password": "correct horse 1"}}}}' |
	as_user symbolon identities import # hashing and writing under the filters

echo "log: {level: debug}" >>/etc/symbolon/symbolon.yaml
systemctl reload symbolon
await logged 'configuration changed.*log.level'

echo "a server that hangs is started again"
mkdir -p /etc/systemd/system/symbolon.service.d
printf '[Service]\nWatchdogSec=2\n' >/etc/systemd/system/symbolon.service.d/fast.conf
systemctl daemon-reload
systemctl restart symbolon
kill -STOP "$(property MainPID)"
await is NRestarts 1
await is ActiveState active

systemctl stop symbolon
is Result success
systemd-analyze security symbolon --no-pager | tail -1
echo "the unit does what it says"

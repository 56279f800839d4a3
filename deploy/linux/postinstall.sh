#!/bin/sh
# Makes the user, the folders and a secret. It starts nothing on a first installation: the configuration comes first.
set -e
if command -v systemd-sysusers >/dev/null 2>&1; then
	systemd-sysusers symbolon.conf
fi
if ! getent passwd symbolon >/dev/null; then
	getent group symbolon >/dev/null || groupadd --system symbolon
	useradd --system --gid symbolon --home-dir /var/lib/symbolon --no-create-home --shell /usr/sbin/nologin symbolon
fi
if [ ! -e /etc/symbolon/secret ]; then
	(umask 077 && head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n' >/etc/symbolon/secret && echo >>/etc/symbolon/secret)
fi
# What tmpfiles.d says, for machines without systemd, too.
install -d -m 0700 -o symbolon -g symbolon /var/lib/symbolon
chown root:symbolon /etc/symbolon /etc/symbolon/symbolon.yaml /etc/symbolon/secret
chmod 0750 /etc/symbolon
chmod 0640 /etc/symbolon/symbolon.yaml /etc/symbolon/secret
if [ -d /run/systemd/system ]; then
	systemctl daemon-reload
	systemctl try-restart symbolon.service || true
fi
case "$1" in
configure) [ -n "$2" ] || first=yes ;; # dpkg: without the version that was there before
1) first=yes ;;                        # rpm: how many are installed now
esac
if [ "${first:-}" = yes ]; then
	echo "Look at /etc/symbolon/symbolon.yaml, then: systemctl enable --now symbolon"
fi

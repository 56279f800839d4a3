#!/usr/bin/env bash
# Installs a deb in a fresh Debian below a temporary folder and uses what it installed, as root:
#
#   packaging-install.sh dist/symbolon_0.5.0_amd64.deb
#
# First without systemd: the server is started by hand with the user, the folder and the configuration of the unit. Then
# that Debian is booted (systemd-nspawn) and systemd runs the unit, in packaging-guest.sh.
set -euo pipefail

deb=$(realpath "$1")
guest=$(realpath "$(dirname "$0")/packaging-guest.sh")
root=$(mktemp -d)
chmod 0755 "$root" # it is the root folder of other users, too
server=''
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; sleep 1; umount "$root/proc" 2>/dev/null || true; rm -rf "$root"' EXIT
debootstrap --variant=minbase --include=ca-certificates,passwd,systemd,systemd-sysv,dbus bookworm "$root" >"$root.log" 2>&1 || { tail "$root.log"; exit 1; }
rm -f "$root.log"
mount -t proc proc "$root/proc"
cp "$deb" "$root/tmp/symbolon.deb"
inside() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@"; }
say() { echo "--- $*"; }

say install
inside dpkg -i /tmp/symbolon.deb
[ "$(inside stat -c '%a %U:%G' /etc/symbolon/secret)" = "640 root:symbolon" ]
[ "$(inside stat -c '%a %U:%G' /var/lib/symbolon)" = "700 symbolon:symbolon" ]
secret=$(inside cat /etc/symbolon/secret)
[ ${#secret} = 48 ]
inside symbolon config validate -c /etc/symbolon/symbolon.yaml

say start
# As the unit runs it. A simple command, so that $! is the server.
as_service=(chroot --userspec=symbolon:symbolon "$root" /usr/bin/env -i PATH=/usr/bin SERVE_PUBLIC_PORT=0 SERVE_ADMIN_PORT="${PORT:-24434}"
	sh -c 'cd /var/lib/symbolon && exec "$@"' sh)
"${as_service[@]}" symbolon serve --quiet -c /etc/symbolon/symbolon.yaml 2>"$root/tmp/log" &
server=$!
for _ in $(seq 100); do
	if "${as_service[@]}" symbolon remote status --quiet -c /etc/symbolon/symbolon.yaml; then break; fi
	sleep 0.2
done
"${as_service[@]}" symbolon remote status -c /etc/symbolon/symbolon.yaml
echo '{"traits": {"email": "jane@example.org"}}' | "${as_service[@]}" symbolon identities import -c /etc/symbolon/symbolon.yaml
kill "$server"
wait "$server" || true
server=''
[ "$(inside stat -c '%a %U:%G' /var/lib/symbolon/symbolon.db)" = "600 symbolon:symbolon" ] || inside ls -l /var/lib/symbolon

say "install again: the secret, the configuration and the accounts stay"
echo "# changed" >>"$root/etc/symbolon/symbolon.yaml"
inside dpkg -i /tmp/symbolon.deb
[ "$(inside cat /etc/symbolon/secret)" = "$secret" ]
inside tail -1 /etc/symbolon/symbolon.yaml | grep -qx '# changed'

say remove
inside dpkg -r symbolon
inside test -e /var/lib/symbolon/symbolon.db
inside dpkg -P symbolon
inside test ! -e /etc/symbolon/secret
inside test -e /var/lib/symbolon/symbolon.db

say "under systemd"
umount "$root/proc"
cp "$guest" "$root/root/guest.sh"
cp "$deb" "$root/root/symbolon.deb"
cat >"$root/etc/systemd/system/guest.service" <<'EOT'
[Service]
Type=oneshot
StandardOutput=file:/root/result
StandardError=inherit
ExecStart=/bin/bash /root/guest.sh
ExecStopPost=/bin/systemctl poweroff --no-block
[Install]
WantedBy=multi-user.target
EOT
inside systemctl enable guest.service
timeout 180 systemd-nspawn --directory="$root" --boot --private-network --register=no --keep-unit </dev/null >/dev/null 2>&1 || true
cat "$root/root/result"
grep -qx 'the unit does what it says' "$root/root/result"
echo "the package installs, runs, upgrades and goes"

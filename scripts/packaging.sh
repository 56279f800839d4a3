#!/usr/bin/env bash
# Checks what people install.
#
#   packaging.sh          what runs anywhere in half a minute: the archive and the deb of this kind of machine, built
#                         twice from two folders to the same bytes; what is in them; the unit
#   packaging.sh full     also the rpm and the chart (helm), and as root the deb in a Debian of its own (debootstrap): installed,
#                         started, upgraded, removed, and run by a systemd of its own (systemd-nspawn)
set -uo pipefail
cd "$(dirname "$0")/.." || exit
. scripts/lib.sh
target=$(go env GOHOSTOS)/$(go env GOHOSTARCH)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
eval "$(scripts/version.sh)"
export VERSION COMMIT SOURCE_DATE_EPOCH # the second folder has no history
[ "${1:-}" = full ] || export PACKAGES=deb

built_twice() {
	mkdir "$work/copy"
	git ls-files -z --cached --others --exclude-standard | tar --null -T - -cf - | tar -C "$work/copy" -xf - || return
	DIST=$work/first scripts/dist.sh "$target" && DIST=$work/second "$work/copy/scripts/dist.sh" "$target" || return
	diff -r "$work/first" "$work/second" && (cd "$work/first" && sha256sum --quiet -c SHA256SUMS)
}

archive() {
	mkdir -p "$work/unpacked"
	tar -C "$work/unpacked" -xzf "$work"/first/*.tar.gz || return
	local said
	said=$("$work"/unpacked/*/symbolon version) || return
	echo "$said"
	[ "${said%%$'\n'*}" = "$VERSION" ] && [[ $said == *"commit $COMMIT,"* ]] &&
		grep -q '"pkg:golang/github.com/ncruces/go-sqlite3@' "$work"/first/*.cdx.json
}

# A signature counts for these files and this key alone.
signed() {
	local key=$work/key signers=$work/signers
	ssh-keygen -q -t ed25519 -N '' -f "$key" && scripts/sign.sh "$key" "$work/first" || return
	echo "releases@symbolon $(cat "$key.pub")" >"$signers"
	scripts/sign.sh --verify "$signers" "$work/first" || return
	ssh-keygen -q -t ed25519 -N '' -f "$key-other" && echo "releases@symbolon $(cat "$key-other.pub")" >"$signers-other"
	! scripts/sign.sh --verify "$signers-other" "$work/first" 2>/dev/null || return
	cp -r "$work/first" "$work/changed" && echo >>"$(ls "$work"/changed/*.cdx.json)"
	! scripts/sign.sh --verify "$signers" "$work/changed" 2>/dev/null
}

# What the package must not get wrong: who may read what.
deb() {
	local list
	list=$(dpkg-deb -c "$work"/first/*.deb) || return
	echo "$list"
	grep -Eq '^-rwxr-xr-x root/root .* ./usr/bin/symbolon$' <<<"$list" &&
		grep -Eq '^-rw-r----- root/root .* ./etc/symbolon/symbolon.yaml$' <<<"$list" &&
		dpkg-deb -I "$work"/first/*.deb conffiles | grep -qx /etc/symbolon/symbolon.yaml
}

unit() {
	local most=20 # of 100: systemd-analyze security says how exposed a service is
	sed 's|/usr/bin/symbolon|/bin/true|' deploy/linux/symbolon.service >"$work/symbolon.service"
	systemd-analyze verify "$work/symbolon.service" &&
		systemd-analyze security --no-pager --offline=true --threshold=$most deploy/linux/symbolon.service | tail -1
}

chart() {
	local helm chart=deploy/helm/symbolon
	helm=$(scripts/tool.sh helm) || return
	local rendered=("$helm" template id "$chart" --kube-version 1.30.0 --set baseURL=https://id.example.org/)
	"$helm" lint --strict "$chart" --set baseURL=https://id.example.org/ || return
	"${rendered[@]}" --set ingress.enabled=true >"$work/sqlite.yaml" || return
	"${rendered[@]}" --set replicaCount=3 --set database.type=external --set database.dsn=postgres://a:b@c/d >"$work/external.yaml" || return
	! "${rendered[@]}" --set replicaCount=3 2>"$work/refused" && grep -q 'a SQLite file has one server' "$work/refused"
}

installed() {
	need_apt 'command -v debootstrap' debootstrap 'command -v systemd-nspawn' systemd-container || return
	scripts/packaging-install.sh "$work"/first/*.deb
}

step reproducible built_twice
step archive archive
need_apt 'command -v ssh-keygen' openssh-client
step signed signed
step deb deb
need_apt 'command -v systemd-analyze' systemd
step unit unit
if [ "${1:-}" = full ]; then
	step chart chart
	step installed installed
fi
finish packaging

#!/usr/bin/env bash
# Builds the image of the Dockerfile by buildah, as root and without a registry, and runs it:
#
#   packaging-image.sh
#
# The base image is made here: a Debian of debootstrap with the Go of this machine. The module and build caches of this
# machine are lent to the build. It takes 2 GB below TMPDIR and some minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
need_apt 'command -v buildah' buildah 'command -v debootstrap' debootstrap
work=$(mktemp -d)
export XDG_RUNTIME_DIR=$work
storage=(--root "$work/store" --runroot "$work/run" --storage-driver vfs)
server=''
# shellcheck disable=SC2317 # the trap calls it
cleanup() {
	[ -z "$server" ] || kill "$server" 2>/dev/null || true
	buildah "${storage[@]}" rm --all >/dev/null 2>&1 || true
	rm -rf "$work"
}
trap cleanup EXIT

debootstrap --variant=minbase --include=ca-certificates bookworm "$work/base" >"$work/log" 2>&1 || { tail "$work/log"; exit 1; }
cp -a "$(go env GOROOT)" "$work/base/usr/local/go"
base=$(buildah "${storage[@]}" from scratch)
buildah "${storage[@]}" add -q "$base" "$work/base" / >/dev/null
buildah "${storage[@]}" config --env PATH=/usr/local/go/bin:/usr/sbin:/usr/bin:/sbin:/bin --env GOTOOLCHAIN=local "$base"
buildah "${storage[@]}" commit -q --rm "$base" localhost/golang >/dev/null
rm -rf "$work/base"

mkdir "$work/src"
git archive HEAD | tar -x -C "$work/src"
buildah "${storage[@]}" bud -q --isolation chroot --network host --format docker -t symbolon \
	--build-arg GO_IMAGE=localhost/golang --build-arg VERSION=0.0.0-image --build-arg COMMIT="$(git rev-parse HEAD)" \
	-v "$(go env GOCACHE):/root/.cache/go-build" -v "$(go env GOMODCACHE):/root/go/pkg/mod" "$work/src"
buildah "${storage[@]}" images

container=$(buildah "${storage[@]}" from symbolon)
run=(buildah "${storage[@]}" run --isolation chroot --network host -e SERVE_PUBLIC_PORT="${PORT:-24433}" -e SERVE_ADMIN_PORT="$((${PORT:-24433} + 1))" "$container" --)
"${run[@]}" /usr/bin/symbolon version
"${run[@]}" /usr/bin/symbolon serve >"$work/log" 2>&1 &
server=$!
for _ in $(seq 100); do
	if "${run[@]}" /usr/bin/symbolon remote status --quiet; then # the health check of the image
		echo "the image runs"
		exit 0
	fi
	sleep 0.2
done
tail "$work/log"
exit 1

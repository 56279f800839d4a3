#!/usr/bin/env bash
# Builds what a release consists of: for each target an archive, for Linux also a deb and an rpm, a bill of materials
# (CycloneDX JSON) of each binary, and the checksums of all. Two runs on one commit give the same bytes. It needs GNU
# tar, and no network once the modules and the tools of scripts/tool.sh are there.
#
#   dist.sh                         every target, into dist/
#   dist.sh linux/amd64             only that one
#   DIST=/tmp/x dist.sh             into another folder
#   PACKAGES=deb dist.sh            only that kind of package
#   VERSION=0.5.0 dist.sh           a release; otherwise the version is derived from releases.txt and the history
set -euo pipefail
cd "$(dirname "$0")/.."

targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64)
dist=$(realpath -m "${DIST:-dist}")
eval "$(scripts/version.sh)" # VERSION, COMMIT and SOURCE_DATE_EPOCH
export VERSION COMMIT SOURCE_DATE_EPOCH
# GOFLAGS of the caller would change the bytes.
export CGO_ENABLED=0 GOFLAGS='' GOTOOLCHAIN=local LC_ALL=C TZ=UTC
umask 022

rm -rf "$dist"
mkdir -p "$dist"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
nfpm=$(scripts/tool.sh nfpm)
sbom=$(scripts/tool.sh cyclonedx-gomod)

# build OS ARCH FILE
build() {
	GOOS=$1 GOARCH=$2 go build -trimpath -buildvcs=false -o "$3" \
		-ldflags "-s -w -buildid= -X github.com/symbolon/symbolon/internal/cli.version=$VERSION -X github.com/symbolon/symbolon/internal/cli.commit=$COMMIT" ./cmd/symbolon
}

# Completions come from a binary that runs here, whatever the targets are.
COMPLETIONS=$work/completions
export COMPLETIONS
mkdir "$COMPLETIONS"
build '' '' "$work/symbolon"
"$work/symbolon" completion bash >"$COMPLETIONS/symbolon.bash"
"$work/symbolon" completion zsh >"$COMPLETIONS/_symbolon"

for target in "${targets[@]}"; do
	os=${target%/*} arch=${target#*/}
	name=symbolon_${VERSION}_${os}_$arch
	tree=$work/$name
	mkdir -p "$tree"
	binary=symbolon
	[ "$os" != windows ] || binary=symbolon.exe
	if [ "$target" = "$(go env GOHOSTOS)/$(go env GOHOSTARCH)" ]; then
		cp "$work/symbolon" "$tree/$binary"
	else
		build "$os" "$arch" "$tree/$binary"
	fi
	cp -r LICENSE README.md CHANGELOG.md "$tree"
	mkdir "$tree/docs" && cp docs/*.md "$tree/docs"
	[ "$os" != linux ] || cp -r deploy/linux "$tree/deploy"
	"$sbom" bin -json -noserial -notimestamp -std -version "v$VERSION" -output "$dist/$name.cdx.json" "$tree/$binary"
	tar --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner --mode='u+rw,go=rX' \
		--format=posix --pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime -C "$work" -cf - "$name" | gzip -6n >"$dist/$name.tar.gz"
	if [ "$os" = linux ]; then
		for format in ${PACKAGES-deb rpm}; do
			BINARY=$tree/$binary ARCH=$arch "$nfpm" package --config deploy/linux/nfpm.yaml --packager "$format" --target "$dist"
		done
	fi
	echo "$name"
done
(cd "$dist" && sha256sum -- * >SHA256SUMS)
ls -l "$dist"

#!/usr/bin/env bash
# Prints the path of a pinned tool, building it first where it is missing (golangci-lint: about two minutes, once).
# Tools stay out of go.mod: their hundreds of modules are none of the server's.
#
#   tool.sh golangci-lint | nfpm | cyclonedx-gomod | helm
set -euo pipefail

case $1 in
golangci-lint) package=github.com/golangci/golangci-lint/v2/cmd/golangci-lint version=v2.15.0 ;;
nfpm) package=github.com/goreleaser/nfpm/v2/cmd/nfpm version=v2.45.2 ;;                        # deb and rpm packages
cyclonedx-gomod) package=github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod version=v1.10.0 ;; # software bills of materials
helm) package=helm.sh/helm/v3/cmd/helm version=v3.22.0 ;;                                         # checks the chart
*) echo "tool.sh: no tool is called $1" >&2 && exit 2 ;;
esac
path=$(go env GOPATH)/bin/$1-$version
if [ ! -x "$path" ]; then
	echo "building $1 $version" >&2
	build=$(mktemp -d)
	trap 'rm -rf "$build"' EXIT
	(cd "$build" && GOFLAGS=-trimpath GOBIN=$build go install "$package@$version") >&2
	mkdir -p "$(dirname "$path")"
	mv "$build/$1" "$path"
fi
echo "$path"

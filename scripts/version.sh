#!/usr/bin/env bash
# Prints the version, the commit and the time of what would be built here, to be read with eval. VERSION and COMMIT of the
# environment win. A commit of releases.txt has its version; another one has a version that sorts between the last release
# and the next one: 0.4.1-dev.123 is 123 commits after 0.4.0.
set -euo pipefail
cd "$(dirname "$0")/.."

read -r last released < <(grep -v '^#' releases.txt | tail -1)
COMMIT=${COMMIT:-$(git rev-parse HEAD)}
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git show -s --format=%ct HEAD)}
if [ -z "${VERSION:-}" ]; then
	VERSION=$(awk -v commit="$COMMIT" '$2 == commit { print $1 }' releases.txt)
fi
if [ -z "$VERSION" ]; then
	since=$(git rev-list --count "$released..HEAD" 2>/dev/null || echo 0) # a shallow clone does not know
	VERSION=${last%.*}.$((${last##*.} + 1))-dev.$since
fi
printf 'VERSION=%q COMMIT=%q SOURCE_DATE_EPOCH=%q\n' "$VERSION" "$COMMIT" "$SOURCE_DATE_EPOCH"

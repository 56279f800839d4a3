#!/usr/bin/env bash
# Signs the checksums of a release, or verifies them, with a key of SSH (PROTOCOL.sshsig of OpenSSH). The checksums stand
# for every file beside them.
#
#   sign.sh KEY [DIST]                       writes SHA256SUMS.sig with the private key in the file KEY
#   sign.sh --verify SIGNERS [DIST]          SIGNERS: a line 'releases@symbolon ssh-ed25519 AAAA…'
#
# The person who releases keeps the key (an ssh-agent or a security key does, too) and publishes its public half.
set -euo pipefail
identity=releases@symbolon namespace=symbolon-release

verify=''
if [ "${1:-}" = --verify ]; then
	verify=1
	shift
fi
key=$(realpath "${1:?a key, or --verify and the file of signers}")
cd "${2:-$(dirname "$0")/../dist}"
if [ -n "$verify" ]; then
	ssh-keygen -Y verify -f "$key" -I "$identity" -n "$namespace" -s SHA256SUMS.sig <SHA256SUMS
	sha256sum --quiet -c SHA256SUMS
else
	sha256sum --quiet -c SHA256SUMS
	rm -f SHA256SUMS.sig
	ssh-keygen -q -Y sign -f "$key" -n "$namespace" SHA256SUMS
fi

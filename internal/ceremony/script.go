package ceremony

import (
	"crypto/sha512"
	_ "embed" // the script of pages
	"encoding/base64"
)

// ScriptPath is where pages find the script, below the public URL. Clients of Ory Kratos know it.
const ScriptPath = "/.well-known/ory/webauthn.js"

//go:embed webauthn.js
var script []byte

// Script is the script that runs the ceremonies in a browser.
func Script() []byte { return script }

// ScriptIntegrity is its hash for the integrity attribute of a script element (Subresource Integrity, section 3.1).
func ScriptIntegrity() string {
	sum := sha512.Sum512(script)
	return "sha512-" + base64.StdEncoding.EncodeToString(sum[:])
}

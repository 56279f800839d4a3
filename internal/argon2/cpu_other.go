//go:build !amd64

package argon2

// compressions returns what this processor runs, fastest first.
func compressions() []compression { return []compression{portable()} }

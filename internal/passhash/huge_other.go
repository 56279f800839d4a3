//go:build !linux

package passhash

import "github.com/symbolon/symbolon/internal/argon2"

func newMemory(blocks int) []argon2.Block { return make([]argon2.Block, blocks) }

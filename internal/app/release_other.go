//go:build !linux

package app

// unmapProgram does nothing: what the system maps of a program is not known here.
func unmapProgram() error { return nil }

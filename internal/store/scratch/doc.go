// Package scratch owns the scratch file of a command: values by table and key that are too
// many for memory, for as long as the command reads a file.
//
// It does not store anything of the server, and it does not know what the values are.
//
// Invariants: little is in memory at any time; what is small stays there. The file is the
// user's alone (0600) and on Unix has no name, so it is gone when the process ends, however
// that happens.
package scratch

// Package wire1 owns the conformance of the v1 wire: the player of its recorded
// exchanges (conformance.sh), the rules for what differs on purpose (rules.py), how
// many exchanges of each scenario pass (floor.txt), and tests that drive a composed
// server as v1's clients do.
//
// It does not own the recordings, which are not part of this repository, nor the
// shapes of the wire, which internal/httpapi/wire1 tests beside its code.
package wire1

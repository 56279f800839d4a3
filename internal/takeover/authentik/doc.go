// Package authentik owns reading the users of authentik, as `ak dumpdata` writes them, into
// users of package takeover, with authenticator apps, recovery codes, keys and sources. It
// does not read groups, policies or applications.
//
// Invariants: the order of the objects of a dump does not matter, and memory does not grow
// with it.
package authentik

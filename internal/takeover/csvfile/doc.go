// Package csvfile owns reading users from CSV (RFC 4180) with a line of names, into users of
// package takeover. It does not guess what columns mean: their names are claims.
package csvfile

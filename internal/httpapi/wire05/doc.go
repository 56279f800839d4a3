// Package wire05 owns the JSON shapes of the v0.5 wire and how domain values
// become them: exactly the members of the published API, in its order, with no
// null and nothing added, since the generated clients refuse what they do not
// know.
//
// It does not own statuses, headers or routes (httpapi), and the domain knows
// nothing of it: a later version of the wire is a sibling package.
package wire05

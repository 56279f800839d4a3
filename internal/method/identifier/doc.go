// Package identifier owns the first step of logins that ask for the identifier alone:
// the person says who they are, and the form then offers what proves it.
//
// It proves nothing, and it does not decide which methods a form offers: the engine
// does (flow).
package identifier

// Package link owns the link method: sending a link with a one-time token to an
// address and recognising the token when it comes back, for recovery and
// verification.
//
// It does not deliver mail (courier), does not sign anyone in and marks nothing
// verified: a returned token is the fact ProvedAddress, and what follows is the
// kind's business. Known and unknown addresses get the same answer.
package link

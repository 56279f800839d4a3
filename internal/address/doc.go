// Package address owns the forms of e-mail addresses and phone numbers in which they
// are compared and used: the ASCII form of an internationalised domain (RFC 5890,
// UTS 46) and the E.164 form of a phone number.
//
// It does not decide what an identifier is (traits), keep what was typed (identity) or
// send anything (courier).
package address

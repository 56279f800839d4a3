// Package keyform owns what the methods webauthn and passkey have in common as methods: the list of keys in settings,
// with buttons to rename and remove them, and what people are told when a ceremony fails.
//
// It does not judge keys (ceremony does) and decides no facts: which key is which factor is the methods' business.
package keyform

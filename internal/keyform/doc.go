// Package keyform owns what the methods webauthn and passkey have in common as methods: how people add,
// rename and remove keys in settings, and what they are told when a ceremony fails.
//
// It does not judge keys (ceremony does) and decides no facts: which key is which factor is the methods' business.
package keyform

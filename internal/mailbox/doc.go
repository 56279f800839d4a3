// Package mailbox owns the pages of the admin listener that show outgoing mail:
// the list, one message, and its HTML part in a frame of its own. Without a mail
// server they are where recovery and verification links are found.
//
// It does not send, keep or open messages (courier does), changes nothing, and
// needs no JavaScript. It does not decide whether it is served (app does).
//
// Invariants: what a mail says is text, or HTML inside a sandbox that runs and
// loads nothing (OWASP ASVS 5.0, V3.4). Mails hold live links, so the pages ask
// for the token of the listener where there is one, answer no foreign host name
// (DNS rebinding), and are kept by no cache.
package mailbox

// Package smtp owns the delivery of mail over SMTP: connecting (STARTTLS or
// implicit TLS), signing in, building the MIME message, telling final refusals
// from passing ones, and keeping connections for the next message.
//
// It does not queue, retry or render (courier).
package smtp

// Package smtp owns the delivery of mail over SMTP (RFC 5321): connecting with
// STARTTLS or implicit TLS, signing in, building the MIME message, telling final
// refusals from passing ones, and keeping connections for the next message.
//
// It does not queue, retry or render (courier). The user of a Channel calls
// Close when no delivery is in progress any more.
package smtp

// Package webhook owns the delivery of messages by HTTP requests, to services that
// send text messages or mail.
//
// It does not queue, retry or render (courier), does not read the program that writes
// the body (app), and does not decide which hosts may be reached: its client is one of
// netguard's. A message is sent under the same Idempotency-Key at every try. Errors
// hold the status of the answer and nothing of the request, which has live codes.
package webhook

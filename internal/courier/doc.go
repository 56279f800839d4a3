// Package courier owns outgoing messages: rendering them from templates, the
// queue, the dispatcher that delivers with retries and back-off, and what is kept
// of a message afterwards.
//
// It does not decide who gets a message (flow and methods do) and does not speak
// SMTP or HTTP itself: delivery is a Channel, courier/smtp or courier/webhook, and a
// Router picks one by type and template. Operators see it
// through httpapi and mailbox.
//
// A message is rendered and queued in the transaction of the flow that causes it,
// so a rollback sends none and a commit loses none.
// A delivery is recorded after the server has accepted the message: a node that
// crashes in between sends that message again, under the same Message-ID. Bodies
// hold live links: they are sealed, and erased when the message is sent or, if it
// was given up, when the link has expired.
package courier

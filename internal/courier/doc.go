// Package courier owns outgoing messages: rendering them from templates, the
// queue, the dispatcher that delivers with retries and back-off, and what is kept
// of a message afterwards.
//
// It does not decide who gets a message (flow and methods do) and does not speak
// SMTP itself: delivery is a Channel, such as courier/smtp. Operators see it
// through httpapi and mailbox.
//
// A message is rendered and queued in the transaction of the flow that causes it,
// so none is sent for what was undone, and none is lost for what was committed.
// A delivery is recorded after the server has accepted the message: whoever
// crashes in between sends that message again, under the same Message-ID. Bodies
// hold live links: they are sealed, and erased when the message is sent or, if it
// was given up, when the link has expired.
package courier

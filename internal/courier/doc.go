// Package courier owns outgoing messages: rendering them from templates, the
// queue, and the dispatcher that delivers with retries and back-off.
//
// It does not decide who gets a message (flow and methods do) and does not
// speak SMTP itself: delivery is a Channel, such as courier/smtp. A message is
// rendered and queued in the transaction of the flow that causes it, so none is
// sent for what was rolled back, and none is lost for what was committed.
package courier

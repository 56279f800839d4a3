// Package reqctx owns what travels with a request's context: its id, the
// client's address, its sender's languages and the facts of its one log
// line.
//
// It does not carry parameters, configuration or the transaction (store has
// its own key), and it does not log: httpapi writes the line at the end of the
// request.
package reqctx

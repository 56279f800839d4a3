// Package webhook owns the calls of other programs before and after the steps of flows: what
// they are sent, how often it is tried, and what their answers mean.
//
// It does not decide when a flow calls them or what a change does to an identity (flow), write
// the shapes that they are shown (httpapi/wire1) or deliver messages (courier/webhook).
package webhook

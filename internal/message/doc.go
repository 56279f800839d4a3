// Package message owns every text that a person sees in a flow: its key, its type,
// its English text and which of its parameters form the machine-readable context.
//
// It does not place messages (ui, flow), number them (wire05, wire1) or choose a
// language: a message is kept as key and typed parameters and rendered where it is
// shown. Clients compare the English texts, so they do not change.
package message

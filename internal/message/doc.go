// Package message owns every numbered text that a person sees in a flow: its
// key, its v0.5 number, its type, its English text and which of its parameters
// form the machine-readable context.
//
// It does not place messages (ui, flow) and does not choose a language: a
// message is kept as key and typed parameters and rendered where it is shown.
// The numbers and English texts are part of the wire and never change.
package message

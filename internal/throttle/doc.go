// Package throttle owns the counting of failed attempts: how many a key had in
// a window of time, and how long it must wait.
//
// It does not know what an attempt is or whom a key stands for: flow charges
// before it judges and refunds what succeeded. Counters live in this process, in
// bounded memory; keys are hashed, so that nothing typed is kept.
package throttle

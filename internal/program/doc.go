// Package program owns the evaluation of Jsonnet programs that operators write: those
// that map claims to traits, and those that write the bodies of requests to senders.
//
// It does not know what a program is for, does not read it from anywhere and gives it
// no way to: programs cannot import. Time, calls, stack, input and output are bounded,
// and what std.trace writes is dropped, since inputs hold claims and codes. A program
// that cannot be stopped, inside one call of the standard library, keeps its slot, and
// the caller has an answer in time all the same.
package program

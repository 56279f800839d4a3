// Package adminclient owns talking to the admin API of a running server, for the
// commands: requests, the shapes of answers, and errors that say what to do.
//
// It does not print, read the environment or know flags (cli does), and it does
// not follow redirects: the token goes to the server that the operator named and
// to no other. Every answer is bounded in size and time.
package adminclient

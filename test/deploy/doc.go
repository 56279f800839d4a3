// Package deploy owns the deployments that are broken on purpose: a whole server
// behind a real nginx, each with one fault planted, and the command that has to
// name it.
//
// It does not test the server's answers (test/api) or pages (test/e2e).
package deploy

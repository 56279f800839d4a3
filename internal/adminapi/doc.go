// Package adminapi owns the JSON shapes of the admin API that the server answers with
// and the commands read: identities of the v0.5 wire, messages, health, imports and
// exports. As in all answers, what is not set is left out and nothing is null.
//
// It does not own routes and rules (httpapi does), requests (adminclient does), or the
// shapes of the v1 wire (httpapi/wire1 does). It imports no other package of this module.
package adminapi

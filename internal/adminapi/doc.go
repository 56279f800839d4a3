// Package adminapi owns the JSON shapes of the admin API that the server answers with
// and the commands read: identities, as v0.5 and as v1 have them, errors, messages,
// health, imports and exports. In those of v0.5 what is not set is left out and nothing is null.
//
// It does not own routes and rules (httpapi does), requests (adminclient does), or the
// other shapes of the v1 wire (httpapi/wire1 does). It imports no other package of this module.
package adminapi

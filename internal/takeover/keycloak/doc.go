// Package keycloak owns reading the users of Keycloak realm exports into users of package
// takeover. It does not read realms, clients, roles or groups; the names of a user's
// roles and groups go to the metadata for operators.
package keycloak

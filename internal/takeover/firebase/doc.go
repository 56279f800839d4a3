// Package firebase owns reading the users that `firebase auth:export` writes, with the
// parameters of the project's password hash, into users of package takeover. It does not
// read tenants or what applications store elsewhere in Firebase.
package firebase

// Package auth0 owns reading the users that Auth0's bulk export writes, and the file of
// password hashes that its support hands out, into users of package takeover. It does not
// ask Auth0's API, and roles and organizations are not in these files.
package auth0

// Package password owns the password method: judging a password at login,
// accepting a new one at registration and in settings.
//
// It does not hash by itself (passhash), does not hold the policy (passpolicy)
// and writes nothing: it returns facts to the flow engine. An unknown
// identifier costs as much time as a wrong password, and both say the same.
package password

// Package ldif owns reading the people of an LDAP directory from LDIF (RFC 2849) into users
// of package takeover. It reads entries; it does not apply changes or read groups.
package ldif

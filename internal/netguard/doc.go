// Package netguard owns outgoing HTTP: clients that reach what the operator
// named and the public internet, and nothing else (OWASP SSRF Prevention Cheat
// Sheet, ASVS 13.2).
//
// It does not know what is fetched or why; app hands its clients to the packages that
// fetch. The exact host and port of a URL that the operator wrote is allowed,
// private or not. What is learned at run time, such as a redirect, must be
// public, or the same host and port, or on the allow list.
//
// Addresses are judged when dialled, after resolution, so a name that changes its
// mind between check and use gains nothing. A proxy of the environment is the
// operator's word too. Behind one the destination is resolved and judged before
// the proxy is asked; what only the proxy can resolve is left to the proxy.
package netguard

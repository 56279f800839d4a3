// Package takeover owns tests that take over whole databases of the original servers, versions
// 0.5.5 and 26.2.0, and try every fact about them: each login, session, second factor, provider
// and link. It does not test readers and the writer by themselves; packages of internal/takeover
// and internal/store/kratos do.
//
// testdata holds the databases as the original servers left them, the facts, and check.py, which
// plays the clients.
package takeover

// Package wire owns the proof that the server speaks version 0.5 on the wire: it replays recorded exchanges against a fresh
// server in this process and compares every answer.
//
// testdata/replay holds the recording (its README says how it reads), the *_rules_test.go every difference that is on purpose,
// and intended.txt the differing exchanges by name, for the conformance program, which plays the same scenarios against the
// built binary over the network (conformance.sh runs it, behind the relay). Every JSON answer is validated against
// api/openapi.yaml as well, with unknown members and nulls refused, as the strict generated clients do.
//
// It does not test what one part does on its own, nor what version 0.5 lacks, but for the shape of such answers; that is tested
// beside the parts and in the end-to-end tests. It sees the server through server_test.go alone: configuration in, HTTP handlers out.
//
//	go test ./test/wire -run 'Replay/main-1' -args -only 'whoami'
//
// plays one run and shows the differences of the exchanges that match. After a change of rules, -args -update writes intended.txt.
//
// Invariants: nothing sleeps and nothing leaves the machine; a rule that never applies and a line of intended.txt
// without a source each fail.
package wire

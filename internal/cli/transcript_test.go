package cli

import "testing"

func TestIdentitiesAreImportedListedChangedAndDeleted(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	tr := &transcript{server: s}
	s.file(t, "users.ndjson", `{"traits": {"email": "jane@example.org", "name": {"first": "Jane", "last": "Doe"}}}
{"schema_id": "default", "traits": {"email": "joe@example.org"}, "credentials": {"password": {"config": {"password": "a long enough one"}}}}
{"create": {"traits": {"email": "ann@example.org"}}, "patch_id": "third"}
`)
	s.file(t, "mixed.json", `{"identities": [
  {"create": {"traits": {"email": "bob@example.org"}}},
  {"create": {"traits": {"email": "not an address"}}},
  {"create": {"traits": {"email": "JANE@example.org"}}},
  {"create": {"traits": {"email": "eve@example.org"}, "pasword": "x"}},
  "no-address"
]}`)
	tr.run(t, "", "identities list")
	tr.run(t, "", "identities import ./users.ndjson")
	tr.run(t, "", "identities import ./mixed.json")
	tr.run(t, "", "identities list")
	tr.run(t, "", "identities ls 1 2")
	tr.run(t, "", "identities list --quiet")
	tr.run(t, "", "identities list --identifier joe@example.org --format json")
	tr.run(t, "", "identities list --schema nope --format yaml")
	tr.run(t, "", "identities get @1")
	tr.run(t, "", "identities get @1 --format json-pretty")
	tr.run(t, "", "identities get @1 @2")
	tr.run(t, "", "identities get @2 -f yaml")
	tr.run(t, `{"name": {"first": "Janet"}}`, "identities patch @1 --format json")
	tr.run(t, `{"traits": {"name": null}}`, "identities patch @1 --format json")
	tr.run(t, `{"traits": {"email": "jane@example.com"}}`, "identities put @1")
	tr.run(t, `{"traits": {"email": "joe@example.org"}}`, "identities put @1")
	tr.run(t, `{"traits": {"email": 7}}`, "identities put @1")
	tr.run(t, "", "identities delete @1 00000000-0000-4000-8000-000000000000 @2")
	tr.run(t, "", "identities get @1")
	tr.run(t, "", "identities delete @1")
	tr.run(t, "", "identities list -q")
	tr.check(t, "identities")
}

func TestImportSpeaksEveryFormat(t *testing.T) {
	t.Parallel()
	tr := &transcript{server: startServer(t)}
	tr.run(t, `[{"traits": {"email": "a@example.org"}}, {"traits": {}}]`, "identities import --format json")
	tr.run(t, `{"traits": {"email": "b@example.org"}} {"traits": {}}`, "identities import --format yaml")
	tr.run(t, `{"traits": {"email": "c@example.org"}}{"traits": {}}`, "identities import --quiet")
	tr.run(t, "[]", "identities import --format json")
	tr.run(t, "", "identities import")
	tr.run(t, `{"traits": {"email": "d@example.org"}}
{"traits": {"email": "e@example.org"}`, "identities import")
	tr.run(t, "", "identities import ./missing.json")
	tr.check(t, "import")
}

func TestValidateFindsMistakesBeforeAnythingIsCreated(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	tr := &transcript{server: s}
	s.file(t, "good.json", `[{"traits": {"email": "jane@example.org"}}, {"schema_id": "default", "traits": {"email": "joe@example.org"},
 "credentials": {"password": {"config": {"hashed_password": "$2y$10$abcdefghijklmnopqrstuuIRBB7nS9ZKSQwcuaZ9BSVUUvuMv5Eb6"}}}}]`)
	s.file(t, "bad.ndjson", `{"traits": {"email": "jane"}}
{"traits": {"email": "a@example.org"}, "schema_id": "nope"}
{"traits": {"email": "b@example.org"}, "state": "active"}
{"email": "c@example.org"}
{"traits": {"email": "d@example.org"}, "credentials": {"password": {"config": {"hashed_password": "plain"}}}}
{"traits": {"email": "e@example.org"}, "credentials": {"password": {"config": {}}}}
{"traits": {"email": "f@example.org"}}
{"traits": {"email": "F@example.org"}}
7
`)
	tr.run(t, "", "identities validate ./good.json")
	tr.run(t, "", "identities validate ./good.json --format json")
	tr.run(t, "", "identities validate ./good.json ./bad.ndjson")
	tr.run(t, `{"traits": {"email": "jane"}}`, "identities validate --format yaml")
	tr.run(t, "", "identities list")
	tr.check(t, "validate")
}

func TestTheRemoteServerIsAskedHowItIs(t *testing.T) {
	t.Parallel()
	tr := &transcript{server: startServer(t, "HASHERS_BUDGET_MEMORY=65536")}
	tr.run(t, "", "remote version")
	tr.run(t, "", "remote version --format yaml")
	tr.run(t, "", "remote status")
	tr.run(t, "", "remote status --format json")
	tr.run(t, "", "remote status --quiet")
	tr.check(t, "remote")
}

func TestMailIsTestedListedAndRead(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	s.deliver(t)
	tr := &transcript{server: s}
	tr.run(t, "", "courier list")
	tr.run(t, "", "courier test jane@example.org")
	tr.run(t, "", "courier test joe@example.org")
	tr.run(t, "", "courier test no-address")
	tr.run(t, "", "courier list")
	tr.run(t, "", "courier list --recipient joe@example.org --format json")
	tr.run(t, "", "courier list --quiet --page-size 1 --status sent")
	tr.run(t, "", "courier list --status lost")
	tr.run(t, "", "courier list --page-token forged")
	tr.run(t, "", "courier get @1")
	tr.run(t, "", "courier get 00000000-0000-4000-8000-000000000000")
	tr.run(t, "", "courier retry @1")
	tr.check(t, "courier")
}

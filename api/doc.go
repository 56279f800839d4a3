// Package api owns the description of the HTTP API: openapi.yaml, as the server answers, and v05-operations.json, the facts
// about version 0.5 of the API that the description must keep (operation ids, paths, parameters, members, types, what is
// required). Tests and clients read them; test/wire validates every recorded answer against the description.
//
// It does not serve anything and does not decide anything: routes live in httpapi, the shapes of answers in httpapi/wire05.
//
// Invariants, held by the tests of this package: every operation and member of version 0.5 is described with its type;
// what is described beside them carries `x-symbolon: true`; objects in answers are closed; nothing is nullable. Where
// answers differ from the old description on purpose, the test names the deviation and its source.
package api

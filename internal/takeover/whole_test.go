package takeover_test

import (
	"strings"
	"testing"
)

// What follows the first document of a file is not passed over, and a document that was cut off is no whole one.
func TestReaders_whole(t *testing.T) {
	t.Parallel()
	for system, documents := range map[string][]string{
		"keycloak":  {`{"realm":"r","users":[{"id":"1","username":"a"}]}`, `[{"realm":"r","users":[{"id":"1","username":"a"}]}]`},
		"auth0":     {`[{"user_id":"auth0|1","email":"a@example.org"}]`},
		"firebase":  {`{"users":[{"localId":"1"}]}`, `[{"localId":"1"}]`},
		"supabase":  {`{"users":[{"id":"1"}]}`, `{"identities":null,"mfa_factors":null,"users":[{"id":"1"}]}`, `[{"id":"1"}]`},
		"authentik": {`[{"model":"authentik_core.user","pk":1,"fields":{"username":"a"}}]`, `{"results":[{"pk":1,"username":"a"}]}`, `{"entries":[{"model":"authentik_core.user","attrs":{"username":"a"}}]}`},
	} {
		for _, document := range documents {
			for text, isWhole := range map[string]bool{
				document + "\n \t\r\n": true, document + "\n" + document: false, document + "x": false, document + "]": false,
				document[:len(document)-1]: false,
			} {
				if _, faults := read(readers()[system](strings.NewReader(text))); (len(faults) == 0) != isWhole {
					t.Errorf("%s: %s: %v", system, text, faults)
				}
			}
		}
	}
}

package wire1_test

import (
	"net/http"
	"testing"
)

// What generated clients send: members that hold nothing, as their models write them.
func TestClients_nullMembers(t *testing.T) {
	t.Parallel()
	o := newSite(t).script()
	link := func(member string) string {
		return `{"schema_id":"default","traits":{"email":"linked@example.org"},"organization_id":null,
			"credentials":{"oidc":{"config":{"providers":[{"provider":"google","subject":"1"` + member + `}]}}}}`
	}
	want(t, "of an organization", o.operate(t, http.MethodPost, "/admin/identities", link(`,"organization":"5f7d9b2c-0000-4000-8000-000000000000"`)), 400, "no organizations")
	want(t, "of none", o.operate(t, http.MethodPost, "/admin/identities", link(`,"organization":null`)), 201, "google:1")
}

package oidc

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"
)

func TestClaimsSource(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ source, subject, email string }{
		"not said":        {"", "subject", "ada@example.org"},
		"id_token":        {"id_token", "subject", "ada@example.org"},
		"userinfo":        {"userinfo", "subject", "info@example.org"},
		"another subject": {"userinfo", "eve", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			info := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Authorization") == "Bearer access" {
					answer(w, map[string]any{"sub": test.subject, "email": "info@example.org"})
				}
			}))
			t.Cleanup(info.Close)
			f.discovery = func(document map[string]any) { document["userinfo_endpoint"] = info.URL }
			c := generic(f.URL)
			c.ClaimsSource = test.source
			got, err := visit(t, f, mustNew(t, c, guarded()), nil)
			if got.Email != test.email || (err == nil) != (test.email != "") {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func TestSubjectSource(t *testing.T) {
	t.Parallel()
	const tenant = "9122040d-6c67-4c5b-b112-36a304b66dad"
	for name, test := range map[string]struct {
		source, claims string
		oid            any
		want           string
	}{
		"not said":              {"", "", "object", "subject"},
		"userinfo":              {"userinfo", "", "object", "subject"},
		"oid":                   {"oid", "", "object", "object"},
		"me":                    {"me", "", "object", "object"},
		"oid, not sent":         {"oid", "", nil, ""},
		"oid, not a text":       {"oid", "", 7, ""},
		"userinfo, no oid":      {"userinfo", "", nil, "subject"},
		"oid, claims elsewhere": {"oid", "userinfo", "object", "object"},
		"me, claims elsewhere":  {"me", "userinfo", "object", "object"},
		"sub, claims elsewhere": {"", "userinfo", "object", "subject"},
		"oid of userinfo alone": {"oid", "userinfo", nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := mustNew(t, Config{ID: "ms", Provider: "microsoft", Tenant: "common", ClientID: "client", ClientSecret: "s", SubjectSource: test.source, ClaimsSource: test.claims}, &http.Client{Transport: api{}})
			_, memory, err := p.Start(t.Context(), StartRequest{State: "s"})
			if err != nil {
				t.Fatal(err)
			}
			token := sign("RS256", map[string]any{
				"iss": microsoft + tenant + "/v2.0", "tid": tenant, "aud": "client", "sub": "subject", "oid": test.oid, "nonce": memory.Nonce, "iat": noon.Unix(), "exp": noon.Add(time.Minute).Unix(),
			})
			published := httptest.NewRecorder()
			keys().ServeHTTP(published, httptest.NewRequest(http.MethodGet, "/keys", nil))
			p.client.Transport = bounds{api{
				"login.microsoftonline.com/common/oauth2/v2.0/token":   `{"access_token":"at","token_type":"bearer","id_token":"` + token + `"}`,
				"login.microsoftonline.com/common/discovery/v2.0/keys": published.Body.String(),
				"graph.microsoft.com/oidc/userinfo":                    `{"sub":"subject","email":"ada@example.org","oid":"of userinfo"}`,
			}}
			got, err := p.Finish(t.Context(), url.Values{"code": {"c"}}, memory)
			if got.Subject != test.want || (err == nil) != (test.want != "") || test.claims != "" && err == nil && got.Email != "ada@example.org" {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

package wire05_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/httpapi/wire"
	"github.com/symbolon/symbolon/internal/session"
)

// served is which methods each kind has; a kind that is not there is switched off.
type served map[flow.Kind][]string

func (s served) Serves(k flow.Kind) bool      { _, ok := s[k]; return ok }
func (s served) Methods(k flow.Kind) []string { return s[k] }

func paths(routes []wire.Route) []string {
	var out []string
	for _, r := range routes {
		path := strings.TrimSpace(r.Verb + " " + r.Path)
		if r.NoHead {
			path += " nohead"
		}
		if r.NeedsToken {
			path += " token"
		}
		out = append(out, path)
	}
	slices.Sort(out)
	return out
}

var always = []string{
	"/sessions/whoami", "DELETE /sessions", "GET /schemas/{id}", "GET /self-service/browser/flows/logout nohead", "GET /self-service/errors",
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		served served
		want   []string
	}{
		"all off":            {served{}, nil},
		"login by password":  {served{flow.Login: {"password"}}, []string{"GET /self-service/login/api", "GET /self-service/login/browser", "GET /self-service/login/flows", "POST /self-service/login/methods/password"}},
		"recovery by a link": {served{flow.Recovery: {"link"}}, []string{"GET /self-service/recovery/api", "GET /self-service/recovery/browser", "GET /self-service/recovery/flows", "POST /self-service/recovery/methods/link", "GET /self-service/recovery/methods/link nohead"}},
		"login by providers": {served{flow.Login: {"oidc"}}, []string{
			"GET /self-service/login/api", "GET /self-service/login/browser", "GET /self-service/login/flows",
			"POST /self-service/methods/oidc/auth/{flow} token", "GET /self-service/methods/oidc/auth/{flow} nohead",
			"POST /self-service/methods/oidc/callback/{provider}", "GET /self-service/methods/oidc/callback/{provider} nohead",
			"POST /self-service/methods/oidc/settings/connections token", "GET /self-service/methods/oidc/settings/connections nohead",
			"POST /self-service/browser/flows/registration/strategies/oidc/settings/connections token",
			"GET /self-service/browser/flows/registration/strategies/oidc/settings/connections nohead",
		}},
	} {
		want := slices.Sorted(slices.Values(append(slices.Clone(always), c.want...)))
		if got := paths(speaks(t).Routes(c.served).Public); !slices.Equal(got, want) {
			t.Errorf("%s:\ngot  %q\nwant %q", name, got, want)
		}
	}
}

func TestRoutes_admin(t *testing.T) {
	t.Parallel()
	has := func(s served, path string) bool { return slices.Contains(paths(speaks(t).Routes(s).Admin), path) }
	for _, path := range []string{"PATCH /identities", "PUT /identities/{id}", "DELETE /identities/{id}/credentials/{type}"} {
		if !has(served{}, path) {
			t.Errorf("%s is missing", path)
		}
	}
	const link = "POST /recovery/link"
	if has(served{}, link) || has(served{flow.Recovery: nil}, link) || !has(served{flow.Recovery: {"link"}}, link) {
		t.Errorf("%s is there without recovery, or not with it", link)
	}
	if has(served{}, "GET /self-service/login/flows") || !has(served{flow.Login: nil}, "GET /self-service/login/flows") {
		t.Error("an operator can look at flows of a kind that is off, or not at those of one that is on")
	}
}

func TestStart(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]flow.StartRequest{
		"":                                   {},
		"?aal=aal2&refresh=true":             {AAL: session.AAL2, Refresh: true},
		"?refresh=1&return_to=https://x/":    {ReturnTo: "https://x/"},
		"?link=abc&return_to=/a&refresh=yes": {ReturnTo: "/a", Link: "abc"},
	} {
		r := request(flow.Login, flow.Browser)
		r.Request = httptest.NewRequest(http.MethodGet, "/"+query, nil)
		got, err := speaks(t).Start(r)
		if err != nil || got.Kind != flow.Login || got.Client != flow.Browser || got.URL != r.URL ||
			got.AAL != want.AAL || got.Refresh != want.Refresh || got.ReturnTo != want.ReturnTo || got.Link != want.Link {
			t.Errorf("%q: %+v, %v", query, got, err)
		}
	}
	r := request(flow.Login, flow.Browser)
	r.Request = httptest.NewRequest(http.MethodGet, "/?aal=aal9", nil)
	if _, err := speaks(t).Start(r); !errors.Is(err, &errs.Error{Code: errs.Invalid, ID: "aal_unknown"}) {
		t.Errorf("an unknown level: %v", err)
	}
	r.Kind = flow.Registration
	if got, err := speaks(t).Start(r); err != nil || got.AAL != session.AAL0 {
		t.Errorf("a level that no login asks for: %v, %v", got.AAL, err)
	}
}

func TestAction(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind         flow.Kind
		method, want string
	}{
		{flow.Login, "password", "https://id.test/auth/self-service/login/methods/password?flow=f1"},
		{flow.Settings, "profile", "https://id.test/auth/self-service/settings/methods/profile?flow=f1"},
		{flow.Registration, "oidc", "https://id.test/auth/self-service/methods/oidc/auth/f1"},
		{flow.Settings, "oidc", "https://id.test/auth/self-service/methods/oidc/settings/connections?flow=f1"},
	} {
		if got := speaks(t).Action(aFlow(c.kind, flow.Browser, flow.Open), c.method); got != c.want {
			t.Errorf("%s %s: %s, want %s", c.kind, c.method, got, c.want)
		}
	}
}

func TestURL(t *testing.T) {
	t.Parallel()
	for place, want := range map[wire.Place]string{
		wire.StartBrowser: "self-service/recovery/browser", wire.StartAPI: "self-service/recovery/api",
		wire.FetchFlow: "self-service/recovery/flows", wire.LinkTarget: "self-service/recovery/methods/link",
		wire.SignOut: "self-service/browser/flows/logout", 0: "",
	} {
		if got := speaks(t).URL(place, flow.Recovery).String(); got != "https://id.test/auth/"+want {
			t.Errorf("place %d: %s, want …/%s", place, got, want)
		}
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	w := speaks(t)
	if r := w.Rules(); r.Name != "v0.5" || r.CSRFCookie != "csrf_token" || !r.StepsUp || r.StrictPaths {
		t.Errorf("%+v", r)
	}
	if m := w.Method(flow.FormInput(nil)); m != "" {
		t.Errorf("a submission names the method %q, and not its path", m)
	}
	if m := w.NoMethod(flow.Login); m.Key != "" {
		t.Errorf("a message about a missing method: %v", m)
	}
}

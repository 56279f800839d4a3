package webui

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
)

func TestPageThatIsNotUnderstoodStartsAFreshFlow(t *testing.T) {
	t.Parallel()
	over := newFlow(flow.Login)
	over.ReturnTo = "https://app.example.com/x"
	byApp := newFlow(flow.Registration, registrationGroup())
	byApp.Client = flow.API
	tests := []struct {
		name, target string
		server       *server
		want         string // path and query below the public URL
	}{
		{"without a flow", "/login", &server{}, "self-service/login/browser"},
		{"without a flow, return_to is kept", "/login?return_to=https%3A%2F%2Fapp.example.com%2F%3Fa%3D1%26b", &server{}, "self-service/login/browser?return_to=https%3A%2F%2Fapp.example.com%2F%3Fa%3D1%26b"},
		{"without a flow, refresh is kept", "/login?refresh=true", &server{session: newSession(`{}`)}, "self-service/login/browser?refresh=true"},
		{"with an unknown flow", "/login?flow=nonsense&return_to=%2Fx", showing(newFlow(flow.Login)), "self-service/login/browser?return_to=%2Fx"},
		{"with the flow of another kind", open("/recovery"), showing(newFlow(flow.Login)), "self-service/recovery/browser"},
		{"with an expired flow, its own return_to is kept", open("/login"), &server{flowErr: &flow.Expired{Flow: over}}, "self-service/login/browser?return_to=https%3A%2F%2Fapp.example.com%2Fx"},
		{"with settings of another person", open("/settings"), &server{flowErr: flow.ErrNotFlowOwner}, "self-service/settings/browser"},
		{"with settings and no session", open("/settings"), &server{flowErr: &flow.LoginRequired{Kind: flow.Settings}}, "self-service/settings/browser"},
		{"with a flow that an app started", open("/registration"), showing(byApp), "self-service/registration/browser"},
		{"of verification without a flow", "/verification", &server{}, "self-service/verification/browser"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := get(t, newPages(t, tt.server), tt.target)
			if got := w.Header().Get("Location"); w.Code != http.StatusSeeOther || got != publicURL+tt.want {
				t.Errorf("status %d, Location %q, want 303 to %q", w.Code, got, publicURL+tt.want)
			}
			if got := w.Header().Get("Cache-Control"); got != "no-store" {
				t.Errorf("Cache-Control %q, so a browser might never ask again", got)
			}
		})
	}
}

func TestSignedInVisitorOfASignInPageSeesWhoTheyAre(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/login", "/registration", open("/login"), "/login?flow=nonsense"} {
		s := showing(newFlow(flow.Login, loginGroup()))
		s.session = newSession(adaTraits)
		doc := see(t, newPages(t, s), path)
		if got := words(doc); !strings.Contains(got, "ada@example.org") {
			t.Errorf("%s does not name the visitor: %s", path, got)
		}
		if len(find(doc, "form")) != 0 {
			t.Errorf("%s asks a person who is signed in to sign in", path)
		}
		if len(find(doc, "a", "href", publicURL+"self-service/browser/flows/logout")) != 1 {
			t.Errorf("%s offers no way to sign out", path)
		}
	}
}

func TestLinksBetweenFlowsKeepWhereToReturn(t *testing.T) {
	t.Parallel()
	f := newFlow(flow.Login, loginGroup())
	f.ReturnTo = "https://app.example.com/a?b=c"
	doc := see(t, newPages(t, showing(f)), open("/login"))
	for k, query := range map[flow.Kind]string{flow.Registration: "?", flow.Recovery: "?from=login." + flowID + "&"} {
		want := publicURL + "self-service/" + string(k) + "/browser" + query + "return_to=" + url.QueryEscape(f.ReturnTo)
		if len(find(doc, "a", "href", want)) != 1 {
			t.Errorf("no link to %s", want)
		}
	}
}

func TestKindThatIsNotServedHasNeitherPageNorLinks(t *testing.T) {
	t.Parallel()
	pages := newPages(t, showing(newFlow(flow.Login, loginGroup())), func(c *Config) { c.Recovery, c.Verification = false, false })
	for _, path := range []string{"/recovery", "/verification"} {
		if w := get(t, pages, path); w.Code != http.StatusNotFound {
			t.Errorf("%s: status %d", path, w.Code)
		}
	}
	if got := words(see(t, pages, open("/login"))); strings.Contains(got, "Forgot") {
		t.Errorf("the sign-in page offers recovery: %s", got)
	}
}

func TestMethodNobodyHeardOfAppears(t *testing.T) {
	t.Parallel()
	doc := see(t, newPages(t, showing(newFlow(flow.Login, loginGroup(), providerGroup()))), open("/login"))
	if n := len(find(doc, "form", "method", "post")); n != 2 {
		t.Fatalf("%d forms, want one for each method", n)
	}
	for value, want := range map[string]string{"github": "Continue with Github", "acme_corp": "Continue with Acme Corp"} {
		buttons := find(doc, "button", "name", "provider", "value", value)
		if len(buttons) != 1 || words(buttons[0]) != want {
			t.Errorf("buttons for %s: %d, want one that says %q", value, len(buttons), want)
		}
	}
}

func TestStateOfAFlowDecidesWhatThePageOffers(t *testing.T) {
	t.Parallel()
	sent := see(t, newPages(t, showing(inState(flow.Recovery, flow.Challenged, "recovery.sent"))), open("/recovery"))
	if len(find(find(sent, "main")[0], "details")) != 1 || len(find(sent, "input", "name", "email")) != 1 {
		t.Error("the page of a mail on its way can't send it again")
	}
	f := inState(flow.Verification, flow.Passed, "verification.done")
	f.ReturnTo = "https://app.example.com/done"
	done := see(t, newPages(t, showing(f)), open("/verification"))
	if len(find(done, "form")) != 0 || len(find(done, "a", "href", f.ReturnTo)) != 1 {
		t.Error("the page of a flow that is done does not lead on")
	}
	byApp := inState(flow.Recovery, flow.Challenged, "recovery.sent")
	byApp.Client = flow.API
	if doc := see(t, newPages(t, showing(byApp)), open("/recovery")); len(find(doc, "form")) != 0 {
		t.Error("the flow of an app has a form that could only be refused")
	}
}

func TestErrorThatIsUnknownIsNotFound(t *testing.T) {
	t.Parallel()
	w := get(t, newPages(t, &server{}), "/error?error="+flowID)
	if w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "no longer known") {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
}

func TestErrorPageNamesTheAddressThatLosesCookies(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/error?error="+flowID, nil)
	r.Host = "www.example.org:4433"
	w := httptest.NewRecorder()
	newPages(t, stored(csrfPayload)).ServeHTTP(w, r)
	if got := words(mustParse(t, w.Body.String())); !strings.Contains(got, "came by www.example.org:4433, but this service is set up for id.example.org") {
		t.Errorf("the page does not compare the addresses: %s", got)
	}
}

func TestErrorPageBlamesNoAddressThatIsTheProxys(t *testing.T) {
	t.Parallel()
	for host, public := range map[string]string{
		"127.0.0.1:4433": "https://id.example.org/", "symbolon:4433": "https://id.example.org/", "10.0.0.7:4433": "https://id.example.org/",
		"id.example.org:4433": "https://id.example.org/", "localhost:4433": "http://localhost:8080/",
	} {
		if u, err := url.Parse(public); err != nil || cameElsewhere(host, u) {
			t.Errorf("%s is taken for another address than %s", host, public)
		}
	}
	for host, public := range map[string]string{
		"localhost:4433": "http://127.0.0.1:4433/", "127.0.0.1:4433": "http://localhost:4433/", "[::1]:4433": "http://127.0.0.1:4433/",
		"www.example.org": "https://id.example.org/", "192.0.2.1": "https://id.example.org/",
	} {
		if u, err := url.Parse(public); err != nil || !cameElsewhere(host, u) {
			t.Errorf("%s is taken for %s", host, public)
		}
	}
}

func TestPageWhoseFormWouldBeRefusedStartsAgainOnce(t *testing.T) {
	t.Parallel()
	f := newFlow(flow.Login, loginGroup())
	f.Request, f.ReturnTo = publicURL+"self-service/login/browser", "https://app.example.com/x"
	pages := newPages(t, &server{result: flow.Result{Flow: f}, flowErr: errs.ErrCSRF})
	w := get(t, pages, open("/login"))
	again := publicURL + "self-service/login/browser?missed=cookie&return_to=https%3A%2F%2Fapp.example.com%2Fx"
	if got := w.Header().Get("Location"); w.Code != http.StatusSeeOther || got != again {
		t.Fatalf("status %d, Location %q, want 303 to %q", w.Code, got, again)
	}
	f.Request = again
	w = get(t, pages, open("/login"))
	if got := words(mustParse(t, w.Body.String())); w.Code != http.StatusForbidden || !strings.Contains(got, "sent no cookie at all") {
		t.Errorf("the second time: status %d, %s", w.Code, got)
	}
}

func TestPageThatCanNotBeMadeSaysSoWithoutTheCause(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk at /var/lib is full")
	tests := []struct {
		name, target string
		server       *server
		status       int
		retry        string
	}{
		{"session", "/", &server{checked: broken}, http.StatusInternalServerError, ""},
		{"session of a sign-in page", "/login", &server{checked: broken}, http.StatusInternalServerError, ""},
		{"flow", open("/login"), &server{flowErr: broken}, http.StatusInternalServerError, ""},
		{"session after the flow", open("/settings"), &server{result: showing(newFlow(flow.Settings)).result, checked: broken}, http.StatusInternalServerError, ""},
		{"stored error", "/error?error=" + flowID, &server{loadErr: broken}, http.StatusInternalServerError, ""},
		{"storage away", open("/recovery"), &server{flowErr: errs.ErrUnavailable.Because(broken)}, http.StatusServiceUnavailable, "5"},
		{"storage away for less than a second", open("/recovery"), &server{flowErr: &errs.Error{Code: errs.Unavailable, RetryAfter: time.Millisecond}}, http.StatusServiceUnavailable, "1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := get(t, newPages(t, tt.server), tt.target)
			if w.Code != tt.status || w.Header().Get("Retry-After") != tt.retry {
				t.Errorf("status %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
			}
			if body := w.Body.String(); strings.Contains(body, "/var/lib") || !strings.Contains(body, "<h1>") {
				t.Errorf("not an error page for the public: %s", body)
			}
		})
	}
}

func TestStoredErrorOfAnyShapeIsShown(t *testing.T) {
	t.Parallel()
	for _, payload := range []string{``, `null`, `[]`, `{}`, `[1]`, `[{}]`, `[{"code":429}]`, `[{"code":404,"message":"m"}]`, `[{"code":403,"reason":"no"}]`} {
		if doc := see(t, newPages(t, stored(payload)), "/error?error="+flowID); len(find(doc, "h1")) != 1 {
			t.Errorf("payload %s has no page", payload)
		}
	}
}

func TestPagesAreForReading(t *testing.T) {
	t.Parallel()
	pages := newPages(t, &server{})
	for method, want := range map[string]int{http.MethodPost: 405, http.MethodDelete: 405, http.MethodOptions: 200, http.MethodHead: 200} {
		for _, path := range []string{"/", "/error"} {
			w := httptest.NewRecorder()
			pages.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, path, nil))
			if w.Code != want {
				t.Errorf("%s %s: status %d, want %d", method, path, w.Code, want)
			}
		}
	}
}

func TestBasePathIsWrittenInOneWay(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{"": "/", "/": "/", "auth": "/auth/", "/auth": "/auth/", "/auth/": "/auth/", "/a//b/": "/a/b/"} {
		p, err := New(Config{BasePath: given})
		if err != nil {
			t.Fatal(err)
		}
		if p.config.BasePath != want || !strings.HasPrefix(p.assets.Style, want+"static/symbolon/pages.") {
			t.Errorf("base path %q: links below %q, style sheet at %q", given, p.config.BasePath, p.assets.Style)
		}
	}
}

package wire05_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/httpapi/wire"
	"github.com/symbolon/symbolon/internal/httpapi/wire05"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/session"
)

var now = time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)

// speaks returns the wire below a base URL with a path.
func speaks(t testing.TB) *wire05.Wire {
	t.Helper()
	base, err := url.Parse("https://id.test/auth/")
	if err != nil {
		t.Fatal(err)
	}
	return wire05.New(base)
}

// request is what the wire may know of a request with these headers.
func request(k flow.Kind, c flow.Client, headers ...string) wire.Request {
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return wire.Request{
		Request: r, Kind: k, Client: c, Method: "password", URL: "https://id.test/auth/asked",
		Page: func(f *flow.Flow) string { return "https://ui.test/" + string(f.Kind) + "?flow=" + f.ID },
	}
}

func aFlow(k flow.Kind, c flow.Client, s flow.State) *flow.Flow {
	return &flow.Flow{ID: "f1", Kind: k, Client: c, State: s, IssuedAt: now, ExpiresAt: now.Add(time.Hour), Request: "https://id.test/start"}
}

func jane() *identity.Identity {
	return &identity.Identity{ID: "i1", SchemaID: "a b", Traits: json.RawMessage(`{"email":"jane@x.test"}`)}
}

func janesSession() *session.Session {
	return &session.Session{ID: "s1", Active: true, IssuedAt: now, AuthenticatedAt: now, ExpiresAt: now.Add(time.Hour), Identity: jane()}
}

// said is an answer in one line: where it leads, the error's status and words, or the
// members of the body.
func said(t testing.TB, w *wire05.Wire, a wire.Answer) string {
	t.Helper()
	var out string
	switch {
	case a.Err != nil:
		known, ok := errors.AsType[*errs.Error](a.Err)
		if !ok {
			known = &errs.Error{Err: a.Err}
		}
		fault := w.Fault(known, "")
		e, ok := fault.Object.(wire05.Error)
		if !ok {
			t.Fatalf("the error object is %T", fault.Object)
		}
		out = fmt.Sprintf("%d %s", fault.Status, e.Reason)
		if a.ErrorPage {
			out = "page " + out
		}
	case a.Location != "":
		out = "to " + a.Location
	default:
		body, err := json.Marshal(a.Body)
		if err != nil {
			t.Fatal(err)
		}
		var members map[string]any
		if err := json.Unmarshal(body, &members); err != nil {
			t.Fatal(err)
		}
		out = fmt.Sprintf("%d", a.Status)
		for _, name := range []string{"id", "active", "state", "forced", "session_token", "session", "identity", "flow"} {
			switch v := members[name].(type) {
			case nil:
			case map[string]any:
				out += fmt.Sprintf(" %s.id=%v", name, v["id"])
			default:
				out += fmt.Sprintf(" %s=%v", name, v)
			}
		}
	}
	if a.SignIn {
		out += " +cookie"
	}
	return out
}

const loginStart = "https://id.test/auth/self-service/login/browser"

func TestStarted(t *testing.T) {
	t.Parallel()
	w := speaks(t)
	result := flow.Result{Flow: aFlow(flow.Login, flow.API, flow.Open)}
	denied := errs.New(errs.Invalid, "return_to_not_allowed", "That URL is not allowed.")
	for name, c := range map[string]struct {
		kind     flow.Kind
		err      error
		api, web string
	}{
		"made":      {flow.Login, nil, "200 id=f1 forced=false", "to https://ui.test/login?flow=f1"},
		"signed in": {flow.Login, &flow.LoggedIn{Kind: flow.Login, Redirect: "https://app.test/"}, "400 A valid session was detected and thus login is not possible. Did you forget to set `?refresh=true`?", "to https://app.test/"},
		"signed in, registration": {
			flow.Registration, &flow.LoggedIn{Kind: flow.Registration, Redirect: "https://app.test/"},
			"400 A valid session was detected and thus registration is not possible.", "to https://app.test/",
		},
		"signed out": {
			flow.Settings, &flow.LoginRequired{Kind: flow.Settings},
			"403 This endpoint can only be accessed with a valid session. Please log in and try again.",
			"to " + loginStart + "?return_to=https%3A%2F%2Fid.test%2Fauth%2Fasked",
		},
		"second factor": {
			flow.Settings, flow.ErrSecondFactorRequired,
			"401 The session was found, but this account has a second factor that was not used yet. Please sign in with it.",
			"to " + loginStart + "?aal=aal2&return_to=https%3A%2F%2Fid.test%2Fauth%2Fasked",
		},
		"refused": {flow.Login, denied, "400 That URL is not allowed.", "page 400 That URL is not allowed."},
	} {
		if got := said(t, w, w.Started(request(c.kind, flow.API), result, c.err)); got != c.api {
			t.Errorf("%s, API: %s\nwant %s", name, got, c.api)
		}
		if got := said(t, w, w.Started(request(c.kind, flow.Browser), result, c.err)); got != c.web {
			t.Errorf("%s, browser: %s\nwant %s", name, got, c.web)
		}
	}
}

func TestFetched(t *testing.T) {
	t.Parallel()
	w := speaks(t)
	result := flow.Result{Flow: aFlow(flow.Settings, flow.Browser, flow.Open), Identity: jane()}
	admin := request(flow.Settings, "")
	admin.Admin = true
	for name, c := range map[string]struct {
		request wire.Request
		err     error
		want    string
	}{
		"found":                {request(flow.Settings, ""), nil, "200 id=f1 state=show_form identity.id=i1"},
		"signed out, JSON":     {request(flow.Settings, "", "Accept", "application/json"), &flow.LoginRequired{}, "401 A valid ORY Session Cookie or ORY Session Token is missing."},
		"signed out, page":     {request(flow.Settings, "", "Accept", "text/html"), &flow.LoginRequired{}, "to " + loginStart + "?return_to=https%3A%2F%2Fid.test%2Fauth%2Fself-service%2Fsettings%2Fbrowser"},
		"settings not found":   {request(flow.Settings, ""), errs.ErrNotFound, "403 Access privileges are missing, invalid, or not sufficient to access this endpoint."},
		"not found, admin":     {admin, errs.ErrNotFound, "404 "},
		"login not found":      {request(flow.Login, ""), errs.ErrNotFound, "404 "},
		"another's":            {request(flow.Settings, ""), flow.ErrNotFlowOwner, "403 The request was made for another identity and has been blocked for security reasons."},
		"over, of a browser":   {request(flow.Login, ""), &flow.Expired{Flow: aFlow(flow.Login, flow.Browser, flow.Open)}, "410 The login flow has expired. Redirect the user to the login flow init endpoint to initialize a new login flow."},
		"over, of an app":      {request(flow.Login, ""), &flow.Expired{Flow: aFlow(flow.Login, flow.API, flow.Open)}, "410 The login flow has expired. Call the login flow init API endpoint to initialize a new login flow."},
		"failure of the store": {request(flow.Login, ""), errors.New("disk full"), "500 "},
	} {
		if got := said(t, w, w.Fetched(c.request, result, c.err)); got != c.want {
			t.Errorf("%s: %s\nwant %s", name, got, c.want)
		}
	}
}

func TestFetched_whereToStartAgain(t *testing.T) {
	t.Parallel()
	w := speaks(t)
	for client, want := range map[flow.Client]string{
		flow.Browser: `{"redirect_to":"https://id.test/auth/self-service/recovery/browser"}`,
		flow.API:     `{"api":"https://id.test/auth/self-service/recovery/api"}`,
	} {
		a := w.Fetched(request(flow.Recovery, ""), flow.Result{}, &flow.Expired{Flow: aFlow(flow.Recovery, client, flow.Open)})
		e, _ := errors.AsType[*errs.Error](a.Err)
		if details, _ := json.Marshal(e.Details); string(details) != want {
			t.Errorf("%s: details %s, want %s", client, details, want)
		}
	}
}

func TestSubmitted(t *testing.T) {
	t.Parallel()
	w := speaks(t)
	done := func(k flow.Kind, c flow.Client, s *session.Session, token string) flow.Result {
		return flow.Result{Outcome: flow.Completed, Flow: aFlow(k, c, flow.Passed), Identity: jane(), Session: s, Token: token, Redirect: "https://app.test/"}
	}
	form := func(o flow.Outcome, c flow.Client) flow.Result {
		return flow.Result{Outcome: o, Flow: aFlow(flow.Login, c, flow.Open)}
	}
	stepUp := done(flow.Login, flow.Browser, janesSession(), "t")
	stepUp.StepUp = true
	asJSON := []string{"Accept", "application/json"}
	for name, c := range map[string]struct {
		headers []string
		result  flow.Result
		want    string
	}{
		"login, app":                       {nil, done(flow.Login, flow.API, janesSession(), "t"), "200 session_token=t session.id=s1"},
		"login, browser":                   {nil, done(flow.Login, flow.Browser, janesSession(), "t"), "to https://app.test/ +cookie"},
		"login, script":                    {asJSON, done(flow.Login, flow.Browser, janesSession(), "t"), "200 id=s1 active=true identity.id=i1 +cookie"},
		"login, second factor comes next":  {nil, stepUp, "to " + loginStart + "?aal=aal2&return_to=https%3A%2F%2Fapp.test%2F +cookie"},
		"registration, app":                {nil, done(flow.Registration, flow.API, janesSession(), "t"), "200 session_token=t session.id=s1 identity.id=i1"},
		"registration, app, no session":    {nil, done(flow.Registration, flow.API, nil, ""), "200 identity.id=i1"},
		"registration, script, no session": {asJSON, done(flow.Registration, flow.Browser, nil, ""), "200 id=f1 active=false identity.id=i1"},
		"settings, app":                    {nil, done(flow.Settings, flow.API, nil, ""), "200 identity.id=i1 flow.id=f1"},
		"recovery by link, script":         {asJSON, done(flow.Recovery, flow.API, janesSession(), "t"), "to https://app.test/ +cookie"},
		"to a provider":                    {nil, flow.Result{Outcome: flow.Redirected, Flow: aFlow(flow.Login, flow.Browser, flow.Open), Redirect: "https://op.test/"}, "to https://op.test/"},
		"rejected, browser":                {asJSON, form(flow.FormRejected, flow.Browser), "to https://ui.test/login?flow=f1"},
		"rejected, app":                    {nil, form(flow.FormRejected, flow.API), "400 id=f1 forced=false"},
		"sent, app":                        {nil, form(flow.Pending, flow.API), "200 id=f1 forced=false"},
	} {
		a := w.Submitted(request(c.result.Flow.Kind, "", c.headers...), c.result, nil)
		if got := said(t, w, a); got != c.want {
			t.Errorf("%s: %s\nwant %s", name, got, c.want)
		}
	}
}

func TestSubmitted_refused(t *testing.T) {
	t.Parallel()
	w := speaks(t)
	web, app := aFlow(flow.Login, flow.Browser, flow.Open), aFlow(flow.Login, flow.API, flow.Open)
	settings := aFlow(flow.Settings, flow.Browser, flow.Open)
	asJSON := []string{"Content-Type", "application/json"}
	const csrf = "A request failed due to a missing or invalid csrf_token value."
	profile := request(flow.Settings, "", asJSON...)
	profile.Method = "profile"
	for name, c := range map[string]struct {
		request wire.Request
		flow    *flow.Flow
		err     error
		want    string
	}{
		"signed in, browser":      {request(flow.Login, ""), web, &flow.LoggedIn{Kind: flow.Login, Redirect: "https://app.test/"}, "to https://app.test/"},
		"signed in, app":          {request(flow.Login, ""), app, &flow.LoggedIn{Kind: flow.Registration}, "400 A valid session was detected and thus registration is not possible."},
		"signed in, no flow":      {request(flow.Login, "", asJSON...), nil, &flow.LoggedIn{Kind: flow.Registration}, "400 A valid session was detected and thus registration is not possible."},
		"signed out, form":        {request(flow.Settings, ""), settings, &flow.LoginRequired{}, "to " + loginStart + "?return_to=https%3A%2F%2Fid.test%2Fauth%2Fself-service%2Fsettings%2Fbrowser"},
		"signed out, JSON":        {request(flow.Settings, "", asJSON...), settings, &flow.LoginRequired{}, "401 No active session was found in this request."},
		"signed out, profile":     {profile, settings, &flow.LoginRequired{}, "401 A valid ORY Session Cookie or ORY Session Token is missing."},
		"restarted, browser":      {request(flow.Login, ""), web, &flow.Restarted{Flow: web}, "to https://ui.test/login?flow=f1"},
		"restarted, app":          {request(flow.Login, ""), app, &flow.Restarted{Flow: app}, "to https://id.test/auth/self-service/login/flows?id=f1"},
		"session too old":         {request(flow.Settings, ""), settings, &flow.Reauthenticate{Flow: settings, AAL: session.AAL1}, "to " + loginStart + "?refresh=true&return_to=https%3A%2F%2Fid.test%2Fauth%2Fself-service%2Fsettings%2Fmethods%2Fpassword%3Fflow%3Df1"},
		"second factor first":     {request(flow.Settings, ""), settings, &flow.Reauthenticate{Flow: settings, AAL: session.AAL2}, "to " + loginStart + "?aal=aal2&return_to=https%3A%2F%2Fid.test%2Fauth%2Fself-service%2Fsettings%2Fmethods%2Fpassword%3Fflow%3Df1"},
		"no id, login":            {request(flow.Login, "", asJSON...), nil, errs.New(errs.Invalid, "flow_missing", ""), "400 The flow query parameter is missing or invalid."},
		"no id, registration":     {request(flow.Registration, "", asJSON...), nil, errs.New(errs.Invalid, "flow_missing", ""), "400 The flow query parameter is missing."},
		"no id, settings":         {request(flow.Settings, "", asJSON...), nil, errs.New(errs.Invalid, "flow_missing", ""), "400 The request query parameter is missing or malformed."},
		"no id, recovery":         {request(flow.Recovery, "", asJSON...), nil, errs.New(errs.Invalid, "flow_missing", ""), "404 "},
		"settings not found":      {request(flow.Settings, "", asJSON...), nil, errs.ErrNotFound, "404 The settings request could not be found. Please restart the flow."},
		"another browser's, form": {request(flow.Login, ""), web, errs.ErrCSRF, "page 403 " + csrf},
		"another browser's, app":  {request(flow.Login, ""), app, errs.ErrCSRF, "403 " + csrf},
		"client disconnected":     {request(flow.Login, ""), web, context.Canceled, "500 "},
	} {
		if got := said(t, w, w.Submitted(c.request, flow.Result{Flow: c.flow}, c.err)); got != c.want {
			t.Errorf("%s: %s\nwant %s", name, got, c.want)
		}
	}
}

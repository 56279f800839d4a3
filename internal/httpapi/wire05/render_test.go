package wire05_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/ui"
)

func asJSON(t testing.TB, v any) string {
	t.Helper()
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestFlow(t *testing.T) {
	t.Parallel()
	w := speaks(t)
	f := aFlow(flow.Login, flow.Browser, flow.Open)
	f.Active, f.Refresh = "password", true
	f.Form = ui.Form{
		Messages: []message.Message{message.Of(message.KeyInvalidCredentials)},
		Groups: []ui.Group{
			{Method: "password", Messages: []message.Message{message.Missing("password")}, Nodes: []ui.Node{
				{Name: "identifier", Type: "text", Value: "jane", Required: true, Label: "unknown to v0.5"},
				{Name: "password", Type: "password", Value: "", Pattern: "a+", Disabled: true, Messages: []message.Message{message.Missing("password")}},
				{Name: "age", Type: "number", Value: 30},
			}},
			{Method: "oidc", Nodes: []ui.Node{}},
		},
	}
	const times = `"expires_at":"2026-11-30T09:00:00Z","issued_at":"2026-11-30T08:00:00Z","request_url":"https://id.test/start"`
	const missing = `{"id":4000002,"text":"Property password is missing.","type":"error","context":{"property":"password"}}`
	want := `{"id":"f1","type":"browser",` + times + `,"active":"password",` +
		`"messages":[{"id":4000006,"text":"The provided credentials are invalid, check for spelling mistakes in your password or username, email address, or phone number.","type":"error","context":{}}],` +
		`"methods":{"oidc":{"method":"oidc","config":{"action":"https://id.test/auth/self-service/methods/oidc/auth/f1","method":"POST","fields":[]}},` +
		`"password":{"method":"password","config":{"action":"https://id.test/auth/self-service/login/methods/password?flow=f1","method":"POST","fields":[` +
		`{"name":"identifier","type":"text","required":true,"value":"jane"},` +
		`{"name":"password","type":"password","pattern":"a+","disabled":true,"messages":[` + missing + `]},` +
		`{"name":"age","type":"number","value":30}],"messages":[` + missing + `]}}},"forced":true}`
	if got := asJSON(t, w.Flow(f, nil)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestFlow_states(t *testing.T) {
	t.Parallel()
	w := speaks(t)
	for kind, want := range map[flow.Kind][3]string{ // Open, Challenged, Passed
		flow.Login:        {"", "", ""},
		flow.Registration: {"", "", ""},
		flow.Settings:     {"show_form", "show_form", "success"},
		flow.Recovery:     {"choose_method", "sent_email", "passed_challenge"},
		flow.Verification: {"choose_method", "sent_email", "passed_challenge"},
	} {
		for i, state := range []flow.State{flow.Open, flow.Challenged, flow.Passed} {
			got := w.Flow(aFlow(kind, flow.API, state), nil)
			if got.State != want[i] || got.Forced != nil != (kind == flow.Login) {
				t.Errorf("%s %s: state %q, forced %v; want state %q", kind, state, got.State, got.Forced, want[i])
			}
		}
	}
}

func TestSession(t *testing.T) {
	t.Parallel()
	s := janesSession()
	s.Identity.Verifiable = []identity.Address{
		{ID: "a1", Via: "email", Value: "Jane@x.test", Verified: true, VerifiedAt: now},
		{ID: "a2", Via: "email", Value: "j@x.test"},
	}
	s.Identity.Recovery = []identity.Address{{ID: "a3", Via: "email", Value: "Jane@x.test"}}
	want := `{"id":"s1","active":true,"expires_at":"2026-11-30T09:00:00Z","authenticated_at":"2026-11-30T08:00:00Z","issued_at":"2026-11-30T08:00:00Z",` +
		`"identity":{"id":"i1","schema_id":"a b","schema_url":"https://id.test/auth/schemas/a%20b","traits":{"email":"jane@x.test"},` +
		`"verifiable_addresses":[{"id":"a1","value":"Jane@x.test","verified":true,"via":"email","status":"completed","verified_at":"2026-11-30T08:00:00Z"},` +
		`{"id":"a2","value":"j@x.test","verified":false,"via":"email","status":"pending"}],` +
		`"recovery_addresses":[{"id":"a3","value":"Jane@x.test","via":"email"}]}}`
	got, err := speaks(t).Session(s)
	if err != nil || string(got) != want {
		t.Errorf("%v\ngot  %s\nwant %s", err, got, want)
	}
	s.Identity.Traits = json.RawMessage(`{`)
	if _, err := speaks(t).Session(s); err == nil {
		t.Error("broken traits became a body")
	}
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	const want = `{"id":"i1","schema_id":"a b","schema_url":"https://id.test/auth/schemas/a%20b","traits":{"email":"jane@x.test"}}`
	if got := asJSON(t, speaks(t).Identity(jane())); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestFault(t *testing.T) {
	t.Parallel()
	w := speaks(t)
	for name, c := range map[string]struct {
		err  *errs.Error
		want string
	}{
		"words of the version": {
			errs.New(errs.Unauthorized, "session_inactive", "our own words"),
			`{"code":401,"status":"Unauthorized","request":"r1","reason":"No valid session cookie found.","message":"The request could not be authorized"}`,
		},
		"same id, other status": {
			errs.New(errs.Invalid, "csrf_token_invalid", ""),
			`{"code":400,"status":"Bad Request","request":"r1","reason":"CSRF token is missing or invalid.","message":"The request was malformed or contained invalid parameters"}`,
		},
		"message of the version": {
			errs.ErrConflict,
			`{"code":409,"status":"Conflict","request":"r1","message":"Unable to insert or update resource because a resource with that value exists already"}`,
		},
		"id without words": {
			&errs.Error{Code: errs.TooMany, ID: "attempts", Reason: "Wait.", RetryAfter: time.Second, Details: map[string]any{"seconds": 1}},
			`{"code":429,"status":"Too Many Requests","request":"r1","reason":"Wait.","details":{"seconds":1},"message":"Too many requests were made in a short time"}`,
		},
		"cause stays secret": {
			(&errs.Error{}).Because(errs.ErrStale),
			`{"code":500,"status":"Internal Server Error","request":"r1","message":"An internal server error occurred, please contact the system administrator"}`,
		},
	} {
		if got := asJSON(t, w.Fault(c.err, "r1").Object); got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, c.want)
		}
	}
}

func TestStoredError(t *testing.T) {
	t.Parallel()
	w := speaks(t)
	kept := &errs.Stored{ID: "e1", Payload: json.RawMessage(`[{"code":403,"status":"Forbidden","reason":"No.","message":"M","id":"hidden"}]`)}
	shown, err := w.StoredError(kept)
	const want = `{"id":"e1","errors":[{"code":403,"status":"Forbidden","reason":"No.","message":"M"}]}`
	if err != nil || asJSON(t, shown) != want {
		t.Errorf("%v\ngot  %s\nwant %s", err, asJSON(t, shown), want)
	}
	kept.Payload = json.RawMessage(`{}`)
	if _, err := w.StoredError(kept); err == nil {
		t.Error("a payload that is no list was shown")
	}
}

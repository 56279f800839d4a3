package httpapi_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/flow/flowtest"
	"github.com/symbolon/symbolon/internal/httpapi"
	"github.com/symbolon/symbolon/internal/httpapi/wire"
	"github.com/symbolon/symbolon/internal/httpapi/wire1"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/session"
)

// tiny is a version of the API for apps that knows nothing but the login. It is whole in
// this file: a wire needs no change outside its own package.
type tiny struct{ base *url.URL }

func (tiny) Rules() wire.Rules { return wire.Rules{Name: "tiny", CSRFCookie: "tiny_csrf"} }

func (tiny) Routes(s wire.Served) wire.Routes {
	out := []wire.Route{{Verb: http.MethodGet, Path: "/me", Op: wire.OpWhoami, Cacheable: true}}
	if s.Serves(flow.Login) {
		out = append(out,
			wire.Route{Verb: http.MethodPost, Path: "/begin", Op: wire.OpStartAPI, Kind: flow.Login},
			wire.Route{Verb: http.MethodPost, Path: "/answer", Op: wire.OpSubmit, Kind: flow.Login})
	}
	return wire.Routes{Public: out}
}

func (tiny) Method(in flow.Input) string {
	method, _, _ := in.Text("by")
	return method
}

func (tiny) NoMethod(flow.Kind) message.Message {
	return message.Of(message.KeyBodyEmpty)
}

func (tiny) Start(r wire.Request) (flow.StartRequest, error) { return r.AsksToStart(), nil }

func (t tiny) Started(r wire.Request, result flow.Result, err error) wire.Answer {
	return t.Fetched(r, result, err)
}

func (t tiny) Fetched(_ wire.Request, result flow.Result, err error) wire.Answer {
	if err != nil {
		return wire.Fail(err)
	}
	var by []string
	for _, group := range result.Flow.Form.Groups {
		by = append(by, group.Method+" to "+t.Action(result.Flow, group.Method))
	}
	return wire.JSON(http.StatusCreated, map[string]any{"by": by})
}

func (tiny) Submitted(_ wire.Request, result flow.Result, err error) wire.Answer {
	switch {
	case err != nil:
		return wire.Fail(err)
	case result.Outcome == flow.Completed:
		return wire.JSON(http.StatusAccepted, map[string]any{"token": result.Token})
	}
	return wire.JSON(http.StatusUnprocessableEntity, map[string]any{"wrong": flowtest.Said(result, result.Flow.Active)})
}

func (tiny) Session(s *session.Session) ([]byte, error) {
	return json.Marshal(map[string]any{"me": s.IdentityID, "level": s.AAL()})
}

func (tiny) Identity(i *identity.Identity) any { return i.ID }

func (tiny) Fault(e *errs.Error, _ string) wire.Fault {
	return wire.Fault{Status: wire.Status(e.Code), Object: e.ID}
}

func (tiny) StoredError(*errs.Stored) (any, error) { return nil, errs.ErrNotFound }

func (t tiny) Action(f *flow.Flow, method string) string {
	return t.base.JoinPath("answer").String() + "?" + url.Values{"flow": {f.ID}, "by": {method}}.Encode()
}

func (t tiny) URL(wire.Place, flow.Kind) *url.URL { return t.base }

// parts are those of a server with one account, whose password is "right".
func parts(t testing.TB) (httpapi.Parts, flowtest.Person) {
	t.Helper()
	word := &flowtest.Stub{Name: "word", Roles: map[flow.Kind]flow.Role{flow.Login: flow.FirstFactor}}
	w := flowtest.New(t, func(*flowtest.World) []flow.Method { return []flow.Method{word} })
	p := w.Person("ada@example.org", true)
	word.Fact = func(_ context.Context, s flow.Submission) (flow.Fact, error) {
		if typed, _, _ := s.Input.Text("word"); typed != "right" {
			return nil, flow.Reject("", message.Of(message.KeyInvalidCredentials))
		}
		return flow.Authenticated{Identity: w.Fresh(p.ID), Factor: session.Factor{Method: "word", AAL: session.AAL1}}, nil
	}
	return httpapi.Parts{
		Engine: w.Engine, Sessions: w.Sessions, Identities: w.Identities, Errors: w.DB, Meter: noMeter{}, Log: slog.New(slog.DiscardHandler), Now: w.Now,
		// What a login does not ask for.
		Passwords: struct{ httpapi.Passwords }{}, Schemas: struct{ httpapi.Schemas }{}, Courier: struct{ httpapi.Courier }{},
		Tokens: struct{ wire1.Tokens }{}, Ended: struct{ wire1.Ended }{},
		CredentialConfig: func(string, identity.Credential) json.RawMessage { return nil },
	}, p
}

type noMeter struct{}

func (noMeter) Observe(string, string, string, int, time.Duration) {}

func TestMount_aWireInOneFile(t *testing.T) {
	t.Parallel()
	base := &url.URL{Scheme: "https", Host: "id.example.org", Path: "/"}
	given, p := parts(t)
	server, err := httpapi.New(given, httpapi.Config{
		PublicURL: base, AdminURL: base, ErrorUI: base, LoginUI: base, DefaultReturn: base, CookieSecrets: []string{"0123456789abcdef0123456789abcdef"},
	})
	if err != nil {
		t.Fatal(err)
	}
	server.Mount(tiny{base: base.JoinPath("tiny")})
	public := server.Public()
	type answer struct {
		By               []string
		Wrong, Token, Me string
	}
	call := func(verb, target, token, body string, status int) (a answer) {
		t.Helper()
		r := httptest.NewRequest(verb, target, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		w := httptest.NewRecorder()
		public.ServeHTTP(w, r)
		if w.Code != status {
			t.Fatalf("%s %s: %d %s", verb, target, w.Code, w.Body)
		}
		_ = json.Unmarshal(w.Body.Bytes(), &a)
		return a
	}
	begun := call(http.MethodPost, "/tiny/begin", "", "", http.StatusCreated)
	if len(begun.By) != 1 {
		t.Fatalf("it offers %v", begun.By)
	}
	action := strings.TrimPrefix(begun.By[0], "word to https://id.example.org")
	if wrong := call(http.MethodPost, action, "", `{"by":"word","word":"left"}`, http.StatusUnprocessableEntity); wrong.Wrong != message.KeyInvalidCredentials {
		t.Errorf("a wrong word is answered with %q", wrong.Wrong)
	}
	token := call(http.MethodPost, action, "", `{"by":"word","word":"right"}`, http.StatusAccepted).Token
	if got := call(http.MethodGet, "/tiny/me", token, "", http.StatusOK); got.Me != p.ID {
		t.Errorf("the session is of %q", got.Me)
	}
	call(http.MethodGet, "/tiny/me", "", "", http.StatusUnauthorized)
	call(http.MethodGet, "/v0.5/sessions/whoami", token, "", http.StatusOK) // one session, each wire in its words
}

package webhook

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/netguard"
	"github.com/symbolon/symbolon/internal/outgoing"
	"github.com/symbolon/symbolon/internal/program"
	"github.com/symbolon/symbolon/internal/reqctx"
)

// shapes shows the flow's id alone.
type shapes struct{}

func (shapes) Context(c flow.HookCall) (map[string]any, error) {
	return map[string]any{"flow": map[string]any{"id": c.Flow.ID}}, nil
}

// sink is a program that answers with what it is told to, and keeps what it was sent.
type sink struct {
	status []int // one for each request, the last for all further ones
	answer string
	to     string // of a redirect; empty for none
	sent   []*http.Request
	bodies []string
}

func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.sent, s.bodies = append(s.sent, r), append(s.bodies, string(body))
	if s.to != "" {
		w.Header().Set("Location", s.to)
	}
	w.WriteHeader(s.status[min(len(s.sent), len(s.status))-1])
	_, _ = io.WriteString(w, s.answer)
}

func hook(t *testing.T, s *sink, c Config) *Hook {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	c.URL, c.Shown = server.URL+"/secret-path?key=s3cret", []string{"User-Agent"}
	if c.Method == "" {
		c.Method = http.MethodPost
	}
	h := New(c, server.Client(), shapes{}, NewAsides(), slog.New(slog.DiscardHandler))
	h.wait = func(context.Context, time.Duration) error { return nil }
	return h
}

func call(t *testing.T, h *Hook) (*flow.IdentityChange, error) {
	t.Helper()
	header := http.Header{"User-Agent": {"agent/9"}, "X-Custom": {"no"}, "Cookie": {"a=b"}}
	ctx := reqctx.With(t.Context(), &reqctx.Request{Method: http.MethodPost, Header: header})
	return h.Call(ctx, flow.HookCall{Flow: &flow.Flow{ID: "f1"}, URL: "https://id.example.org/x", Transient: json.RawMessage("{}")})
}

func body(t *testing.T, text string) func(context.Context) (*program.Program, error) {
	t.Helper()
	return func(context.Context) (*program.Program, error) { return program.Compile("test", text, 1) }
}

func TestCall_request(t *testing.T) {
	t.Parallel()
	s := &sink{status: []int{204}}
	h := hook(t, s, Config{
		Method: http.MethodPut, Marked: true, Headers: map[string]string{"X-Extra": "yes"},
		Auth: outgoing.Auth{Type: "basic_auth", User: "u", Password: "p"},
		Body: body(t, `function(ctx) { id: ctx.flow.id, payload: ctx.flow.transient_payload, seen: ctx.request_headers, cookie: ctx.request_cookies.a, url: ctx.request_url }`),
	})
	if _, err := call(t, h); err != nil || len(s.sent) != 1 {
		t.Fatalf("%d requests, %v", len(s.sent), err)
	}
	r := s.sent[0]
	if user, password, _ := r.BasicAuth(); r.Method != http.MethodPut || user != "u" || password != "p" || r.Header.Get("X-Extra") != "yes" ||
		r.Header.Get("Ory-Webhook-Trigger-Id") == "" || r.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%s %v", r.Method, r.Header)
	}
	for _, want := range []string{`"id": "f1"`, `"agent/9"`, `"cookie": "b"`, `"payload": {`, `"url": "https://id.example.org/x"`} {
		if !strings.Contains(s.bodies[0], want) {
			t.Errorf("%s is not in %s", want, s.bodies[0])
		}
	}
	if strings.Contains(s.bodies[0], "X-Custom") {
		t.Error("a header that is not on the list is shown")
	}
}

func TestCall_form(t *testing.T) {
	t.Parallel()
	s := &sink{status: []int{200}}
	h := hook(t, s, Config{Headers: map[string]string{"content-type": "application/x-www-form-urlencoded"}, Body: body(t, `function(ctx) { a: "1 2", n: 3 }`)})
	if _, err := call(t, h); err != nil || s.bodies[0] != "a=1+2&n=3" {
		t.Errorf("%q, %v", s.bodies, err)
	}
}

// A program that raises cancel wants no request; any other error is one.
func TestCall_cancel(t *testing.T) {
	t.Parallel()
	s := &sink{status: []int{200}}
	if _, err := call(t, hook(t, s, Config{Body: body(t, `function(ctx) error 'cancel'`)})); err != nil || len(s.sent) > 0 {
		t.Errorf("%d requests, %v", len(s.sent), err)
	}
	if _, err := call(t, hook(t, s, Config{Body: body(t, `function(ctx) error 'no'`)})); errs.Of(err) != errs.Internal || len(s.sent) > 0 {
		t.Errorf("%d requests, %v", len(s.sent), err)
	}
}

// What the client sends does not skip the hook, although it ends the message of an error.
func TestCall_cancel_bySubmission(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"error":       `function(ctx) error 'unknown plan: ' + ctx.flow.transient_payload.plan`,
		"assertion":   `function(ctx) assert false : "refused: " + ctx.flow.transient_payload.plan; {}`,
		"no field":    `function(ctx) { gold: 1 }[ctx.flow.transient_payload.plan]`,
		"no number":   `function(ctx) std.parseInt(ctx.flow.transient_payload.plan)`,
		"no JSON":     `function(ctx) std.parseJson(ctx.flow.transient_payload.plan)`,
		"no equality": `function(ctx) std.assertEqual("gold", ctx.flow.transient_payload.plan)`,
	} {
		for _, plan := range []string{"cancel", ": cancel"} {
			s := &sink{status: []int{200}}
			h := hook(t, s, Config{Parse: true, Body: body(t, text)})
			ctx := reqctx.With(t.Context(), &reqctx.Request{Method: http.MethodPost})
			_, err := h.Call(ctx, flow.HookCall{Flow: &flow.Flow{ID: "f1"}, Transient: json.RawMessage(`{"plan":"` + plan + `"}`)})
			if errs.Of(err) != errs.Internal || err == nil || len(s.sent) > 0 {
				t.Errorf("%s, %q: %d requests, %v", name, plan, len(s.sent), err)
			}
		}
	}
}

func TestCall_attempts(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status []int
		times  int
		code   errs.Code
	}{
		"it comes back":    {[]int{500, 503, 200}, 3, errs.Internal},
		"it stays away":    {[]int{500}, 3, errs.Upstream},
		"it refuses":       {[]int{403}, 1, errs.Upstream},
		"it is redirected": {[]int{300}, 1, errs.Upstream},
	} {
		s := &sink{status: test.status, answer: "{}"}
		_, err := call(t, hook(t, s, Config{}))
		if len(s.sent) != test.times || (err != nil) != (test.code == errs.Upstream) || err != nil && errs.Of(err) != test.code {
			t.Errorf("%s: %d requests, %v", name, len(s.sent), err)
		}
		if err != nil && strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: the error shows the URL: %v", name, err)
		}
	}
}

// The error of a program that can't be reached names its host and neither path nor query.
func TestCall_unreachable(t *testing.T) {
	t.Parallel()
	s := &sink{status: []int{200}}
	h := hook(t, s, Config{})
	h.config.URL = "http://127.0.0.1:1/secret-path?key=s3cret"
	_, err := call(t, h)
	if errs.Of(err) != errs.Upstream || strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "secret-path") {
		t.Errorf("%v", err)
	}
}

func TestCall_refusal(t *testing.T) {
	t.Parallel()
	s := &sink{status: []int{422}, answer: `{"messages":[{"instance_ptr":"#/traits/email","messages":[{"id":123,"text":"no","type":"error"}]},{"messages":[{"id":9,"text":"hm","type":"odd"}]}]}`}
	_, err := call(t, hook(t, s, Config{Parse: true}))
	rejected, ok := errors.AsType[*flow.Rejected](err)
	if !ok || len(rejected.Messages) != 2 || rejected.Messages[0].Field != "traits.email" || rejected.Messages[1].Field != "" {
		t.Fatalf("%v", err)
	}
	if m := rejected.Messages[0].Message; m.English() != "no" || m.Params["id"] != 123 || rejected.Messages[1].Message.Params["type"] != "info" {
		t.Errorf("%+v", rejected.Messages)
	}
	for _, answer := range []string{"", "x", `{}`, `{"messages":[]}`} {
		s.answer = answer
		if _, err := call(t, hook(t, s, Config{Parse: true})); errs.Of(err) != errs.Upstream {
			t.Errorf("%q: %v", answer, err)
		}
	}
}

func TestCall_change(t *testing.T) {
	t.Parallel()
	s := &sink{status: []int{200}, answer: `{"identity":{"traits":{"a":1},"state":"inactive","metadata_public":{"p":1},"external_id":"x","verifiable_addresses":[{"value":"a@b","via":"email","verified":true}]}}`}
	c, err := call(t, hook(t, s, Config{Parse: true}))
	if err != nil || c == nil || string(c.Traits) != `{"a":1}` || *c.State != "inactive" || *c.ExternalID != "x" || len(c.Proven) != 1 || c.SchemaID != nil {
		t.Fatalf("%+v, %v", c, err)
	}
	if c, err = call(t, hook(t, s, Config{})); c != nil || err != nil {
		t.Errorf("without parse: %+v, %v", c, err)
	}
	for answer, says := range map[string]string{"hello": "from JSON: invalid character 'h'", `{"identity":{"state":1}}`: "from JSON: a member has a value of the wrong type"} {
		s.answer = answer
		if _, err = call(t, hook(t, s, Config{Parse: true})); errs.Of(err) != errs.Upstream || !strings.Contains(said(err), says) {
			t.Errorf("%s: %v, %s", answer, err, said(err))
		}
	}
}

// What would fail alike is tried once.
func TestCall_lasting(t *testing.T) {
	t.Parallel()
	asked := 0
	h := hook(t, &sink{status: []int{200}}, Config{})
	for name, why := range map[string]error{
		"address that is not allowed": netguard.ErrForbidden, "unknown certificate authority": &tls.CertificateVerificationError{Err: errors.New("unknown authority")},
	} {
		asked = 0
		h.client = &http.Client{Transport: answering(func(*http.Request) (*http.Response, error) { asked++; return nil, why })}
		if _, err := call(t, h); errs.Of(err) != errs.Upstream || asked != 1 {
			t.Errorf("%s: asked %d times, %v", name, asked, err)
		}
	}
	s := &sink{status: []int{200}, answer: strings.Repeat(" ", maxAnswer+1)}
	if _, err := call(t, hook(t, s, Config{Parse: true})); errs.Of(err) != errs.Upstream || len(s.sent) != 1 {
		t.Errorf("an answer that is too large: asked %d times, %v", len(s.sent), err)
	}
}

// answering is what a client sends by.
type answering func(*http.Request) (*http.Response, error)

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) { return a(r) }

// More calls than a flow may wait for are refused at once, and those that ended make room.
func TestCall_waiting(t *testing.T) {
	t.Parallel()
	s := &sink{status: []int{200}}
	h := hook(t, s, Config{})
	for range maxWaiting {
		h.waiting <- struct{}{}
	}
	if _, err := call(t, h); errs.Of(err) != errs.Unavailable || len(s.sent) != 0 {
		t.Errorf("full: %v, %d requests", err, len(s.sent))
	}
	<-h.waiting
	for range 2 {
		if _, err := call(t, h); err != nil {
			t.Errorf("room again: %v", err)
		}
	}
}

// A server that stops waits for the calls that no flow waits for, for a time, and begins none.
func TestAsides(t *testing.T) {
	t.Parallel()
	for patience, want := range map[time.Duration]time.Duration{time.Minute: 2 * time.Second, time.Second: time.Second} {
		synctest.Test(t, func(t *testing.T) {
			var asked, ended atomic.Int32
			h := New(Config{Ignore: true, Method: http.MethodPost, URL: "http://127.0.0.1/"}, &http.Client{Transport: answering(func(r *http.Request) (*http.Response, error) {
				asked.Add(1)
				time.Sleep(2 * time.Second)
				ended.Add(1)
				return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, r.Context().Err()
			})}, shapes{}, NewAsides(), slog.New(slog.DiscardHandler))
			began := time.Now()
			if _, err := call(t, h); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			h.asides.Close(ctx)
			if waited := time.Since(began); waited != want || (ended.Load() == 1) != (patience > want) {
				t.Errorf("patience %v: waited %v, %d ended", patience, waited, ended.Load())
			}
			if _, err := call(t, h); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Minute)
			if patience > want && asked.Load() != 1 {
				t.Errorf("%d calls after the end", asked.Load()-1)
			}
		})
	}
}

// Cookies that open an account here stay here.
func TestCall_cookies(t *testing.T) {
	t.Parallel()
	s := &sink{status: []int{200}}
	h := hook(t, s, Config{Hidden: func(name string) bool { return name == "a" }, Body: body(t, `function(ctx) ctx.request_cookies`)})
	if _, err := call(t, h); err != nil || strings.Contains(s.bodies[0], `"a"`) {
		t.Errorf("%v, %v", s.bodies, err)
	}
}

// The body and the keys go to no other address.
func TestCall_redirect(t *testing.T) {
	t.Parallel()
	other := &sink{status: []int{200}}
	server := httptest.NewServer(other)
	t.Cleanup(server.Close)
	for _, status := range []int{http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
		s := &sink{status: []int{status}, to: server.URL}
		if _, err := call(t, hook(t, s, Config{})); errs.Of(err) != errs.Upstream || len(other.sent) != 0 {
			t.Errorf("%d: %v, %d requests at the other address", status, err, len(other.sent))
		}
	}
}

// said is what a client reads of an error.
func said(err error) string {
	e, _ := errors.AsType[*errs.Error](err)
	return e.Message
}

// A client that sends much makes no hook fail.
func TestCall_large(t *testing.T) {
	t.Parallel()
	s := &sink{status: []int{200}}
	h := hook(t, s, Config{Body: body(t, `function(ctx) ctx`)})
	header := http.Header{"User-Agent": {strings.Repeat("a", 40000)}, "Cookie": {"long=" + strings.Repeat("x", 40000), "short=y"}}
	ctx := reqctx.With(t.Context(), &reqctx.Request{Method: http.MethodPost, Header: header})
	_, err := h.Call(ctx, flow.HookCall{Flow: &flow.Flow{ID: "f1"}, Transient: json.RawMessage(`{"a":"` + strings.Repeat("<", 16000) + `"}`)})
	if err != nil || len(s.bodies) != 1 || !strings.Contains(s.bodies[0], `"short"`) || strings.Contains(s.bodies[0], `"long"`) || strings.Contains(s.bodies[0], "aaaa") {
		t.Errorf("%.200v, %v", s.bodies, err)
	}
}

// A flow that does not wait for a hook does not fail with its body.
func TestCall_ignore_body(t *testing.T) {
	t.Parallel()
	h := hook(t, &sink{status: []int{200}}, Config{Ignore: true, Body: body(t, `function(ctx) ctx.none`)})
	if _, err := call(t, h); err != nil {
		t.Error(err)
	}
}

// The page that a form stands on has secrets in its URL, such as the token of a link.
func TestCall_referer(t *testing.T) {
	t.Parallel()
	s := &sink{status: []int{200}}
	h := hook(t, s, Config{Body: body(t, `function(ctx) ctx.request_headers`)})
	h.config.Shown = []string{"referer"}
	header := http.Header{"Referer": {"https://id.example.org/recovery?flow=f1&token=s3cret&code=s3cret", "https://id.example.org/?id_token=s3cret"}}
	ctx := reqctx.With(t.Context(), &reqctx.Request{Method: http.MethodPost, Header: header})
	_, err := h.Call(ctx, flow.HookCall{Flow: &flow.Flow{ID: "f1"}})
	if err != nil || !strings.Contains(s.bodies[0], "recovery?flow=f1") || strings.Contains(s.bodies[0], "s3cret") {
		t.Errorf("%v, %v", s.bodies, err)
	}
}

// What one JSON reader takes and the evaluator does not, such as half of a character in stored
// traits, keeps no hook from its body.
func TestCall_readable(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]string{`{"a":"\ud800"}`: "\ufffd", `{"a":1,"a":2}`: "2"} {
		s := &sink{status: []int{200}}
		h := hook(t, s, Config{Body: body(t, `function(ctx) ctx.flow.transient_payload`)})
		ctx := reqctx.With(t.Context(), &reqctx.Request{Method: http.MethodPost})
		_, err := h.Call(ctx, flow.HookCall{Flow: &flow.Flow{ID: "f1"}, Transient: json.RawMessage(sent)})
		if err != nil || len(s.bodies) != 1 || !strings.Contains(s.bodies[0], want) {
			t.Errorf("%s: %v, %v", sent, s.bodies, err)
		}
	}
}

package shadow_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/symbolon/symbolon/internal/shadow"
)

// server is a stub that keeps what it was asked.
type server struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string
}

func stub(t *testing.T, handle http.HandlerFunc) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		s.mu.Lock()
		s.asked = append(s.asked, r.Method+" "+r.URL.RequestURI()+" "+r.Header.Get("Cookie")+" "+string(body))
		s.mu.Unlock()
		handle(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

// pair is a proxy before two servers.
type pair struct {
	*shadow.Proxy
	found []shadow.Difference
}

func between(t *testing.T, from, to *server, replay bool, change ...func(*shadow.Config)) *pair {
	t.Helper()
	a, errA := url.Parse(from.URL)
	b, errB := url.Parse(to.URL)
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	p := &pair{}
	c := shadow.Config{
		Old: a, New: b, Replay: replay, Transport: http.DefaultTransport, Log: slog.New(slog.DiscardHandler),
		Report: func(d shadow.Difference) { p.found = append(p.found, d) },
	}
	for _, f := range change {
		f(&c)
	}
	p.Proxy = shadow.New(c)
	return p
}

// ask sends a request through the proxy and lets it be compared.
func (p *pair) ask(t *testing.T, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	p.Drain(context.WithoutCancel(t.Context()))
	return w
}

func says(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Add(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func TestProxy(t *testing.T) {
	t.Parallel()
	const id, other = `"0d2f3b62-5c3f-4f6b-9a55-2d3c1c2f8f10"`, `"1d2f3b62-5c3f-4f6b-9a55-2d3c1c2f8f10"`
	for name, test := range map[string]struct {
		from, to http.HandlerFunc
		want     []shadow.Item
	}{
		"the same": {says(200, `{"id":`+id+`,"active":true,"n":1}`), says(200, `{"n":1,"active":true,"id":`+id+`}`), nil},
		"times that are close": {
			says(200, `{"at":"2026-01-02T03:04:05.678Z"}`), says(200, `{"at":"2026-01-02T04:04:06+01:00"}`), nil,
		},
		"times that are not": {says(200, `{"at":"2026-01-02T03:04:05Z"}`), says(200, `{"at":"2026-01-03T03:04:05Z"}`), []shadow.Item{{At: "body.at", Old: "a time", New: "another time"}}},
		"a document in a text": {
			says(200, `{"a":"go({\"n\":1,\"b\":null})"}`), says(200, `{"a":"go({\"n\":2})"}`), []shadow.Item{{At: "body.a.n", Old: "1", New: "2"}},
		},
		"ports":                {says(200, `{"ip":"127.0.0.1:1234"}`), says(200, `{"ip":"127.0.0.1:4321"}`), nil},
		"null and empty lists": {says(200, `{"a":null,"b":[]}`), says(200, `{"b":null,"c":[]}`), nil},
		"status":               {says(200, `{}`), says(401, `{"x":1}`), []shadow.Item{{At: "status", Old: "200", New: "401"}}},
		"ids":                  {says(200, `{"id":`+id+`}`), says(200, `{"id":`+other+`}`), []shadow.Item{{At: "body.id", Old: "an id", New: "another id"}}},
		"a member": {
			says(200, `{"a":{"b":"vera@example.org"}}`), says(200, `{"a":{}}`), []shadow.Item{{At: "body.a.b", Old: "a text", New: "absent"}},
		},
		"a type":   {says(200, `{"a":[{"b":1}]}`), says(200, `{"a":[{"b":"1"}]}`), []shadow.Item{{At: "body.a[0].b", Old: "1", New: "a text"}}},
		"a text":   {says(200, `{"a":"vera@example.org"}`), says(200, `{"a":"Vera@example.org"}`), []shadow.Item{{At: "body.a", Old: "a text", New: "another text"}}},
		"a length": {says(200, `[1,2]`), says(200, `[1]`), []shadow.Item{{At: "body", Old: "2 elements", New: "1 elements"}}},
		"a target": {
			says(302, ``, "Location", "https://id.example.org/login?flow=1"), says(302, ``, "Location", "https://id.example.org/error?flow=1"),
			[]shadow.Item{{At: "location", Old: "id.example.org/login", New: "id.example.org/error"}},
		},
		"a cookie": {says(200, `{}`, "Set-Cookie", "session=x"), says(200, `{}`), []shadow.Item{{At: "set-cookie", Old: "session"}}},
		"no JSON":  {says(200, `{}`), says(200, `{`), []shadow.Item{{At: "body", New: "one of the two is no JSON"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := between(t, stub(t, test.from), stub(t, test.to), false)
			p.ask(t, http.MethodGet, "/sessions/whoami", "")
			var got []shadow.Item
			for _, d := range p.found {
				got = append(got, d.Differences...)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("%+v, want %+v", got, test.want)
			}
			if s := p.Summary(); s.Equal+s.Different != 1 || (s.Different == 1) != (test.want != nil) {
				t.Errorf("%+v", s)
			}
		})
	}
}

// What changes something reaches the old server alone, and a client sees nothing of the new one.
func TestProxy_reads(t *testing.T) {
	t.Parallel()
	from := stub(t, says(200, `{"from":"old"}`, "Set-Cookie", "a=b"))
	to := stub(t, says(500, `{"from":"new"}`))
	p := between(t, from, to, false)
	for _, path := range []string{
		"/self-service/login/browser", "/self-service/recovery/methods/link?token=x", "/self-service/logout?token=x", "/identitiesx", "/",
		"/self-service/methods/oidc/callback/google?state=x",
	} {
		p.ask(t, http.MethodGet, path, "")
	}
	for _, method := range []string{http.MethodPost, http.MethodDelete, http.MethodPut, http.MethodPatch} {
		p.ask(t, method, "/admin/identities/1", "{}")
	}
	if asked := to.requests(); len(asked) > 0 {
		t.Errorf("the new server was asked %q", asked)
	}
	w := p.ask(t, http.MethodGet, "/admin/identities/a%2Fb%3F", "")
	if asked := to.requests(); len(asked) == 1 && !strings.HasPrefix(asked[0], "GET /admin/identities/a%2Fb%3F ") {
		t.Errorf("the new server was asked %q", asked)
	}
	if w.Body.String() != `{"from":"old"}` || w.Header().Get("Set-Cookie") != "a=b" || len(to.requests()) != 1 {
		t.Errorf("%d %s %v", w.Code, w.Body, to.requests())
	}
	if s := p.Summary(); s.Forwarded != 10 || s.Different != 1 || len(from.requests()) != 11 {
		t.Errorf("%+v", s)
	}
}

// Ids, tokens and cookies of the old server are sent to the new one as its own.
func TestProxy_replay(t *testing.T) {
	t.Parallel()
	flow := func(n int) http.HandlerFunc {
		id := fmt.Sprintf("%d0000000-0000-4000-8000-000000000000", n)
		token := strings.Repeat(fmt.Sprint(n), 20) + "+/=="
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Add("Set-Cookie", fmt.Sprintf("csrf_token_%d=c%d", n, n))
			says(200, fmt.Sprintf(`{"id":%q,"action":"https://id.example.org/submit?flow=%s","token":%q}`, id, id, token))(w, r)
		}
	}
	from, to := stub(t, flow(1)), stub(t, flow(2))
	p := between(t, from, to, true)
	var started struct{ ID, Token string }
	if err := json.Unmarshal(p.ask(t, http.MethodGet, "/self-service/login/browser", "").Body.Bytes(), &started); err != nil {
		t.Fatal(err)
	}
	body, _ := json.Marshal(map[string]any{"csrf_token": started.Token, "list": []string{started.ID}, "password": "secret"})
	p.ask(t, http.MethodPost, "/submit?flow="+started.ID, string(body), "Content-Type", "application/json", "Cookie", "csrf_token_1=c1; mine=x")
	p.ask(t, http.MethodPost, "/flows/"+started.ID, url.Values{"csrf_token": {started.Token}}.Encode(), "Content-Type", "application/x-www-form-urlencoded")
	want := []string{
		"GET /self-service/login/browser  ",
		`POST /submit?flow=20000000-0000-4000-8000-000000000000 csrf_token_2=c2; mine=x {"csrf_token":"22222222222222222222+/==","list":["20000000-0000-4000-8000-000000000000"],"password":"secret"}`,
		"POST /flows/20000000-0000-4000-8000-000000000000  csrf_token=22222222222222222222%2B%2F%3D%3D",
	}
	if got := to.requests(); !slices.Equal(got, want) {
		t.Errorf("the new server was asked\n%q, want\n%q", got, want)
	}
	if s := p.Summary(); s.Equal != 3 || len(p.found) > 0 {
		t.Errorf("%+v %+v", s, p.found)
	}
}

// What waits to be compared is bounded, and what was compared makes room.
func TestProxy_memory(t *testing.T) {
	t.Parallel()
	const large, room = 16 << 10, 64
	text := strings.Repeat("x", large-2)
	for name, test := range map[string]struct {
		answers http.HandlerFunc
		body    string
		header  string
	}{
		"answers":            {answers: says(200, `"`+text+`"`)},
		"headers of answers": {answers: says(200, `{}`, "X-Long", text)},
		"requests":           {answers: says(200, `{}`), body: text},
		"headers":            {answers: says(200, `{}`), header: text[:large*3/4]},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &server{Server: httptest.NewServer(test.answers)}
			t.Cleanup(s.Close)
			p := between(t, s, s, true, func(c *shadow.Config) { c.Memory = room * large })
			ask := func() {
				r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/submit", strings.NewReader(test.body))
				r.Header.Set("X-Long", test.header)
				p.ServeHTTP(httptest.NewRecorder(), r)
			}
			for range room * 3 / 2 {
				ask()
			}
			waiting := room*3/2 - p.Summary().Skipped
			if waiting < room/2 || waiting > room*4/3 {
				t.Errorf("%d exchanges of about %d bytes wait, want %d", waiting, large, room)
			}
			p.Drain(t.Context())
			for range room / 2 {
				ask()
			}
			p.Drain(t.Context())
			if got := p.Summary(); got.Equal != waiting+room/2 {
				t.Errorf("%d were compared, want %d and, as there is room again, %d: %+v", got.Equal, waiting, room/2, got.Count)
			}
		})
	}
}

func TestProxy_outage(t *testing.T) {
	t.Parallel()
	from, to := stub(t, says(200, `{}`)), stub(t, says(200, `{}`))
	p := between(t, from, to, false)
	to.Close()
	if w := p.ask(t, http.MethodGet, "/sessions/whoami", ""); w.Code != http.StatusOK {
		t.Errorf("without the new server: %d", w.Code)
	}
	from.Close()
	if w := p.ask(t, http.MethodGet, "/sessions/whoami", ""); w.Code != http.StatusBadGateway {
		t.Errorf("without the old server: %d", w.Code)
	}
	if s := p.Summary(); s.Skipped != 2 {
		t.Errorf("%+v", s)
	}
}

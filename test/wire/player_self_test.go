package wire

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// toy answers a login flow as a server would: it ends at success, and its form carries a token of the csrf cookie.
type toy struct {
	flows map[string]bool // whether a flow is open, by id
	token func(cookie string) string
}

const (
	toyCookie = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	toyStart  = "/self-service/login/browser"
)

func (s *toy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("flow")
	switch r.URL.Path {
	case toyStart:
		id = fmt.Sprintf("00000000-0000-4000-8000-%012d", len(s.flows))
		s.flows[id] = true
		if _, err := r.Cookie("csrf_token"); err != nil {
			w.Header().Add("Set-Cookie", "csrf_token="+toyCookie+"; Path=/")
		}
		w.Header().Set("Location", "http://ui/?flow="+id)
		w.WriteHeader(http.StatusFound)
	case "/self-service/login/flows":
		c, err := r.Cookie("csrf_token")
		if err != nil {
			http.Error(w, "no cookie", http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "text/plain") // beside the contract
		fmt.Fprintf(w, `{"fields":[{"name":"csrf_token","value":%q}]}`, s.token(c.Value))
	case "/self-service/login/methods/password":
		if !s.flows[id] || r.Host != hosts["public"] || r.PostFormValue("password") != "a+b%" || unmask(r.PostFormValue("csrf_token")) != toyCookie {
			http.Error(w, "refused", http.StatusBadRequest)
			return
		}
		s.flows[id] = false
		w.Header().Set("Location", "http://ui/welcome")
		w.WriteHeader(http.StatusFound)
	default:
		http.NotFound(w, r)
	}
}

func exchangeOf(method, path, cookie string, status int, headers ...[2]string) entry {
	e := entry{Name: "x", Request: request{Method: method, API: "public", Path: path}, Response: response{Status: status, Headers: headers}}
	if cookie != "" {
		e.Request.Headers = map[string]string{"Cookie": cookie}
	}
	return e
}

// toyRecording signs in, and signs in again with the flow that has ended.
func toyRecording() (begin, fetch, submit entry) {
	begin = exchangeOf("GET", toyStart, "", 302, [2]string{"Location", "http://ui/?flow={{id.1}}"},
		[2]string{"Set-Cookie", "csrf_token={{csrf.1}}; Path=/"})
	fetch = exchangeOf("GET", "/self-service/login/flows?id={{id.1}}", "csrf_token={{csrf.1}}", 200, [2]string{"Content-Type", "text/plain"})
	fetch.Response.Body = `{"fields":[{"name":"csrf_token","value":"{{mask.1}}"}]}`
	submit = exchangeOf("POST", "/self-service/login/methods/password?flow={{id.1}}", "csrf_token={{csrf.1}}", 302,
		[2]string{"Location", "http://ui/welcome"})
	submit.Request.Headers["Content-Type"] = "application/x-www-form-urlencoded"
	submit.Request.Form = [][2]string{{"csrf_token", "{{mask.1}}"}, {"password", "a+b%"}}
	return begin, fetch, submit
}

// differences plays entries and returns what differs in all but what the toy breaks of the contract.
func differences(t *testing.T, p *player, entries ...entry) []string {
	t.Helper()
	var d []string
	for _, e := range entries {
		for _, line := range p.exchange(t, e).differences {
			if !strings.HasPrefix(line, "contract: ") {
				d = append(d, line)
			}
		}
	}
	return d
}

func newToyPlayer(t *testing.T, token func(string) string, rules ...*rule) *player {
	t.Helper()
	server := &toy{flows: map[string]bool{}, token: token}
	return newPlayerOf(t, program{public: server, admin: server}, newClock(), rules)
}

func TestAFlowThatHasEndedIsStartedAnew(t *testing.T) {
	t.Parallel()
	p := newToyPlayer(t, mask)
	begin, fetch, submit := toyRecording()
	if d := differences(t, p, begin, fetch, submit); d != nil {
		t.Fatal(d)
	}
	first := p.bound["id.1"]
	if d := differences(t, p, submit); d != nil || p.bound["id.1"] == first {
		t.Errorf("flow %s, then %s: %v", first, p.bound["id.1"], d)
	}
}

func TestAnAnswerThatDiffersIsReported(t *testing.T) {
	t.Parallel()
	begin, fetch, submit := toyRecording()
	changes := map[string]func(begin, fetch, submit *entry){
		"another status":    func(_, _, submit *entry) { submit.Response.Status = 200 },
		"another location":  func(_, _, submit *entry) { submit.Response.Headers = [][2]string{{"Location", "http://ui/"}} },
		"another member":    func(_, fetch, _ *entry) { fetch.Response.Body = strings.Replace(fetch.Response.Body, "name", "nom", 1) },
		"a lost cookie":     func(begin, _, _ *entry) { begin.Response.Headers = begin.Response.Headers[:1] },
		"an unbound value":  func(_, fetch, _ *entry) { fetch.Request.Path = "/self-service/login/flows?id={{id.7}}" },
		"a wrong password":  func(_, _, submit *entry) { submit.Request.Form[1][1] = "a b%" },
		"a path not served": func(begin, _, _ *entry) { begin.Request.Path = "//self-service//login/browser" },
	}
	for name, change := range changes {
		begin, fetch, submit := begin, fetch, submit
		submit.Request.Form = append([][2]string{}, submit.Request.Form...)
		change(&begin, &fetch, &submit)
		if d := differences(t, newToyPlayer(t, mask), begin, fetch, submit); d == nil {
			t.Errorf("%s: no difference was reported", name)
		}
	}
	other := func(string) string { return mask("/" + toyCookie[1:]) }
	if d := differences(t, newToyPlayer(t, other), begin, fetch); len(d) != 1 || !strings.Contains(d[0], "form token") {
		t.Errorf("a token of another cookie: %q", d)
	}
}

func TestARuleRewritesOneAnswerAndNothingElse(t *testing.T) {
	t.Parallel()
	begin, _, _ := toyRecording()
	begin.Response.Headers = append(begin.Response.Headers, [2]string{"X-Old", "1"})
	drop := &rule{rewrite: func(_ *player, _ entry, want *answer) bool { return want.dropHeader("X-Old", "") }}
	p := newToyPlayer(t, mask, drop)
	if d := differences(t, p, begin); d != nil || !drop.applied.Load() {
		t.Errorf("applied %v, differences %v", drop.applied.Load(), d)
	}
	begin.Response.Headers = append(begin.Response.Headers, [2]string{"X-Other", "1"})
	if d := differences(t, p, begin); len(d) != 2 { // the other header, and the id of another flow
		t.Errorf("differences %q", d)
	}
}

func TestAClientHoldsACookieThatTheServerNeverSet(t *testing.T) {
	t.Parallel()
	_, fetch, _ := toyRecording()
	p := newToyPlayer(t, mask)
	p.bound["id.1"] = "00000000-0000-4000-8000-000000000000"
	if d := differences(t, p, fetch); d != nil || len(p.bound["csrf.1"]) != 44 {
		t.Errorf("cookie %q, differences %v", p.bound["csrf.1"], d)
	}
}

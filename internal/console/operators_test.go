package console

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// plainPasswords compares passwords as they are.
type plainPasswords struct{ nothing int }

func (*plainPasswords) Matches(_ context.Context, hash, plain string) (bool, error) {
	return hash == "hash of "+plain, nil
}

func (p *plainPasswords) MatchesNothing(context.Context, string) error { p.nothing++; return nil }

// everyone lets attempts through.
type everyone struct{}

func (everyone) ChargeOperator(string) (func(), time.Duration, bool) { return func() {}, 0, true }

// nobodyLeft says that no operator has signed out.
type nobodyLeft struct{}

func (nobodyLeft) SignOut(context.Context, string, time.Time) error { return nil }
func (nobodyLeft) SignedOut(context.Context, string) (bool, error)  { return false, nil }

// kept collects what operators did.
type kept struct{ actions []Action }

func (k *kept) RecordOperator(_ context.Context, a Action) error {
	k.actions = append(k.actions, a)
	return nil
}

func newConsole(t *testing.T, parts Parts, change func(*Config)) *Console {
	t.Helper()
	c := Config{
		Product: "Symbolon", URL: &url.URL{Scheme: "http", Host: "127.0.0.1:4434", Path: "/"}, Secrets: []string{"a secret for the tests"},
		Named: func(host string) bool { return host == "127.0.0.1:4434" },
	}
	change(&c)
	parts.Limiter, parts.SignOuts, parts.Now = everyone{}, nobodyLeft{}, func() time.Time { return noon }
	if parts.Passwords == nil {
		parts.Passwords = &plainPasswords{}
	}
	o, err := New(parts, c)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func request(t *testing.T, method, path string, form url.Values) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "http://127.0.0.1:4434/console"+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func TestSignInByName(t *testing.T) {
	t.Parallel()
	passwords, log := &plainPasswords{}, &kept{}
	o := newConsole(t, Parts{Passwords: passwords, Recorder: log}, func(c *Config) {
		c.Token = "the token"
		c.Operators = []Operator{{"jane", Write, "hash of tea"}, {"joe", Read, "hash of coffee"}}
	})
	for _, tt := range []struct {
		name, secret, signedInAs string
	}{
		{"jane", "tea", "jane"}, {"joe", "coffee", "joe"}, {"jane", "coffee", ""}, {"unknown", "tea", ""}, {"", "the token", byToken}, {"", "", ""}, {"jane", "the token", ""},
	} {
		w := httptest.NewRecorder()
		o.Handlers()["/console/sign-in"].ServeHTTP(w, request(t, http.MethodPost, "/sign-in", url.Values{"name": {tt.name}, "secret": {tt.secret}}))
		r := request(t, http.MethodGet, "", nil)
		for _, c := range w.Result().Cookies() {
			r.AddCookie(c)
		}
		who, err := o.operator(r)
		if err != nil || who == nil != (tt.signedInAs == "") || who != nil && who.Name != tt.signedInAs {
			t.Errorf("%q with %q: %v signed in (%v), want %q", tt.name, tt.secret, who, err, tt.signedInAs)
		}
	}
	if passwords.nothing != 2 {
		t.Errorf("unknown names cost a verification %d times, want 2", passwords.nothing)
	}
	if len(log.actions) != 3 || log.actions[0].Operator != "jane" || log.actions[0].Name != "operator.signed_in" {
		t.Errorf("recorded: %+v", log.actions)
	}
}

func TestCookieEndsWithWhatLetTheOperatorIn(t *testing.T) {
	t.Parallel()
	jane := Operator{"jane", Write, "hash of tea"}
	with := func(all ...Operator) *Console {
		return newConsole(t, Parts{}, func(c *Config) { c.Operators, c.Password = all, "shared" })
	}
	value := with(jane).cookieValue(&jane, noon.Add(time.Hour))
	for name, tt := range map[string]struct {
		now   []Operator
		known bool
	}{
		"unchanged":        {[]Operator{{"joe", Read, "x"}, jane}, true},
		"another password": {[]Operator{{"jane", Write, "hash of milk"}}, false},
		"another role":     {[]Operator{{"jane", Read, "hash of tea"}}, false},
		"removed":          {[]Operator{{"joe", Read, "hash of tea"}}, false},
	} {
		r := request(t, http.MethodGet, "", nil)
		r.AddCookie(&http.Cookie{Name: cookieName, Value: value})
		if who, err := with(tt.now...).operator(r); err != nil || (who != nil) != tt.known {
			t.Errorf("%s: signed in is %v, want %v (%v)", name, who, tt.known, err)
		}
	}
}

func TestReadRoleChangesNothing(t *testing.T) {
	t.Parallel()
	joe := Operator{"joe", Read, "hash of coffee"}
	o := newConsole(t, Parts{}, func(c *Config) { c.Operators = []Operator{joe} })
	cookie := &http.Cookie{Name: cookieName, Value: o.cookieValue(&joe, noon.Add(time.Hour))}
	posts := 0
	for path, h := range o.Handlers() {
		r := request(t, http.MethodPost, strings.TrimPrefix(path, "/console"), nil)
		r.AddCookie(cookie)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		switch w.Code {
		case http.StatusForbidden:
			posts++
		case http.StatusMethodNotAllowed, http.StatusSeeOther, http.StatusUnauthorized: // no form, or that of signing in and out
		default:
			t.Errorf("POST %s by a reader: %d", path, w.Code)
		}
	}
	if posts < 10 {
		t.Errorf("%d forms refuse a reader, want all of those that change something", posts)
	}
}

func TestLockedConsoleChecksTheHost(t *testing.T) {
	t.Parallel()
	o := newConsole(t, Parts{}, func(c *Config) { c.Token = "the token" })
	r := request(t, http.MethodGet, "/sign-in", nil)
	r.Host = "rebound.example"
	w := httptest.NewRecorder()
	o.Handlers()["/console/sign-in"].ServeHTTP(w, r)
	if w.Code != http.StatusMisdirectedRequest {
		t.Errorf("a foreign name is answered %d", w.Code)
	}
}
